# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shares that a sample must show, and the method to judge them by."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

EXACT = "exact"
CHI_SQUARE = "chi_square"
TOLERANCE = "tolerance"
AUTO = "auto"

# where an expectation comes from
STATEMENT = "statement"
FORECAST = "forecast"
BOTH = "both"

# among the names that answer, what stands for requests that fail
FAILED = "failed"

DEFAULT_TOLERANCE = 0.01
DEFAULT_SIGNIFICANCE = 0.001
MAX_SIGNIFICANCE = 0.1
# Cochran's rule: below it the statistic does not follow the distribution it is compared with
MIN_EXPECTED_COUNT = 5
# fewer answers can be all alike by chance although half of the traffic goes elsewhere
MIN_ALL_OR_NOTHING = 10
# what arithmetic leaves over when a share is computed to be 0
_LEAST_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class Expectation:
    """Shares by name, summing to 1, and how to judge them; made by ``expectation``."""

    by: str
    shares: t.Mapping[str, float]
    method: str
    tolerance: float = DEFAULT_TOLERANCE
    significance: float = DEFAULT_SIGNIFICANCE
    # requests of the whole sample that may fail or whose server may be unidentified
    max_errors: int = 0
    # the name whose share the failed requests are part of
    count_errors_as: str = ""
    # how many different values of a name must answer
    distinct: t.Mapping[str, int] = field(default_factory=dict)
    source: str = STATEMENT
    # the forecast's reasons
    because: tuple[str, ...] = ()
    # why the forecast contradicts it
    objection: str = ""

    @property
    def failed(self) -> float:
        """The part of the judged requests that must fail."""
        return self.shares.get(FAILED, 0.0)

    @property
    def all_or_nothing(self) -> bool:
        """Whether one name must give every answer."""
        return len(self.positive) == 1

    @property
    def positive(self) -> dict[str, float]:
        """The names that must answer."""
        return {name: share for name, share in self.shares.items() if share > 0}

    @property
    def needed(self) -> int:
        """The least number of answers that such a claim can be judged by."""
        if self.all_or_nothing:
            return MIN_ALL_OR_NOTHING
        if self.method == CHI_SQUARE:
            return math.ceil(MIN_EXPECTED_COUNT / min(self.positive.values()) - 1e-9)
        return math.ceil(1 / self.tolerance - 1e-9)


def expectation(options: t.Mapping[str, t.Any]) -> Expectation:
    """Check the user's options and decide the method; raises InvalidInput."""
    shares = _with_failed(options.get("shares") or {}, options.get("failed"))
    method = _method(options, shares)
    tolerance = options.get("tolerance")
    if method == TOLERANCE and tolerance is None:
        raise InvalidInput("expect.tolerance must be given with expect.method=tolerance")
    if tolerance is None:
        tolerance = DEFAULT_TOLERANCE
    significance = options.get("significance")
    if significance is None:
        significance = DEFAULT_SIGNIFICANCE
    if not 0 < significance <= MAX_SIGNIFICANCE:
        raise InvalidInput(
            f"expect.significance: {significance} must be above 0 and at most {MAX_SIGNIFICANCE}"
        )
    expect = Expectation(
        by=options.get("by") or "version",
        shares=shares,
        method=method,
        tolerance=tolerance,
        significance=significance,
        max_errors=options.get("max_errors") or 0,
        count_errors_as=_count_errors_as(options.get("count_errors_as") or "", shares),
        distinct=_distinct(options.get("distinct") or {}),
    )
    if expect.max_errors < 0:
        raise InvalidInput(f"expect.max_errors: {expect.max_errors} must be 0 or more")
    _check_tolerance(expect)
    return expect


def _count_errors_as(name: str, shares: t.Mapping[str, float]) -> str:
    if name and FAILED in shares:
        raise InvalidInput(
            "expect.count_errors_as: with expect.failed, requests that fail have their own share"
        )
    if name and not shares.get(name):
        raise InvalidInput(
            f"expect.count_errors_as: '{name}' has no share; it must be one of: {', '.join(shares)}"
        )
    return name


def check_enough(expect: Expectation, requests: int) -> None:
    """Refuse a sample that is too small for its claim, before it is sent."""
    if requests >= expect.needed:
        return
    reason = f"tolerance {expect.tolerance:g} is finer than one request"
    if expect.all_or_nothing:
        reason = "fewer can be alike by chance"
    elif expect.method == CHI_SQUARE:
        reason = f"the test needs {MIN_EXPECTED_COUNT} expected answers of each name"
    raise InvalidInput(
        f"requests: {requests} are too few to judge {_words(expect.shares)} by {expect.method}: "
        f"{reason}; send at least {expect.needed}"
    )


def _with_failed(given: t.Mapping[str, t.Any], failed: float | None) -> dict[str, float]:
    """Return the shares of the requests that are answered, and of those that must fail."""
    if FAILED in given:
        raise InvalidInput(f"expect.shares: {FAILED}: say in expect.failed which part must fail")
    if not failed:
        return parse_shares(given)
    if not 0 < failed <= 1:
        raise InvalidInput(f"expect.failed: {failed} must be between 0 and 1, which is all")
    if failed == 1:
        if given:
            raise InvalidInput(
                "expect.shares: nobody answers where expect.failed is 1; leave them out"
            )
        return {FAILED: 1.0}
    answered = {name: share * (1 - failed) for name, share in parse_shares(given).items()}
    return {**answered, FAILED: failed}


def parse_shares(given: t.Mapping[str, t.Any]) -> dict[str, float]:
    """Return the parts of the names, which add up to 1; raises InvalidInput."""
    numbers = {str(name): _share(str(name), value) for name, value in given.items()}
    total = math.fsum(numbers.values())
    if not total > 0:
        raise InvalidInput("expect.shares must give at least one name a share above 0")
    # thirds written as 0.33 each, or 10/10/80: what counts is the proportion
    parts = {name: value / total for name, value in numbers.items()}
    return {name: part if part >= _LEAST_SHARE else 0.0 for name, part in parts.items()}


def _distinct(given: t.Mapping[str, t.Any]) -> dict[str, int]:
    found = {}
    for name, value in given.items():
        # templates may hand over numbers as text
        number = int(value) if str(value).isdecimal() else 0
        if number < 1:
            raise InvalidInput(
                f"expect.distinct: {name}: {value!r} must be a whole number of at least 1"
            )
        found[str(name)] = number
    return found


def _share(name: str, value: t.Any) -> float:
    # templates may hand over numbers as text
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isfinite(number) and number >= 0:
        return number
    raise InvalidInput(f"expect.shares: {name}: {value!r} must be a number of at least 0")


def _method(options: t.Mapping[str, t.Any], shares: t.Mapping[str, float]) -> str:
    method = options.get("method") or AUTO
    if method not in (AUTO, EXACT, CHI_SQUARE, TOLERANCE):
        raise InvalidInput(
            f"expect.method: {method!r} must be auto, exact, chi_square or tolerance"
        )
    if method != AUTO:
        return method
    if sum(share > 0 for share in shares.values()) == 1:
        return EXACT
    model = options.get("model")
    if model not in ("random", "exact"):
        raise InvalidInput(
            f"expect.model must say how the balancer chooses, to judge {_words(shares)}: exact "
            "(ROUND_ROBIN, locality weights: a weighted scheduler) or random (LEAST_REQUEST, "
            "RANDOM: each request on its own)"
        )
    return EXACT if model == "exact" else CHI_SQUARE


def _check_tolerance(expect: Expectation) -> None:
    if not 0 < expect.tolerance < 1:
        raise InvalidInput(f"expect.tolerance: {expect.tolerance} must be between 0 and 1")
    least = min(expect.positive.values())
    if expect.method != CHI_SQUARE and not expect.all_or_nothing and expect.tolerance >= least:
        raise InvalidInput(
            f"expect.tolerance: {expect.tolerance:g} is not below the smallest share, {least:g}: "
            "its absence would pass"
        )


def _words(shares: t.Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.4g}" for name, share in shares.items())
