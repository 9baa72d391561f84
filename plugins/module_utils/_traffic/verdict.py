# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of observed with expected shares."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.chi_square import (
    chi_square,
    chi_square_tail,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    BOTH,
    CHI_SQUARE,
    EXACT,
    FORECAST,
    STATEMENT,
    Expectation,
)

_SOURCES = {
    STATEMENT: "as stated",
    FORECAST: "by the forecast",
    BOTH: "as stated, and by the forecast",
}
# rounding in shares such as 1/3 must not decide
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Row:
    """One name's expected and observed share."""

    name: str
    expected: float
    observed: float
    count: int
    fits: bool


@dataclass(slots=True)
class Verdict:
    """A verdict with its measure and its reasons."""

    expect: Expectation
    total: int
    rows: list[Row] = field(default_factory=list)
    # why it failed; empty when it passed
    reasons: list[str] = field(default_factory=list)
    statistic: float | None = None
    degrees: int | None = None
    p_value: float | None = None
    # how many different values of a name answered, where that is judged
    distinct: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no reason speaks against the expectation."""
        return not self.reasons

    @property
    def model(self) -> str:
        """The balancer's assumed way to choose, and the deviation that it allows, in words."""
        expect = self.expect
        if expect.all_or_nothing:
            return "all requests go to one name, not one elsewhere"
        if expect.method == CHI_SQUARE:
            return (
                "each request is chosen at random on its own; chi-square test at significance "
                f"{expect.significance:g}"
            )
        chooser = "a weighted scheduler chooses" if expect.method == EXACT else "any choice"
        return f"{chooser}; each share may differ by {expect.tolerance:g} of all requests"

    def as_dict(self) -> dict[str, t.Any]:
        """Return the verdict as plain data."""
        expect = self.expect
        result: dict[str, t.Any] = {
            "passed": self.passed,
            "by": expect.by,
            "expectation": expect.source,
            "because": list(expect.because),
            "method": expect.method,
            "model": self.model,
            "requests": self.total,
            "expected": {row.name: row.expected for row in self.rows},
            "observed": {row.name: row.observed for row in self.rows},
            "counts": {row.name: row.count for row in self.rows},
            "max_errors": expect.max_errors,
            "reasons": self.reasons,
        }
        if self.p_value is not None:
            result |= {
                "significance": expect.significance,
                "statistic": self.statistic,
                "degrees_of_freedom": self.degrees,
                "p_value": self.p_value,
            }
        elif not expect.all_or_nothing:
            result["tolerance"] = expect.tolerance
        if expect.distinct:
            result["distinct"] = {
                name: {"expected": expected, "observed": self.distinct.get(name, 0)}
                for name, expected in expect.distinct.items()
            }
        return result

    def table(self) -> str:
        """Return expected and observed shares and the reasons as a table."""
        names = [self.expect.by, *(row.name for row in self.rows)]
        width = max(len(name) for name in names)
        lines = [f"{self.expect.by:<{width}}  expected  observed  requests"]
        for row in self.rows:
            mark = "" if row.fits else "  <-- does not fit"
            lines.append(
                f"{row.name:<{width}}  {row.expected:>8.1%}  {row.observed:>8.1%}"
                f"  {row.count:>8}{mark}"
            )
        source = _SOURCES[self.expect.source]
        return "\n".join([*lines, f"expected {source}", f"assumed: {self.model}", *self.reasons])


def judge(
    expect: Expectation,
    counts: t.Mapping[str, int],
    errors: int = 0,
    unidentified: int = 0,
    distinct: t.Mapping[str, int] | None = None,
) -> Verdict:
    """Judge the answers counted by name; ``errors`` are the failed requests of the whole sample.

    ``distinct`` is how many different values of each other name answered.
    """
    total = sum(counts.values())
    verdict = Verdict(expect, total, distinct=dict(distinct or {}))
    if expect.objection:
        verdict.reasons.append(expect.objection)
    if total < expect.needed:
        verdict.reasons.append(
            f"only {total} answers with a {expect.by} to judge by, {expect.needed} are needed"
        )
    _judge_shares(verdict, counts)
    for name, expected in expect.distinct.items():
        found = verdict.distinct.get(name, 0)
        if found != expected:
            verdict.reasons.append(f"{found} different {name} answered, {expected} were expected")
    if errors + unidentified > expect.max_errors:
        verdict.reasons.append(
            f"{errors} requests failed and {unidentified} answers were not identified; "
            f"{expect.max_errors} are allowed"
        )
    return verdict


def _judge_shares(verdict: Verdict, counts: t.Mapping[str, int]) -> None:
    expect, total = verdict.expect, verdict.total
    for name in [*expect.shares, *sorted(set(counts) - set(expect.shares))]:
        share, count = expect.shares.get(name, 0.0), counts.get(name, 0)
        row = Row(
            name=name,
            expected=share,
            observed=count / total if total else 0.0,
            count=count,
            fits=_fits(expect, share, count, total),
        )
        verdict.rows.append(row)
        if not row.fits:
            verdict.reasons.append(_misfit(expect, row, total))
    if expect.method == CHI_SQUARE and not expect.all_or_nothing and total >= expect.needed:
        _test(verdict, counts)


def _fits(expect: Expectation, share: float, count: int, total: int) -> bool:
    if share == 0:
        return count == 0
    if count == 0:
        return False
    if expect.all_or_nothing:
        return count == total
    if expect.method == CHI_SQUARE:
        return True
    return abs(count - share * total) <= expect.tolerance * total + _ROUNDING


def _misfit(expect: Expectation, row: Row, total: int) -> str:
    if row.expected == 0:
        return f"{row.name}: {row.count} of {total} requests, none was expected"
    if row.count == 0:
        return f"{row.name}: no request, {row.expected:.1%} were expected"
    if expect.all_or_nothing:
        return f"{row.name}: {row.count} of {total} requests, all were expected"
    return (
        f"{row.name}: {row.observed:.1%} instead of {row.expected:.1%}, which is more than "
        f"{expect.tolerance:g} off"
    )


def _test(verdict: Verdict, counts: t.Mapping[str, int]) -> None:
    # names that must not answer have their own, stricter rule
    positive = verdict.expect.positive
    observed = [counts.get(name, 0) for name in positive]
    total = sum(observed)
    if not total:
        return
    verdict.statistic = chi_square(observed, [share * total for share in positive.values()])
    verdict.degrees = len(positive) - 1
    verdict.p_value = chi_square_tail(verdict.statistic, verdict.degrees)
    # the upper tail only: a fit that is too good is what least-request balancing gives
    if verdict.p_value < verdict.expect.significance:
        verdict.reasons.append(
            f"a split this far off happens by chance with probability {verdict.p_value:.2g}, "
            f"below {verdict.expect.significance:g}"
        )
