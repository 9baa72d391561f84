# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sample a step of a proof takes, and what is drained after it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.proof_step import ProofStep
from ansible_collections.eastwest.mesh.plugins.modules import traffic_sample
from hypothesis import given
from hypothesis import strategies as st

Values = dict[str, t.Any]

DEFAULTS: Values = {
    "namespace": "sample",
    "client": {"namespace": "sleep", "workload": "sleep"},
    "url": "http://helloworld.sample:5000/hello",
    "identify": {},
    "by": "version",
    "requests": 500,
    "duration": 0.0,
    "concurrency": 1,
    "rate": 0.0,
    "keepalive": True,
    "timeout": 5.0,
    "settle_ms": 0.0,
    "max_errors": 0,
    "significance": 0.0001,
    "from_forecast": True,
    "drain_at": 100,
    "drain_after_ms": 0.0,
}
DUE = {"namespace": "sample", "at": 100, "after_ms": 0.0}
WORKLOADS = st.lists(st.sampled_from(["zone1", "zone2", "zone3"]), unique=True)


def step(
    drained: t.Sequence[str] = (), defaults: Values | None = None, **fields: t.Any
) -> ProofStep:
    return ProofStep({"name": "s", **fields}, {**DEFAULTS, **(defaults or {})}, drained)


def test_a_step_without_fields_takes_the_defaults() -> None:
    options = step().sample_options()
    assert options == {
        "name": "s",
        "namespace": "sleep",
        "workload": "sleep",
        "clients": 1,
        "url": DEFAULTS["url"],
        "timeout": 5.0,
        "identify": {},
        "concurrency": 1,
        "keepalive": True,
        "requests": 500,
        "expect": {
            "by": "version",
            "from_forecast": True,
            "drained": [],
            "method": "auto",
            "significance": 0.0001,
            "max_errors": 0,
        },
    }


@pytest.mark.parametrize("empty", [None, [], {}])
def test_fields_that_are_empty_are_not_there(empty: t.Any) -> None:
    names = ("drain", "restore", "events", "scale", "expect")
    assert step(**dict.fromkeys(names, empty)).sample_options() == step().sample_options()


@pytest.mark.parametrize("value", [3, 3.5, "3.5"])
def test_a_duration_takes_the_place_of_a_number_of_requests(value: t.Any) -> None:
    for options in (
        step(duration=value, requests=7).sample_options(),
        step(defaults={"duration": value}).sample_options(),
    ):
        assert options["duration"] == value
        assert "requests" not in options


@pytest.mark.parametrize("name", ["rate", "settle_ms"])
def test_a_zero_is_left_out(name: str) -> None:
    assert step(**{name: 8}).sample_options()[name] == 8
    assert name not in step(defaults={name: 8}, **{name: 0}).sample_options()


@pytest.mark.parametrize(
    ("fields", "judged"),
    [
        ({}, False),
        ({"expect": {"zone1": 1}}, True),
        ({"failed": "1"}, True),
        ({"failed": 0}, False),
        ({"from_forecast": "true"}, True),
    ],
)
def test_nothing_is_expected_without_a_forecast_and_a_statement(
    fields: Values, judged: bool
) -> None:
    options = step(defaults={"from_forecast": False}, **fields).sample_options()
    assert ("expect" in options) is judged


def test_short_forms_come_before_events_which_are_not_kept() -> None:
    assert step(
        drain=["zone1"],
        scale={"workloads": ["zone2"], "replicas": 0},
        events=[{"action": "delay", "zone": "zone3", "delay_ms": 5, "at": 7}],
    ).events() == [
        {"action": "drain", "workloads": ["zone1"], **DUE},
        {"action": "scale", "workloads": ["zone2"], "replicas": 0, **DUE},
        {**DUE, "kept": False, "action": "delay", "zone": "zone3", "delay_ms": 5, "at": 7},
    ]


@pytest.mark.parametrize("name", ["duration", "rate", "settle_ms"])
def test_what_is_no_number_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name} of step 's' is 'soon'; write a number"):
        step(**{name: "soon"}).sample_options()


@given(before=WORKLOADS, restore=WORKLOADS, drain=WORKLOADS)
def test_what_is_drained_follows_from_step_to_step(
    before: list[str], restore: list[str], drain: list[str]
) -> None:
    taken = step(before, restore=restore, drain=drain)
    assert set(taken.still_drained()) == set(before) - set(restore)
    after = taken.drained_after()
    assert set(after) == set(before) - set(restore) | set(drain)
    assert len(set(after)) == len(after)
    told = taken.sample_options()["expect"]["drained"]
    assert [each["workload"] for each in told] == taken.still_drained()


def test_the_module_knows_all_options() -> None:
    fields = dict.fromkeys(
        ("rate", "settle_ms", "model", "tolerance", "distinct", "count_errors_as", "failed"), "1"
    )
    options = step(**fields, expect={"a": 1}, servers=[], drain=["a"]).sample_options()
    assert options.keys() <= traffic_sample.ARGUMENTS.keys()
    assert options["expect"].keys() <= traffic_sample.EXPECT.keys()
    assert options["events"][0].keys() <= traffic_sample.EVENT.keys()


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("http://web.sample:5000/hello", {"host": "web.sample", "port": 5000}),
        ("http://web/", {"host": "web", "port": 80}),
    ],
)
def test_the_forecast_is_that_of_the_steps_client_and_service(url: str, service: Values) -> None:
    assert step(url=url).forecast_options() == {
        "clients": [DEFAULTS["client"]],
        "services": [service],
    }
