# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what was observed against what was expected. Private to this collection."""

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
    FORECAST: "by the model",
    BOTH: "as stated, and by the model",
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
    """The verdict, what it was measured by, and why."""

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
        """Whether nothing speaks against the expectation."""
        return not self.reasons

    @property
    def model(self) -> str:
        """How the balancer is assumed to choose, and what that allows, in words."""
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
        """The judgement as plain data."""
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
                name: {"expected": wanted, "observed": self.distinct.get(name, 0)}
                for name, wanted in expect.distinct.items()
            }
        return result

    def table(self) -> str:
        """Expected against observed, and the reasons, for people."""
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
    """Judges the answers counted by name; ``errors`` are the failed requests of the whole sample.

    ``distinct`` is how many different values of each other name answered.
    """
    total = sum(counts.values())
    judgement = Verdict(expect, total, distinct=dict(distinct or {}))
    if expect.objection:
        judgement.reasons.append(expect.objection)
    if total < expect.needed:
        judgement.reasons.append(
            f"only {total} answers with a {expect.by} to judge by, {expect.needed} are needed"
        )
    _judge_shares(judgement, counts)
    for name, wanted in expect.distinct.items():
        found = judgement.distinct.get(name, 0)
        if found != wanted:
            judgement.reasons.append(f"{found} different {name} answered, {wanted} were expected")
    if errors + unidentified > expect.max_errors:
        judgement.reasons.append(
            f"{errors} requests failed and {unidentified} answers were not identified; "
            f"{expect.max_errors} are allowed"
        )
    return judgement


def _judge_shares(judgement: Verdict, counts: t.Mapping[str, int]) -> None:
    expect, total = judgement.expect, judgement.total
    for name in [*expect.shares, *sorted(set(counts) - set(expect.shares))]:
        share, count = expect.shares.get(name, 0.0), counts.get(name, 0)
        row = Row(
            name=name,
            expected=share,
            observed=count / total if total else 0.0,
            count=count,
            fits=_fits(expect, share, count, total),
        )
        judgement.rows.append(row)
        if not row.fits:
            judgement.reasons.append(_misfit(expect, row, total))
    if expect.method == CHI_SQUARE and not expect.all_or_nothing and total >= expect.needed:
        _test(judgement, counts)


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


def _test(judgement: Verdict, counts: t.Mapping[str, int]) -> None:
    # names that must not answer have their own, stricter rule
    positive = judgement.expect.positive
    observed = [counts.get(name, 0) for name in positive]
    total = sum(observed)
    if not total:
        return
    judgement.statistic = chi_square(observed, [share * total for share in positive.values()])
    judgement.degrees = len(positive) - 1
    judgement.p_value = chi_square_tail(judgement.statistic, judgement.degrees)
    # the upper tail only: a fit that is too good is what least-request balancing gives
    if judgement.p_value < judgement.expect.significance:
        judgement.reasons.append(
            f"a split this far off happens by chance with probability {judgement.p_value:.2g}, "
            f"below {judgement.expect.significance:g}"
        )
