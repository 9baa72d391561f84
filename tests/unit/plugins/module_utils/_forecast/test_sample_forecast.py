# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotAllowed,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import (
    Scaled,
    WorkloadRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.manifests import as_cluster
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.sample_forecast import (
    SampleForecast,
    forecast_sample,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.snapshot import read_objects
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.forecast_expectation import (
    combine,
)
from hypothesis import given
from hypothesis import strategies as st

from .conftest import east, rule, west

POOL = {"http": {"maxRequestsPerConnection": 1}}
NEAR = {"connectionPool": POOL, "outlierDetection": {"maxEjectionPercent": 100}}


class Cluster:
    def __init__(self, name, manifests, refusing=(), closed=()):
        self.name = name
        # workloads whose sidecars are drained, and those that may not be asked
        self._refusing, self._closed = refusing, closed
        self._objects = as_cluster(name, manifests)

    def objects(self, kind, namespace=None, labels=None):
        return [
            each
            for each in self._objects
            if each["kind"] == kind
            and namespace in (None, each["metadata"].get("namespace", ""))
            and (labels or {}).items() <= each["metadata"].get("labels", {}).items()
        ]

    def admin(self, pod, method, path):
        if pod.name.startswith(tuple(self._closed)):
            raise NotAllowed("pods/exec is forbidden")
        return (
            f"listener_manager.listener_stopped: {int(pod.name.startswith(tuple(self._refusing)))}"
        )


def look(
    objects,
    by="version",
    down=(),
    host="helloworld.sample",
    peers=True,
    refusing=(),
    closed=(),
    restored=(),
    **options,
):
    own = Cluster("east", objects, refusing, closed)
    (pod,) = own.objects("Pod", "sleep")
    clusters = [own, *([Cluster("west", west())] if peers else [])]
    client = PodRef("sleep", pod["metadata"]["name"])
    refs = [WorkloadRef("sample", name) for name in down]
    again = [WorkloadRef("sample", name) for name in restored]
    return forecast_sample(clusters, client, (host, 5000), by, refs, restored=again, **options)


def test_what_is_to_be_expected():
    found = look(east(rule(NEAR)))
    assert found.shares == {"zone1": 1, "zone2": 0, "zone3": 0}
    assert found.model == "exact"
    assert "outlierDetection alone" in found.because[0]
    assert look(east(rule(NEAR)), down=["zone1"]).shares["zone2"] == 1


@given(
    stated=st.sets(st.sampled_from(["zone1", "zone2"])),
    observed=st.sets(st.sampled_from(["zone1", "zone2"])),
    restored=st.sets(st.sampled_from(["zone1", "zone2"])),
)
def test_what_sidecars_say_counts_like_what_is_stated(stated, observed, restored):
    """Whoever drained them: only what the sample itself restores serves again."""
    found = look(
        east(rule(NEAR)), down=sorted(stated), refusing=sorted(observed), restored=sorted(restored)
    )
    refusing = stated | (observed - restored)
    assert found.shares == look(east(rule(NEAR)), down=sorted(refusing)).shares


def test_sidecars_that_may_not_be_asked_are_named():
    found = look(east(rule(NEAR)), closed=["zone2"])
    assert found.shares["zone1"] == 1
    assert "do not permit to ask these sidecars" in found.because[-1]
    assert "sample/zone2" in found.because[-1]


def test_what_is_to_be_expected_of_other_numbers_of_pods():
    gone = [Scaled(WorkloadRef("sample", "zone1"), 0)]
    assert look(east(rule(NEAR)), sizes=gone).shares == {"zone2": 1, "zone3": 0}
    more = [Scaled(WorkloadRef("sample", "zone1"), 2)]
    assert look(east(), sizes=more).shares == pytest.approx(
        {"zone1": 0.5, "zone2": 0.25, "zone3": 0.25}
    )


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("locality", {"east/zone1", "east/zone2", "west/zone3"}),
        ("cluster", {"east", "west"}),
        ("app", {"helloworld"}),
    ],
)
def test_by_other_names(by, names):
    assert set(look(east(), by).shares) == names


def test_by_instance():
    shares = look(east(), "instance").shares
    assert sorted(name.split("-")[0] for name in shares) == ["zone1", "zone2", "zone3"]


VIRTUAL = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "VirtualService",
    "metadata": {"name": "routes", "namespace": "sample"},
    "spec": {"hosts": ["helloworld"], "http": [{"directResponse": {"status": 418}}]},
}
OVERLAP = {
    "loadBalancer": {
        "localityLbSetting": {"distribute": [{"from": "*", "to": {"east/*": 50, "*": 50}}]}
    }
}
ZONE_AWARE = {"loadBalancer": {"zoneAwareLbSetting": {}}}


@pytest.mark.parametrize(
    ("objects", "options", "problem"),
    [
        (east(VIRTUAL), {}, "the client's proxy answers itself: status 418"),
        (east(rule(OVERLAP)), {}, "keys of the rule overlap"),
        (east(rule(ZONE_AWARE)), {}, "zone-aware"),
        (east(), {"peers": False}, "helloworld-west: no version is known"),
        (east(), {"peers": False, "by": "instance"}, "no instance is known"),
        (east(), {"by": "tier"}, "no tier is known"),
        (east(), {"host": "other"}, "is no service"),
        (east(), {"down": ["other"]}, "no workload 'sample/other'"),
        (east(), {"drains": True}, "maxRequestsPerConnection"),
        (east(zone1=0, zone2=0, imported=False), {}, "every request fails"),
    ],
)
def test_where_there_is_no_forecast(objects, options, problem):
    found = look(objects, **options)
    assert found.shares == {}
    assert problem in found.problem


def test_drains_are_no_problem_where_no_connection_is_kept():
    assert look(east(rule(NEAR)), drains=True).problem == ""


def test_connections_are_not_requests():
    def through_gateway(policy):
        own = Cluster("east", east(*([rule(policy)] if policy else []), zone1=0, zone2=0))
        (pod,) = own.objects("Pod", "sleep")
        client = PodRef("sleep", pod["metadata"]["name"])
        clusters = [own, Cluster("west", west(zone3=2))]
        return forecast_sample(clusters, client, ("helloworld.sample", 5000), "instance")

    assert "once for each connection" in through_gateway(None).problem
    found = through_gateway({"connectionPool": POOL})
    assert (found.problem, found.model) == ("", "random")
    assert list(found.shares.values()) == [0.5, 0.5]


def test_of_secrets_only_the_names_are_kept():
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "remote",
            "namespace": "istio-system",
            "labels": {"istio/multiCluster": "true"},
        },
        "data": {"west": "key"},
        "stringData": {"north": "key"},
    }
    read = read_objects(Cluster("east", east(secret)))
    (found,) = [each for each in read if each["kind"] == "Secret"]
    assert found["data"] == {"west": "", "north": ""}
    assert "stringData" not in found


# the expectation that a sample makes of it

THIRDS = SampleForecast({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, "random", because=("chance",))
ONE = SampleForecast({"a": 1.0, "b": 0.0}, "exact", because=("near",))
GONE = SampleForecast({}, failed=1.0, because=("dead",), problem="every request fails: dead")
UNKNOWN = SampleForecast({}, problem="who knows")


def test_the_model_alone():
    found = combine({}, THIRDS)
    assert (found.source, found.method, found.because) == ("forecast", "chi_square", ("chance",))
    assert found.shares == THIRDS.shares
    assert combine({}, ONE).all_or_nothing


def test_small_shares_keep_a_tolerance_of_their_own():
    small = SampleForecast({"a": 0.996, "b": 0.004}, "exact")
    assert combine({}, small).tolerance == pytest.approx(0.002)
    assert combine({"tolerance": 0.001}, small).tolerance == 0.001


@pytest.mark.parametrize("forecast_of", [GONE, UNKNOWN])
def test_no_model_and_no_statement(forecast_of):
    with pytest.raises(InvalidInput, match="forecast has nothing"):
        combine({}, forecast_of)


@pytest.mark.parametrize(
    ("stated", "forecast_of", "source", "objection"),
    [
        ({"a": 1, "b": 1, "c": 1}, THIRDS, "both", ""),
        ({"a": 33, "b": 33, "c": 34}, THIRDS, "both", ""),
        ({"a": 1}, ONE, "both", ""),
        ({"a": 1, "b": 0}, ONE, "both", ""),
        ({"b": 1}, ONE, "statement", "stated is b 100.0%, but the forecast is a 100.0%: near"),
        ({"a": 98.9, "b": 1.1}, ONE, "statement", "stated is a 98.9%, b 1.1%"),
        ({"a": 40, "b": 30, "c": 30}, THIRDS, "statement", "stated is a 40.0%"),
        ({"a": 1}, GONE, "statement", "stated is a 100.0%, but by the forecast every request"),
        ({"a": 1}, UNKNOWN, "statement", ""),
    ],
)
def test_statement_and_model(stated, forecast_of, source, objection):
    found = combine({"shares": stated}, forecast_of)
    assert found.source == source
    assert found.objection.startswith(objection)
    assert bool(found.objection) == bool(objection)


def test_a_statement_takes_how_to_judge_from_the_model():
    assert combine({"shares": {"a": 1, "b": 1, "c": 1}}, THIRDS).method == "chi_square"
    stated = {"shares": {"a": 1, "b": 1, "c": 1}, "model": "exact"}
    assert combine(stated, THIRDS).method == "exact"


def test_why_the_model_is_silent():
    assert combine({"shares": {"a": 1}}, UNKNOWN).because == ("who knows",)


def test_what_answers_with_errors_is_ejected_like_what_refuses():
    failing = [WorkloadRef("sample", "zone1")]
    found = look(east(rule(NEAR)), failing=failing)
    assert found.problem == ""
    assert found.shares == look(east(rule(NEAR)), down=["zone1"]).shares


def test_what_answers_with_errors_and_stays_in_is_no_matter_of_shares():
    """A connection that is refused is tried again elsewhere, an error of the app is not."""
    policy = {**NEAR, "outlierDetection": {"maxEjectionPercent": 0}}
    found = look(east(rule(policy)), failing=[WorkloadRef("sample", "zone1")])
    assert "answers with errors and the client ejects it not" in found.problem
    assert "zone1" in found.problem
