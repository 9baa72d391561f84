# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.proof import proof_problems
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import defaults

NODES = [{"region": "r1", "zone": "zone1"}, {"name": "own", "labels": {"x": "y"}}]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"zone": "zone1"}, ""),
        ({"zone": "r1/zone1"}, ""),
        ({"node": "own"}, ""),
        ({"node": "east-worker"}, ""),
        ({"zone": "zone9"}, "the zone 'zone9'; cluster_nodes of east has r1/zone1"),
        ({"zone": "r2/zone1"}, "the zone 'r2/zone1'; cluster_nodes of east has r1/zone1"),
        ({"node": "worker9"}, "the node 'worker9'; cluster_nodes of east has east-worker, own"),
    ],
)
@pytest.mark.parametrize("provider", ["loopback", "kind", "existing"])
def test_places_of_events(place: dict[str, str], expected: str, provider: str) -> None:
    step = {"events": [{"action": "drain", "cluster": "east", **place}]}
    found = problems(step, cluster_nodes=NODES, mesh_provider=provider)
    start = "proof_steps: step 's0': an event names "
    assert found == ([start + expected] if expected and provider != "existing" else [])


def problems(*steps: dict[str, t.Any], **host: t.Any) -> list[str]:
    named = [{"name": f"s{number}", **step} for number, step in enumerate(steps)]
    own = {**defaults(), "proof_steps": named, **host}
    return list(proof_problems(Lab({"east": own}, ["east"]), "east"))


SPLIT = {"expect": {"a": 1, "b": "1"}}


@pytest.mark.parametrize(
    ("step", "host"),
    [
        ({}, {}),
        (SPLIT, {}),
        ({**SPLIT, "model": "random"}, {"proof_from_forecast": False}),
        ({**SPLIT, "method": "exact"}, {"proof_from_forecast": False}),
        ({**SPLIT, "from_forecast": True}, {"proof_from_forecast": "false"}),
        ({"expect": {"a": 1, "b": 0}}, {"proof_from_forecast": False}),
        ({"duration": 4, "requests": 0}, {}),
        ({"drain": ["a"], "requests": 30000}, {"proof_drain_at": 20000}),
        ({}, {"proof_duration": "4", "proof_requests": "0"}),
        ({}, {"proof_identify": {"jmespath": "{version: v}"}}),
    ],
)
def test_good(step: dict[str, t.Any], host: dict[str, t.Any]) -> None:
    assert problems(step, **host) == []


@pytest.mark.parametrize("off", [{"from_forecast": False}, {"from_forecast": "no"}])
def test_undecided(off: dict[str, t.Any]) -> None:
    assert problems({**SPLIT, **off}, {}, {**SPLIT, **off}) == [
        "proof_steps: where several names have a share, model (exact or random) or method must say"
        " how to judge; missing in: s0, s2"
    ]


@pytest.mark.parametrize(
    ("steps", "host", "expected"),
    [
        *(
            (
                [{**form, "requests": 200}],
                {"proof_drain_at": at},
                "proof_steps: step 's0': events: drain a: at 20000 must be at most 10000",
            )
            for form, at in (
                ({"drain": ["a"]}, "20000"),
                ({"events": [{"action": "drain", "workloads": ["a"]}]}, 20000),
                ({"events": [{"action": "drain", "workloads": ["a"], "at": 20000}]}, 100),
            )
        ),
        ([], {}, "proof_steps is empty: there is nothing to prove"),
        ([{}], {"proof_requests": "0"}, "proof_requests is 0; write 1 or more"),
        ([{"requests": 0}], {}, "proof_steps: requests of step 's0' is 0; write 1 or more"),
        ([{}, {}], {"proof_concurrency": 0}, "proof_concurrency is 0; write 1 or more"),
        (
            [{}],
            {"proof_identify": {"pattern": "("}},
            "proof_identify.pattern: '(' is not a regular expression: ",
        ),
        (
            [{}],
            {"proof_identify": {"pattern": "Hello"}},
            "proof_identify.pattern: 'Hello' has no named group; ",
        ),
        (
            [{}],
            {"proof_identify": {"jmespath": "["}},
            "proof_identify.jmespath: '[' cannot be read: ",
        ),
    ],
)
def test_bad(steps: list[dict[str, t.Any]], host: dict[str, t.Any], expected: str) -> None:
    (found,) = problems(*steps, **host)
    assert found.startswith(expected)


KILL = {"action": "kill", "workloads": ["a"]}


@pytest.mark.parametrize(
    ("step", "contradicts"),
    [
        ({"events": [KILL, {"action": "fail", "workloads": ["a", "b"]}]}, True),
        ({"drain": ["a"], "events": [KILL]}, True),
        ({"scale": {"workloads": ["a"], "replicas": 0}, "events": [KILL]}, False),
        ({"events": [KILL, {"action": "fail", "workloads": ["b"]}]}, False),
    ],
)
def test_events_that_contradict(step: dict[str, t.Any], contradicts: bool) -> None:
    found = problems(step)
    assert len(found) == contradicts
    assert all("of a at a time" in each for each in found)


@pytest.mark.parametrize(
    "known", [{}, {"expect": {"a": 1}}, {"failed": 0.5}, {"from_forecast": False}]
)
@pytest.mark.parametrize(
    ("event", "at_a_time", "unknown"),
    [
        ({"action": "fail", "percent": 50}, 1, "errors by chance"),
        ({"action": "fail", "percent": 50, "for_ms": 100}, 1, ""),
        ({"action": "fail"}, 1, ""),
        ({"action": "delay", "delay_ms": 5}, 4, "several requests at a time"),
        ({"action": "delay", "delay_ms": 5}, 1, ""),
    ],
)
def test_what_no_forecast_can_expect_is_said_before_anything_runs(
    known: dict[str, t.Any], event: dict[str, t.Any], at_a_time: int, unknown: str
) -> None:
    step = {"events": [{**event, "workloads": ["a"]}], "concurrency": at_a_time, **known}
    found = problems(step)
    assert [unknown in each and "from_forecast: false" in each for each in found] == (
        [True] if unknown and not known else []
    )
