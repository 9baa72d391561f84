# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    check_enough,
    expectation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.verdict import judge
from hypothesis import assume, given
from hypothesis import strategies as st

THIRDS = {"zone1": 1, "zone2": 1, "zone3": 1}
WEIGHTED = {"zone1": 10, "zone2": 10, "zone3": 80}
ALL = {"zone1": 0, "zone2": 1}


def verdict(shares, counts, errors=0, unidentified=0, **options):
    return judge(expectation({"shares": shares, **options}), counts, errors, unidentified)


def split(*counts):
    return {f"zone{number}": count for number, count in enumerate(counts, 1)}


CASES = {
    # what real clusters gave
    "even thirds": (THIRDS, split(93, 113, 94), {"model": "random"}, True),
    "even thirds again": (THIRDS, split(104, 87, 109), {"model": "random"}, True),
    "weights": (WEIGHTED, split(50, 50, 400), {"model": "exact"}, True),
    "failover": (ALL, split(0, 500), {}, True),
    # one pod for each worker's connection, as without maxRequestsPerConnection
    "all on one": (THIRDS, split(300, 0, 0), {"model": "random"}, False),
    "a rule that does nothing": (WEIGHTED, split(167, 167, 166), {"model": "exact"}, False),
    "80/20/0 as localities vanish": (WEIGHTED, split(250, 250, 0), {"model": "exact"}, False),
    "random is not exact": (WEIGHTED, split(58, 47, 395), {"model": "exact"}, False),
    "but fits the random model": (WEIGHTED, split(58, 47, 395), {"model": "random"}, True),
    "within a hundredth": (WEIGHTED, split(55, 45, 400), {"model": "exact"}, True),
    "one more": (WEIGHTED, split(56, 44, 400), {"model": "exact"}, False),
    "one elsewhere": (ALL, split(1, 499), {}, False),
    "one to a stranger": (ALL, split(0, 499) | {"zone9": 1}, {}, False),
    "all to a stranger": (ALL, {"zone9": 500}, {}, False),
    "one stranger among many": (THIRDS, split(99, 100, 100) | {"zone9": 1}, {"model": "random"}, False),
    "none of a small share": ({"a": 1, "b": 99}, {"b": 2000}, {"method": "chi_square"}, False),
    "none, which chance would allow": ({"a": 1, "b": 99}, {"b": 500}, {"method": "chi_square"}, False),
    "nothing at all": (THIRDS, {}, {"model": "random"}, False),
    "nothing for all or nothing": (ALL, {}, {}, False),
    "too few left": (ALL, split(0, 9), {}, False),
    "too few left for the test": (THIRDS, split(5, 4, 5), {"model": "random"}, False),
    "too few left for the tolerance": (WEIGHTED, split(9, 10, 80), {"model": "exact"}, False),
    "tolerance": (THIRDS, split(40, 30, 30), {"method": "tolerance", "tolerance": 0.07}, True),
    "not tolerance": (THIRDS, split(41, 30, 29), {"method": "tolerance", "tolerance": 0.07}, False),
    "tolerance is not for strangers": (
        THIRDS, split(33, 33, 33, 1), {"method": "tolerance", "tolerance": 0.07}, False,
    ),
    "tolerance does not apply to all or nothing": (
        ALL, split(1, 99), {"method": "tolerance", "tolerance": 0.07}, False,
    ),
    "an outage": (None, {"failed": 500}, {"failed": 1}, True),
    "an outage of which one request knew nothing": (
        None, {"failed": 499, "zone1": 1}, {"failed": 1}, False,
    ),
    "no outage": (None, split(500), {"failed": 1}, False),
    "a third is lost": (
        ALL, split(0, 67) | {"failed": 33}, {"failed": 0.33, "model": "exact"}, True,
    ),
    "too much is lost": (
        ALL, split(0, 60) | {"failed": 40}, {"failed": 0.33, "model": "exact"}, False,
    ),
    "nothing is lost": (ALL, split(0, 100), {"failed": 0.33, "model": "exact"}, False),
    "too even is no fault": (THIRDS, split(1000, 1000, 1000), {"model": "random"}, True),
}  # fmt: skip


@pytest.mark.parametrize(
    ("shares", "counts", "options", "passed"), CASES.values(), ids=CASES.keys()
)
def test_verdicts(shares, counts, options, passed):
    judgement = verdict(shares, counts, **options)
    assert judgement.passed is passed
    assert bool(judgement.reasons) is not passed
    assert judgement.as_dict()["passed"] is passed


@pytest.mark.parametrize(
    ("errors", "unidentified", "allowed", "passed"),
    [(0, 0, 0, True), (1, 0, 0, False), (0, 1, 0, False), (2, 1, 3, True), (2, 2, 3, False)],
)
def test_errors_count_against_the_limit(errors, unidentified, allowed, passed):
    judgement = verdict(ALL, split(0, 500), errors, unidentified, max_errors=allowed)
    assert judgement.passed is passed


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({"shares": ALL}, "exact"),
        ({"shares": ALL, "model": "random"}, "exact"),
        ({"shares": THIRDS, "model": "random"}, "chi_square"),
        ({"shares": THIRDS, "model": "exact"}, "exact"),
        ({"shares": THIRDS, "method": "chi_square", "model": "exact"}, "chi_square"),
        ({"shares": THIRDS, "method": "tolerance", "tolerance": 0.1}, "tolerance"),
        ({"shares": THIRDS, "method": "auto", "model": "random"}, "chi_square"),
    ],
)
def test_the_method(options, method):
    expect = expectation(options)
    assert expect.method == method
    assert judge(expect, {}).as_dict()["method"] == method


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shares": {}}, "at least one name"),
        ({"shares": {"a": 0}}, "at least one name"),
        ({"shares": {"a": 2, "b": -1}}, "b: -1"),
        ({"shares": {"a": "many"}}, "'many'"),
        ({"shares": {"a": float("nan")}}, "nan"),
        ({"shares": {"a": None}}, "a: None"),
        ({"shares": THIRDS}, "expect.model must say"),
        ({"shares": THIRDS, "model": "fair"}, "expect.model must say"),
        ({"shares": THIRDS, "method": "guess"}, "'guess'"),
        ({"shares": THIRDS, "method": "tolerance"}, "expect.tolerance must be given"),
        ({"shares": THIRDS, "method": "tolerance", "tolerance": 0}, "between 0 and 1"),
        ({"shares": THIRDS, "method": "tolerance", "tolerance": 0.34}, "would pass"),
        ({"shares": {"a": 1, "b": 3}, "method": "tolerance", "tolerance": 0.25}, "would pass"),
        ({"shares": {"a": 1, "b": 199}, "model": "exact"}, "would pass"),
        ({"shares": THIRDS, "model": "random", "significance": 0.5}, "significance: 0.5"),
        ({"shares": THIRDS, "model": "random", "significance": 0.0}, "significance: 0.0"),
        ({"shares": ALL, "max_errors": -1}, "max_errors: -1"),
        ({"failed": 1.5}, "failed: 1.5"),
        (
            {"failed": 0.5, "shares": ALL, "count_errors_as": "zone2", "model": "exact"},
            "count_errors_as: with expect.failed",
        ),
        ({"shares": ALL, "count_errors_as": "zone9"}, "count_errors_as: 'zone9' has no share"),
        ({"failed": -0.5}, "failed: -0.5"),
        ({"failed": float("nan")}, "failed: nan"),
        ({"failed": 1, "shares": ALL}, "leave them out"),
        ({"failed": 0.5}, "at least one name"),
        ({"failed": 0.5, "shares": {"failed": 1}}, "say in expect.failed"),
        ({"shares": {"failed": 1}}, "say in expect.failed"),
    ],
)
def test_expectations_that_cannot_be_judged(options, message):
    with pytest.raises(InvalidInput, match=message):
        expectation(options)


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({"shares": ALL}, 10),
        ({"shares": THIRDS, "model": "random"}, 15),
        ({"shares": WEIGHTED, "model": "random"}, 50),
        ({"shares": {"a": 1, "b": 99}, "model": "random"}, 500),
        ({"shares": WEIGHTED, "model": "exact"}, 100),
        ({"shares": WEIGHTED, "method": "tolerance", "tolerance": 0.05}, 20),
    ],
)
def test_samples_that_are_too_small_are_refused(options, needed):
    expect = expectation(options)
    check_enough(expect, needed)
    with pytest.raises(InvalidInput, match=f"send at least {needed}"):
        check_enough(expect, needed - 1)


def test_shares_in_any_unit():
    expect = expectation({"shares": {"a": "10", "b": 30}, "model": "exact"})
    assert expect.shares == {"a": 0.25, "b": 0.75}
    # what arithmetic leaves over is no share
    assert expectation({"shares": {"a": 1.0, "b": 1e-17}}).all_or_nothing


@pytest.mark.parametrize(
    ("shares", "options", "words"),
    [
        (ALL, {}, "all requests go to one name, not one elsewhere"),
        (
            THIRDS,
            {"model": "random", "significance": 0.01},
            "each request is chosen at random on its own; chi-square test at significance 0.01",
        ),
        (
            WEIGHTED,
            {"model": "exact"},
            "a weighted scheduler chooses; each share may differ by 0.01 of all requests",
        ),
        (
            WEIGHTED,
            {"method": "tolerance", "tolerance": 0.05},
            "any choice; each share may differ by 0.05 of all requests",
        ),
    ],
)
def test_what_is_assumed_is_said(shares, options, words):
    assert verdict(shares, {"zone3": 100}, **options).model == words


def test_the_table_shows_expected_against_observed():
    table = verdict(ALL, split(125, 375)).table()
    lines = table.splitlines()
    assert lines[0].split() == ["version", "expected", "observed", "requests"]
    assert lines[1].split()[:4] == ["zone1", "0.0%", "25.0%", "125"]
    assert "does not fit" in lines[1]
    assert lines[2].split()[:4] == ["zone2", "100.0%", "75.0%", "375"]
    assert "not one elsewhere" in table
    assert "375 of 500 requests, all were expected" in table


def test_the_judgement_says_what_it_rests_on():
    data = verdict(THIRDS, split(93, 113, 94), model="random").as_dict()
    assert data["degrees_of_freedom"] == 2
    assert data["statistic"] == pytest.approx(2.54)
    assert data["p_value"] == pytest.approx(0.2808, rel=1e-3)
    assert data["significance"] == 0.001
    assert "at random" in data["model"]
    data = verdict(WEIGHTED, split(50, 50, 400), model="exact").as_dict()
    assert data["tolerance"] == 0.01
    assert "p_value" not in data


def draws(weights, size, times):
    """Samples of independent random choices, the same in every run."""
    source = random.Random(20260817)
    names = [f"zone{number}" for number in range(1, len(weights) + 1)]
    for _unused in range(times):
        chosen = source.choices(names, weights, k=size)
        yield {name: chosen.count(name) for name in names}


@pytest.mark.parametrize(
    ("truth", "size", "least", "most"),
    [
        # the right split is failed with the probability that was asked for: 1 in 1,000
        ((1, 1, 1), 300, 0, 2),
        ((1, 1, 1), 1000, 0, 2),
        # wrong splits are found out
        ((40, 30, 30), 1000, 150, 200),
        ((40, 30, 30), 2000, 199, 200),
        ((50, 25, 25), 500, 199, 200),
        ((45, 45, 10), 300, 200, 200),
        ((50, 50, 0), 100, 200, 200),
    ],
)
def test_the_power_of_the_test_against_thirds(truth, size, least, most):
    expect = expectation({"shares": THIRDS, "model": "random"})
    failed = sum(not judge(expect, counts).passed for counts in draws(truth, size, 200))
    assert least <= failed <= most


@pytest.mark.parametrize("truth", [(10, 10, 80), (1, 1, 1), (12, 10, 78)])
def test_the_exact_method_fails_what_only_chance_made(truth):
    # at 500 requests a coin gives 10 % plus or minus 1.3 %: rarely within a hundredth throughout
    expect = expectation({"shares": WEIGHTED, "model": "exact"})
    failed = sum(not judge(expect, counts).passed for counts in draws(truth, 500, 100))
    assert failed >= 50


SHARES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 20), min_size=1).filter(
    lambda shares: any(shares.values())
)
COUNTS = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 4000))
METHOD = st.sampled_from(["random", "exact"])


@given(SHARES, METHOD, st.integers(1, 50))
def test_counts_in_proportion_always_pass(shares, model, factor):
    expect = expectation({"shares": shares, "model": model, "tolerance": 0.005})
    counts = {name: share * factor * 100 for name, share in shares.items()}
    assert judge(expect, counts).passed


@given(SHARES, METHOD, COUNTS)
def test_what_passes_has_everybody_and_no_stranger(shares, model, counts):
    judgement = verdict(shares, counts, model=model, tolerance=0.005)
    if judgement.passed:
        assert {name for name, count in counts.items() if count} == {
            name for name, share in shares.items() if share
        }


@given(SHARES, METHOD, COUNTS, st.integers(2, 5))
def test_the_unit_of_the_shares_does_not_matter(shares, model, counts, factor):
    scaled = {name: share * factor for name, share in shares.items()}
    first = verdict(shares, counts, model=model, tolerance=0.005)
    second = verdict(scaled, counts, model=model, tolerance=0.005)
    assert first.passed == second.passed


@given(SHARES, METHOD, COUNTS)
def test_the_order_does_not_matter(shares, model, counts):
    turned = dict(reversed(counts.items()))
    first = verdict(shares, counts, model=model, tolerance=0.005)
    second = verdict(dict(reversed(shares.items())), turned, model=model, tolerance=0.005)
    assert first.passed == second.passed


@given(SHARES, COUNTS, st.integers(2, 9))
def test_more_of_the_same_wrong_split_does_not_pass(shares, counts, factor):
    assume(sum(counts.values()) >= 200)
    expect = expectation({"shares": shares, "model": "exact", "tolerance": 0.005})
    if not judge(expect, counts).passed:
        assert not judge(expect, {name: count * factor for name, count in counts.items()}).passed


@given(SHARES, METHOD, COUNTS, st.integers(1, 9))
def test_errors_never_help(shares, model, counts, errors):
    assert not verdict(shares, counts, errors, model=model, tolerance=0.005).passed


@pytest.mark.parametrize(
    ("wanted", "found", "reasons"),
    [
        ({"instance": 3}, {"instance": 3}, []),
        ({"instance": "3"}, {"instance": 3}, []),
        ({"instance": 3}, {"instance": 1}, ["1 different instance answered, 3 were expected"]),
        ({"instance": 1}, {"instance": 2}, ["2 different instance answered, 1 were expected"]),
        ({"instance": 1}, {}, ["0 different instance answered, 1 were expected"]),
    ],
)
def test_how_many_different_ones_answered(wanted, found, reasons):
    expect = expectation({"shares": ALL, "distinct": wanted})
    judgement = judge(expect, split(0, 500), distinct=found)
    assert judgement.reasons == reasons
    observed = {"expected": int(wanted["instance"]), "observed": found.get("instance", 0)}
    assert judgement.as_dict()["distinct"] == {"instance": observed}


@pytest.mark.parametrize("number", [0, -1, "many", 1.5, None])
def test_numbers_of_different_ones_that_mean_nothing(number):
    with pytest.raises(InvalidInput, match=r"expect\.distinct: instance: .* at least 1"):
        expectation({"shares": ALL, "distinct": {"instance": number}})
