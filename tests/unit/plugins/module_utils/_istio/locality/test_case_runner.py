# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The case runner ``tests/tools/locality_cases.py`` as a program."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import locality_cases
import pytest
from locality_answers import answer

TOOL = Path(locality_cases.__file__)
CASE = {
    "name": "failover",
    "proxyLocality": "east/zone1",
    "outlierDetection": True,
    "localityLbSetting": {"failover": [{"from": "east", "to": "west"}]},
    "endpoints": [
        {"locality": "east/zone1", "weight": 3},
        {"locality": "west/zone3", "count": 2},
        {"locality": "north"},
    ],
}


def run(text: str, *options: str) -> tuple[int, list[dict[str, t.Any]]]:
    # without site-packages: the checkout alone must do
    done = subprocess.run(
        [sys.executable, "-S", str(TOOL), *options],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_an_answer() -> None:
    code, [given] = run(json.dumps(CASE))
    assert code == 0
    shares = given.pop("shares")
    assert given == {
        "name": "failover",
        "mode": "full",
        "localities": [
            {
                "locality": "east/zone1",
                "priority": 0,
                "weight": 3,
                "endpoints": 1,
                "addresses": ["10.0.0.2"],
                "endpointWeights": [3],
            },
            {
                "locality": "north",
                "priority": 2,
                "weight": 1,
                "endpoints": 1,
                "addresses": ["10.0.0.5"],
                "endpointWeights": [1],
            },
            {
                "locality": "west/zone3",
                "priority": 1,
                "weight": 2,
                "endpoints": 2,
                "addresses": ["10.0.0.3", "10.0.0.4"],
                "endpointWeights": [1, 1],
            },
        ],
        "localityWeightedLbConfig": True,
        "zoneAwareLbConfig": False,
        "outlierDetectionInCDS": True,
    }
    assert [each["share"] for each in shares["localities"]] == [1, 0, 0]
    assert [each["share"] for each in shares["endpoints"]] == [1, 0, 0, 0]
    assert (shares["lost"], shares["model"]) == ("", "exact")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([CASE, CASE]),
        f"{json.dumps(CASE)}\n{json.dumps(CASE)}\n",
        json.dumps(CASE, indent=2) * 2,
    ],
)
def test_ways_to_write_several_cases(text: str) -> None:
    code, given = run(text)
    assert code == 0
    assert [each["name"] for each in given] == ["failover", "failover"]


def test_nothing_on_stdin() -> None:
    assert run("") == (0, [])


def test_no_json() -> None:
    assert run("{") == (2, [])


def test_a_case_that_cannot_be_answered() -> None:
    code, given = run(json.dumps([CASE | {"endpoints": [{"health": "SICK"}]}, CASE]))
    assert code == 1
    assert given[0]["error"].startswith("health 'SICK'")
    assert given[1]["localities"]


@pytest.mark.parametrize(
    ("fields", "options", "hosts"),
    [({}, (), 2), ({}, ("-mode", "direct"), 1), ({"mode": "direct"}, (), 1)],
)
def test_the_direct_mode_leaves_out_what_is_not_healthy(
    fields: dict[str, str], options: tuple[str, ...], hosts: int
) -> None:
    endpoints = [{"locality": "a"}, {"locality": "a", "health": "unhealthy"}]
    _unused, [given] = run(
        json.dumps({"proxyLocality": "a", "endpoints": endpoints} | fields), *options
    )
    assert [each["endpoints"] for each in given["localities"]] == [hosts]


OVERLAP = {"distribute": [{"from": "*", "to": {"a/*": 50, "a/b": 50}}]}


@pytest.mark.parametrize("where", ["localityLbSetting", "meshLocalityLbSetting"])
def test_an_undecided_case_is_refused(where: str) -> None:
    endpoints = [{"locality": "a/b"}, {"locality": "a/c", "count": 2}]
    given = answer({"proxyLocality": "a", where: OVERLAP, "endpoints": endpoints})
    assert given["nondeterministic"]
    assert "a/* and a/b cover the same localities" in given["invalid"]


def test_zone_aware_settings_are_checked() -> None:
    setting = {"failover": [{"from": "a", "to": "a"}]}
    given = answer({"zoneAwareLbSetting": setting, "endpoints": []})
    assert given["zoneAwareLbConfig"]
    assert given["invalid"].startswith("loadBalancer.zoneAwareLbSetting.failover[0]")
