# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import participants, run

URL = "http://helloworld.sample:5000/hello"
DEFAULTS = {
    "provider": "loopback",
    "lab_directory": "/lab",
    "cluster": "east",
    "kubeconfig": None,
    "context": None,
    "namespace": "sleep",
    "workload": "sleep",
    "url": URL,
    "method": "GET",
    "headers": None,
    "requests": None,
    "duration": None,
    "clients": 1,
    "concurrency": 1,
    "rate": None,
    "keepalive": True,
    "timeout": 5.0,
    "identify": None,
    "expect": None,
    "servers": None,
    "events": None,
    "settle_ms": 10.0,
    "unchanged": None,
    "timeline_ms": None,
    "peers": None,
}


class Cluster:
    """Answers with its pods in turn."""

    counts_updates = False

    def __init__(self, params):
        self.name = params["cluster"]
        self.params = params
        self.drained = []

    def objects(self, kind):
        zone = {"topology.kubernetes.io/region": self.name}
        if kind == "Node":
            return [{"metadata": {"name": "n", "labels": zone}}]
        return [{"metadata": {"name": f"web-{self.name}"}, "spec": {"nodeName": "n"}}]

    def pods(self, namespace, workload):
        return [] if workload == "gone" else [PodRef(namespace, f"{workload}-1")]

    def proxy_faults_left(self, *, mend):
        assert mend
        return []

    def proxy_log(self, pod, lines):
        return ""

    def admin(self, pod, method, path):
        if method == "GET":
            return '{"version": "abc/1.40.0/Clean/RELEASE/BoringSSL"}'
        self.drained.append((pod.namespace, pod.name, path))
        return ""

    def sample(self, pod, profile, progress):
        self.sent = (pod, profile)
        records = []
        while not (profile.stop and profile.stop.is_set()) and len(records) != profile.requests:
            body = f"Hello version: v, instance: web-{('east', 'west')[len(records) % 2]}"
            records.append(Record(len(records) / 10, 0.1, 200, body))
            progress(len(records))
        return records


@pytest.fixture
def clusters(monkeypatch):
    made = {}

    def connect(params):
        return made.setdefault(params["cluster"], Cluster(params))

    monkeypatch.setattr(participants, "connect", connect)
    return made


def prepare(**options):
    return run.prepare_sample(DEFAULTS | options)


def sample(**options):
    return run.run_sample(*prepare(**options))


def test_the_plan_is_what_the_options_say(clusters):
    sample(requests=20, concurrency=2, rate=50.0, keepalive=False, timeout=1.0, headers={"x": 1})
    pod, profile = clusters["east"].sent
    assert pod == PodRef("sleep", "sleep-1")
    assert (profile.url, profile.method, profile.headers) == (URL, "GET", {"x": "1"})
    assert (profile.requests, profile.concurrency, profile.rate) == (20, 2, 50.0)
    assert (profile.keepalive, profile.timeout_s) == (False, 1.0)


def test_a_hundred_requests_by_default(clusters):
    assert len(sample().responses) == 100
    assert prepare(duration=1.5)[0].profile.requests is None


def test_localities_of_all_clusters(clusters):
    result = sample(
        peers=[{"cluster": "west", "lab_directory": None, "context": "w"}],
        expect={"by": "locality", "shares": {"east": 1, "west": 1}, "model": "exact"},
    ).as_dict()  # fmt: skip
    assert clusters["west"].params == {
        "provider": "loopback",
        "lab_directory": "/lab",
        "cluster": "west",
        "kubeconfig": None,
        "context": "w",
    }
    assert result["judgement"]["passed"]
    assert result["counts"]["locality"] == result["counts"]["cluster"] == {"east": 50, "west": 50}


def test_pods_of_unknown_clusters_are_not_identified_by_locality(clusters):
    outcome = sample(expect={"by": "locality", "shares": {"east": 1}})
    assert not outcome.verdict.passed
    assert outcome.as_dict()["unidentified"] == 50


def test_events_reach_the_cluster_that_they_name(clusters):
    drain = {"action": "drain", "namespace": "sample", "workloads": ["web"]}
    sample(
        requests=10,
        peers=[{"cluster": "west"}],
        events=[drain | {"cluster": "west", "at": 3}, drain | {"workloads": ["here", "there"]}],
    )
    assert clusters["west"].drained == [("sample", "web-1", "/drain_listeners")]
    assert clusters["east"].drained == [
        ("sample", "here-1", "/drain_listeners"),
        ("sample", "there-1", "/drain_listeners"),
    ]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"workload": "gone"}, NotFound, "sleep/gone has no pod"),
        ({"url": "helloworld"}, InvalidInput, "url"),
        ({"requests": 5, "expect": {"shares": {"a": 1}}}, InvalidInput, "too few"),
        ({"identify": {"pattern": "x"}}, InvalidInput, "pattern"),
        ({"identify": {"jmespath": "{"}}, InvalidInput, "jmespath"),
        (
            {
                "servers": [{"namespace": "sample", "workload": "web"}],
                "expect": {"shares": {"east": 1}, "count_errors_as": "east"},
            },
            InvalidInput,
            "count_errors_as: the servers count",
        ),
        (
            {
                "servers": [{"namespace": "sample", "workload": "web"}],
                "events": [{"action": "drain", "namespace": "a", "workloads": ["b"]}],
            },
            InvalidInput,
            "servers: they count all requests",
        ),
        (
            {"servers": [{"namespace": "sample", "workload": "web", "cluster": "north"}]},
            InvalidInput,
            "servers: cluster 'north' is neither the client's nor one of peers",
        ),
        ({"settle_ms": -1.0}, InvalidInput, "settle_ms: -1"),
        ({"timeline_ms": -1.0}, InvalidInput, "timeline_ms: -1"),
        (
            {"events": [{"action": "drain", "namespace": "a", "workloads": ["b", "gone"]}]},
            NotFound,
            "a/gone has no pod to drain",
        ),
        (
            {"events": [{"action": "drain", "namespace": "a", "workloads": ["b"], "cluster": "x"}]},
            InvalidInput,
            "cluster 'x' is neither",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(clusters, options, error, message):
    with pytest.raises(error, match=message):
        prepare(**options)
    assert not any(hasattr(cluster, "sent") for cluster in clusters.values())


@pytest.mark.parametrize(
    ("count_errors_as", "of_ten", "passed"),
    [
        # east 5, west 3, and 2 that failed
        ("west", "eeeeewww..", True),
        ("east", "eeeeewww..", False),
        ("", "eeeeewww..", False),
        # who never answers has no share, whatever failed
        ("west", "eeeee.....", False),
    ],
)
def test_whose_requests_failed(clusters, count_errors_as, of_ten, passed):
    def answer(number, letter):
        body = {"e": "instance: web-east", "w": "instance: web-west"}.get(letter, "")
        return Record(number / 10, 0.1, 200 if body else 503, f"Hello version: v, {body}")

    expect = {
        "by": "cluster",
        "shares": {"east": 1, "west": 1},
        "model": "exact",
        "count_errors_as": count_errors_as,
        "max_errors": 50,
    }
    prepared = prepare(requests=100, peers=[{"cluster": "west"}], expect=expect)
    clusters["east"].sample = lambda pod, profile, progress: [
        answer(number, letter) for number, letter in enumerate(of_ten * 10)
    ]
    assert run.run_sample(*prepared).verdict.passed is passed


@pytest.mark.parametrize(("instances", "passed"), [(2, True), (3, False)])
def test_different_ones_are_counted(clusters, instances, passed):
    expect = {
        "by": "cluster",
        "shares": {"east": 1, "west": 1},
        "model": "exact",
        "distinct": {"instance": instances},
    }
    outcome = sample(peers=[{"cluster": "west"}], expect=expect)
    assert outcome.verdict.passed is passed


def test_more_clients_than_pods(clusters):
    with pytest.raises(NotFound, match="clients: 2 are to send"):
        sample(clients=2)


@pytest.mark.parametrize(
    ("limit", "counted", "passed"),
    [
        # 100 answers in time and 7 late ones; two were under way at the end, at most
        ({"duration": 1.0}, 106, False),
        ({"duration": 1.0}, 107, True),
        ({"duration": 1.0}, 109, True),
        ({"duration": 1.0}, 110, False),
        ({"requests": 100}, 100, True),
        ({"requests": 100}, 101, False),
    ],
)
def test_servers_count_what_comes_after_the_end(clusters, monkeypatch, limit, counted, passed):
    class Counter:
        counters = ("some",)

        def __init__(self, servers):
            pass

        def counts(self):
            return {"instance": {"web-east": counted}, "cluster": {"east": counted}}

    def send(pod, profile, progress):
        progress(100 if profile.requests else 107)
        return [
            Record(n / 10, 0.1, 200, "Hello version: v, instance: web-east") for n in range(100)
        ]

    monkeypatch.setattr(run, "RequestCounter", Counter)
    prepared = prepare(
        servers=[{"namespace": "sample", "workload": "web"}],
        expect={"by": "cluster", "shares": {"east": 1}},
        concurrency=2,
        **limit,
    )
    clusters["east"].sample = send
    outcome = run.run_sample(*prepared)
    assert outcome.verdict.passed is passed
    assert outcome.as_dict()["served_by"] == ["some"]
