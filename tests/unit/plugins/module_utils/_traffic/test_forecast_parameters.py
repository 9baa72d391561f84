# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters, targets and drained workloads that a sample passes to the forecast."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import (
    Scaled,
    WorkloadRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.sample_forecast import (
    SampleForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import (
    forecast_expectation,
    participants,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import parse_options
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.run import prepare_sample

OPTIONS = {
    "provider": "loopback",
    "lab_directory": "/lab",
    "cluster": "east",
    "namespace": "sleep",
    "workload": "sleep",
    "url": "http://helloworld.sample:5000/hello",
    "method": "GET",
    "headers": None,
    "requests": 100,
    "duration": None,
    "clients": 1,
    "concurrency": 1,
    "rate": None,
    "keepalive": True,
    "timeout": 5.0,
    "identify": None,
    "servers": None,
    "events": None,
    "settle_ms": 10.0,
    "unchanged": None,
    "timeline_ms": None,
    "peers": [{"cluster": "west"}],
}


class Cluster:
    def __init__(self, name):
        self.name = name

    def pods(self, namespace, workload):
        return [PodRef(namespace, f"{workload}-1")]

    def proxy_faults_left(self, *, mend):
        return [] if mend else [f"{self.name} is out of order"]


@pytest.fixture
def scaled():
    """How many pods the model was told of, question by question."""
    return []


@pytest.fixture
def asked(monkeypatch, scaled):
    """Makes a sample; what the model was asked for is in the answer's first part."""

    def make(expect, events=None, answer=None):
        questions = []

        def forecast(clusters, client, target, by, down, *, sizes, drains, path, **_others):
            names = [cluster.name for cluster in clusters]
            assert path == "/hello"
            questions.append((names, client.name, target, by, list(down), drains))
            assert path == "/hello"
            scaled.append(sizes)
            return answer or SampleForecast({"zone1": 1.0}, "exact", because=("near",))

        monkeypatch.setattr(participants, "connect", lambda params: Cluster(params["cluster"]))
        monkeypatch.setattr(forecast_expectation, "forecast_sample", forecast)
        spec, _participants = prepare_sample(OPTIONS | {"expect": expect, "events": events})
        return questions, spec.expect

    return make


def event(action, *workloads, cluster=None, **options):
    return {
        **options,
        "action": action,
        "namespace": "sample",
        "workloads": list(workloads),
        "cluster": cluster,
    }


def test_it_asks_from_the_client_for_what_the_url_says(asked):
    questions, expect = asked({"from_forecast": True, "by": "locality"})
    target = ("helloworld.sample", 5000)
    assert questions == [(["east", "west"], "sleep-1", target, "locality", [], False)]
    assert (expect.shares, expect.source) == ({"zone1": 1.0}, "forecast")


@pytest.mark.parametrize(
    ("before", "events", "down", "drains"),
    [
        (["a"], [], {("a", "east")}, False),
        (["a"], [event("drain", "b")], {("a", "east"), ("b", "east")}, True),
        (["a"], [event("drain", "b", cluster="west")], {("a", "east"), ("b", "west")}, True),
        (["a", "b"], [event("restart", "a")], {("b", "east")}, False),
        (["a"], [event("drain", "b"), event("replace", "a", "b")], set(), True),
        (["a"], [event("replace", "a", cluster="west")], {("a", "east")}, False),
        # one more pod leaves the drained one as it is
        (["a", "b"], [event("scale", "a", replicas=2)], {("a", "east"), ("b", "east")}, False),
        (["a", "b"], [event("scale", "a", replicas=0)], {("b", "east")}, False),
    ],
)
def test_what_is_drained_when_the_judged_part_begins(asked, before, events, down, drains):
    drained = [{"namespace": "sample", "workload": name, "cluster": None} for name in before]
    questions, _expect = asked({"from_forecast": True, "drained": drained}, events)
    assert set(questions[0][4]) == {WorkloadRef("sample", *each) for each in down}
    assert questions[0][5] == drains


def test_how_many_pods_there_are_when_the_judged_part_begins(asked, scaled):
    events = [
        event("scale", "a", "b", replicas=0),
        event("scale", "b", cluster="west", replicas=1),
        event("scale", "a", replicas=3),
    ]
    asked({"from_forecast": True}, events)
    assert scaled == [
        [
            Scaled(WorkloadRef("sample", "a", "east"), 3),
            Scaled(WorkloadRef("sample", "b", "east"), 0),
            Scaled(WorkloadRef("sample", "b", "west"), 1),
        ]
    ]


@pytest.mark.parametrize("check", [False, True])
def test_what_a_killed_run_left_is_mended_before_anything_is_asked(monkeypatch, check):
    monkeypatch.setattr(participants, "connect", lambda params: Cluster(params["cluster"]))
    _spec, found = prepare_sample(OPTIONS | {"expect": None}, check=check)
    named = [f"{name} is out of order" for name in ("east", "west")]
    assert list(found.warnings) == (named if check else [])


def test_without_the_model_nothing_is_asked(asked):
    questions, expect = asked({"shares": {"zone1": 1}})
    assert questions == []
    assert expect.source == "statement"


def test_something_must_be_expected(asked):
    with pytest.raises(InvalidInput, match="give the expected shares, or set from_forecast"):
        asked({"by": "version"})


@pytest.mark.parametrize("made", [event("replace", "a"), event("scale", "a", replicas=2)])
def test_pods_that_are_yet_to_be_made_have_no_name(asked, made):
    with pytest.raises(InvalidInput, match="names of pods"):
        asked({"from_forecast": True, "by": "instance"}, [made])


def test_pods_that_are_left_have_names(asked):
    asked({"from_forecast": True, "by": "instance"}, [event("scale", "a", replicas=0)])


def test_too_few_requests_for_what_the_model_expects(asked):
    answer = SampleForecast({"zone1": 0.99, "zone2": 0.01}, "random")
    with pytest.raises(InvalidInput, match="send at least 500"):
        asked({"from_forecast": True}, answer=answer)


@pytest.mark.parametrize(
    ("event", "options", "said"),
    [
        ({"action": "fail", "percent": 10}, {}, "whether errors by chance eject"),
        (
            {"action": "delay", "delay_ms": 5},
            {"concurrency": 4},
            "slow answers may change the shares",
        ),
        ({"action": "fail"}, {}, ""),
        ({"action": "delay", "delay_ms": 5}, {}, ""),
        ({"action": "fail", "percent": 10, "for_ms": 5}, {}, ""),
    ],
)
def test_what_faults_do_is_not_always_known(event, options, said):
    made = parse_options(
        OPTIONS
        | options
        | {"expect": None, "events": [{"namespace": "a", "workloads": ["b"], **event}]}
    )
    problem = forecast_expectation.unforeseeable(
        made.events, made.profile.concurrency * made.clients
    )
    assert said in problem
    assert bool(said) == bool(problem)
