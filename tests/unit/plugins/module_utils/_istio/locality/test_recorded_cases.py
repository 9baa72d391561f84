# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model against answers of istiod's own code, recorded from the test bed's oracle.

``tests/tools/compare_locality_cases.py --record`` writes the file anew.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from compare_locality_cases import differences
from locality_answers import answer

Recorded: t.TypeAlias = dict[str, t.Any]

RECORDED: list[Recorded] = [
    json.loads(line)
    for line in Path(__file__).with_name("recorded_cases.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda each: str(each["case"]["name"]))
def test_the_model_answers_as_istiod_does(recorded: Recorded) -> None:
    given = answer(recorded["case"], recorded["answer"]["mode"])
    assert list(differences(recorded["answer"], given)) == []


@pytest.mark.parametrize(
    ("what", "at_least"),
    [
        ("several priorities", 30),
        ("emptied localities", 10),
        ("gateways", 20),
        ("locality weights", 50),
        ("refused by the webhook", 20),
        ("undecided", 2),
        ("not all healthy", 10),
    ],
)
def test_the_record_holds_enough_of_everything(what: str, at_least: int) -> None:
    assert sum(what in _features(each) for each in RECORDED) >= at_least


def _features(recorded: Recorded) -> set[str]:
    case, given = recorded["case"], recorded["answer"]
    localities = given["localities"] or []
    checks = {
        "several priorities": any(each["priority"] for each in localities),
        "emptied localities": any(not each["endpoints"] for each in localities),
        "gateways": bool(case.get("gateways")),
        "locality weights": bool(given.get("localityWeightedLbConfig")),
        "refused by the webhook": bool(given.get("invalid")),
        "undecided": bool(given.get("nondeterministic")),
        "not all healthy": any("health" in each for each in case["endpoints"]),
    }
    return {name for name, holds in checks.items() if holds}


CASE = {
    "proxyLocality": "east/a",
    "outlierDetection": True,
    "endpoints": [{"locality": "east/a"}, {"locality": "west", "count": 2}],
}


def _changed(case: Recorded, **fields: t.Any) -> Recorded:
    result = answer(case)
    first = result["localities"][0] | fields
    return result | {"localities": [first, *result["localities"][1:]]}


@pytest.mark.parametrize(
    "expected",
    [
        _changed(CASE, priority=1),
        _changed(CASE, weight=2),
        _changed(CASE, locality="east/b"),
        _changed(CASE, addresses=["10.9.9.9"]),
        _changed(CASE, endpointWeights=[5]),
        answer(CASE) | {"localityWeightedLbConfig": True},
        answer(CASE) | {"invalid": "refused"},
        answer(CASE) | {"nondeterministic": True},
        answer(CASE) | {"error": "no"},
    ],
)
def test_the_comparison_notices(expected: Recorded) -> None:
    assert list(differences(expected, answer(CASE)))


def test_the_comparison_notices_a_refusal_too_many() -> None:
    given = answer(CASE) | {"invalid": "the weights add up to 90"}
    assert list(differences(answer(CASE), given))


def test_the_comparison_accepts_another_order_of_addresses() -> None:
    expected = answer(CASE)
    expected["localities"][1]["addresses"].reverse()
    assert list(differences(expected, answer(CASE))) == []
