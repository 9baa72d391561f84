# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import itertools
import time
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import event_scheduler
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_watch import (
    EndpointWatch,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_actions import (
    PreparedEvent,
    prepare,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_scheduler import (
    EventScheduler,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    Event,
    EventRecord,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import expectation
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import SampleSpec
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.participants import (
    Participants,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.phases import (
    failover_ms,
    split,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    HELLOWORLD,
    identify_responses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.run import run_sample

URL = "http://helloworld.sample:5000/hello"


def drain(zone, **options):
    return Event(action="drain", namespace="sample", workloads=(f"helloworld-{zone}",), **options)


def hello(zone):
    return f"Hello version: {zone}, instance: helloworld-{zone}-1"


class Mesh:
    """Answers by the first zone that is not drained, in a time of its own."""

    has_faults = False

    counts_updates = False

    def __init__(self, zones=("zone1", "zone2", "zone3"), errors_after_drain=0):
        self.name = "east"
        self.zones = list(zones)
        self.failing = 0
        self.errors_after_drain = errors_after_drain

    def pods(self, namespace, workload):
        return [PodRef(namespace, f"{workload}-1")]

    def objects(self, kind):
        return []

    def proxy_log(self, pod, lines):
        return ""

    def replace_pod(self, pod):
        raise AssertionError(f"{pod.name} serves")

    def admin(self, pod, method, path):
        if method == "GET":
            return ""
        assert (method, path) == ("POST", "/drain_listeners")
        self.zones.remove(pod.name.removeprefix("helloworld-").removesuffix("-1"))
        self.failing = self.errors_after_drain
        return ""

    def sample(self, pod, profile, progress):
        """As a client with one connection does."""
        records = []
        origin = time.perf_counter() if profile.origin is None else profile.origin
        for number in itertools.count(1):
            if profile.stop is not None and profile.stop.is_set():
                return records
            if profile.requests is not None and number > profile.requests:
                return records
            began = time.perf_counter()
            time.sleep(0.0002)
            failing, zone = self.failing > 0, self.zones[0]
            if failing:
                self.failing -= 1
            latency = (time.perf_counter() - began) * 1000
            start = (began - origin) * 1000
            records.append(Record(start, latency, 503 if failing else 200, hello(zone)))
            progress(number)
        return records


def run(mesh, *events, settle_ms=20, requests=200, shares=None, **options):
    expect = expectation({"shares": shares, **options}) if shares or options else None
    spec = SampleSpec(
        LoadProfile(URL, requests=requests), expect, events=events, settle_ms=settle_ms
    )
    return run_sample(spec, among(mesh))


def among(mesh):
    return Participants((mesh,), (PodRef("sleep", "sleep-1"),))


def test_a_sample_without_events_is_judged_as_a_whole():
    outcome = run(Mesh(), shares={"zone1": 1})
    result = outcome.as_dict()
    assert result["judgement"]["passed"]
    assert result["requests"] == 200
    assert result["counts"]["version"] == {"zone1": 200}
    assert result["events"] == []
    assert "transition" not in result
    assert "failover_ms" not in result


def test_an_event_that_contradicts_one_that_is_still_in_force_ends_the_sample():
    events = [drain("zone1", for_ms=60_000, name="one"), drain("zone1", name="two", at=30)]
    with pytest.raises(
        InvalidInput, match="events: 'one' and 'two' are both to change the sidecars"
    ):
        run(Mesh(), *events)


def test_traffic_that_moves_while_it_flows():
    outcome = run(Mesh(), drain("zone1", at=50), shares={"zone2": 1})
    result = outcome.as_dict()
    assert outcome.verdict.passed
    assert set(result["counts"]["version"]) == {"zone2"}
    assert result["requests"] == 200
    assert set(result["before"]["counts"]) == {"zone1"}
    assert result["before"]["requests"] >= 50
    assert result["transition"]["requests"] > 0
    assert result["failover_ms"] > 0
    assert result["events"][0]["name"] == "drain helloworld-zone1"
    assert result["events"][0]["failover_ms"] == result["failover_ms"]
    surplus = outcome.phases.surplus
    assert len(surplus) <= 200 // 50 + 2
    total = sum(result[part]["requests"] for part in ("before", "transition")) + len(surplus)
    assert total + result["requests"] == len(outcome.responses)
    assert sum(bucket["requests"] for bucket in result["timeline"]) == len(outcome.responses)


def test_traffic_that_does_not_move_fails():
    outcome = run(Mesh(), drain("zone2", at=20), shares={"zone2": 1})
    assert not outcome.verdict.passed
    assert outcome.as_dict()["failover_ms"] is None


def test_errors_in_the_transition_count():
    outcome = run(Mesh(errors_after_drain=3), drain("zone1", at=20), shares={"zone2": 1})
    result = outcome.as_dict()
    assert not outcome.verdict.passed
    assert result["errors"] == 3
    assert result["transition"]["errors"] == 3
    assert "3 requests failed" in outcome.verdict.table()
    outcome = run(
        Mesh(errors_after_drain=3), drain("zone1", at=20), shares={"zone2": 1}, max_errors=3
    )
    assert outcome.verdict.passed


def test_an_outage_that_was_expected():
    mesh = Mesh(errors_after_drain=10**6)
    outcome = run(mesh, drain("zone1", at=20), requests=50, failed=1)
    result = outcome.as_dict()
    assert outcome.verdict.passed
    assert result["judgement"]["expected"] == result["judgement"]["observed"] == {"failed": 1.0}
    assert result["errors"] > 50
    assert result["failover_ms"] is None


def test_an_outage_that_did_not_last():
    mesh = Mesh(errors_after_drain=150)
    outcome = run(mesh, drain("zone1", at=20), requests=200, failed=1)
    assert not outcome.verdict.passed
    assert "zone2" in outcome.verdict.table()


def test_what_fails_before_an_expected_outage_counts():
    mesh = Mesh(errors_after_drain=10**6)
    mesh.failing = 2
    options = {"requests": 50, "failed": 1}
    verdict = run(mesh, drain("zone1", at=20), **options).verdict
    assert verdict.reasons == ["2 requests failed and 0 answers were not identified; 0 are allowed"]


def test_two_events_and_who_answers_between_them():
    outcome = run(
        Mesh(), drain("zone1", at=30), drain("zone2", at=60), shares={"zone3": 1}, settle_ms=10
    )
    result = outcome.as_dict()
    assert outcome.verdict.passed
    assert [event["workloads"] for event in result["events"]] == [
        ["helloworld-zone1"],
        ["helloworld-zone2"],
    ]
    # from the first drain to the zone where the traffic stayed
    assert result["failover_ms"] > result["events"][1]["at_ms"] - result["events"][0]["at_ms"]


def test_events_wait_for_their_time():
    outcome = run(Mesh(), drain("zone1", after_ms=40), requests=20, shares={"zone2": 1})
    assert outcome.events[0].began_ms >= 40


def test_a_judged_part_by_duration():
    spec = SampleSpec(LoadProfile(URL, duration_s=0.03), None, events=(drain("zone1", at=10),))
    outcome = run_sample(spec, among(Mesh()))
    assert outcome.phases.judged[-1].record.start_ms - outcome.phases.judged[0].record.start_ms < 60
    assert outcome.as_dict()["judgement"] is None


def test_an_event_that_fails_ends_the_sample():
    mesh = Mesh()

    def fail(pod, method, path):
        if method == "GET":
            return ""
        raise LabBroken("no such pod")

    mesh.admin = fail
    with pytest.raises(LabBroken, match="no such pod"):
        run(mesh, drain("zone1", at=5), requests=10)


def test_a_client_that_fails_ends_the_events():
    spec = SampleSpec(LoadProfile(URL, requests=1), events=(drain("zone1", at=5),))
    scheduler = EventScheduler(spec, among(Mesh()))
    with pytest.raises(LabBroken, match="no sidecar"), scheduler:
        raise LabBroken("no sidecar")
    assert scheduler.stop.is_set()
    assert scheduler.records == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"action": "shrink"}, "'shrink'"),
        ({"workloads": ()}, "names no workloads"),
        ({"at": -1}, "0 or more"),
        ({"after_ms": -1}, "0 or more"),
    ],
)
def test_events_that_cannot_be(options, message):
    with pytest.raises(InvalidInput, match=message):
        Event(**({"action": "drain", "namespace": "a", "workloads": ("b",)} | options))


class Calls:
    name = "east"
    supported_proxy_faults = ("kill", "hang", "blackhole")

    def __init__(self):
        self.calls = []

    def pods(self, namespace, workload):
        return [PodRef(namespace, f"{workload}-{number}") for number in (1, 2)]

    def admin(self, pod, method, path):
        self.calls.append(("admin", pod.name, method, path))

    def restart_sidecar(self, pod):
        self.calls.append(("restart", pod.name))

    def replace_pod(self, pod):
        self.calls.append(("replace", pod.name))

    def scale(self, namespace, workload, replicas):
        self.calls.append(("scale", namespace, workload, replicas))

    def cause_proxy_faults(self, pods, fault):
        self.calls.append((fault, *(pod.name for pod in pods)))

    def end_proxy_faults(self, pods):
        self.calls.append(("end", *(pod.name for pod in pods)))

    def wait_serving(self, namespace, workload, timeout):
        self.calls.append(("wait", namespace, workload))

    def objects(self, kind, namespace=None):
        if kind != "Deployment":
            return []
        return [
            {"metadata": {"name": name, "namespace": namespace}, "spec": {"replicas": 2}}
            for name in ("web", "api")
        ]


PODS = ["web-1", "web-2", "api-1", "api-2"]
WAITS = [("wait", "sample", "web"), ("wait", "sample", "api")]


@pytest.mark.parametrize(
    ("action", "calls"),
    [
        ("drain", [("admin", pod, "POST", "/drain_listeners") for pod in PODS]),
        ("restart", [*(("restart", pod) for pod in PODS), *WAITS]),
        ("replace", [*(("replace", pod) for pod in PODS), *WAITS]),
    ],
)
def test_what_is_done_to_the_pods(action, calls):
    cluster = Calls()
    action_of = prepare(cluster, Event(action=action, namespace="sample", workloads=("web", "api")))
    assert cluster.calls == []
    action_of.do()
    assert cluster.calls == calls


@pytest.mark.parametrize("gone", [set(), {"web-1"}, {"web-1", "web-2"}])
def test_a_delay_of_a_pod_that_is_gone_is_taken_back_already(gone):
    class Replaced(Calls):
        has_faults = True
        gone: t.ClassVar[set[str]] = set()

        def pods(self, namespace, workload):
            kept = [p for p in super().pods(namespace, workload) if p.name not in self.gone]
            return [*kept, *(PodRef(namespace, f"{name}-anew") for name in sorted(self.gone))]

        def admin(self, pod, method, path):
            if pod.name in self.gone:
                raise LabBroken("No such file or directory")
            super().admin(pod, method, path)

    cluster = Replaced()
    event = Event("delay", "sample", ("web",), delay_ms=30)
    action_of = prepare(cluster, event)
    action_of.do()
    cluster.calls.clear()
    cluster.gone = gone
    action_of.undo()
    assert [call[1] for call in cluster.calls] == sorted({"web-1", "web-2"} - gone)


@pytest.mark.parametrize("fault", ["kill", "hang", "blackhole"])
def test_a_proxy_that_is_out_of_order_is_mended_and_then_made_anew(fault):
    cluster = Calls()
    prepared = prepare(cluster, Event(fault, "sample", ("web", "api")))
    assert [pod.name for pod in prepared.pods] == PODS
    prepared.do()
    prepared.undo()
    assert cluster.calls == [(fault, *PODS), ("end", *PODS), *WAITS]
    cluster.calls.clear()
    prepared.renew()
    assert cluster.calls == [*(("replace", pod) for pod in PODS), *WAITS]


@pytest.mark.parametrize("replicas", [0, 3])
def test_all_workloads_are_scaled_before_any_is_waited_for(replicas):
    cluster = Calls()
    event = Event("scale", "sample", ("web", "api"), replicas=replicas)
    action_of = prepare(cluster, event)
    assert cluster.calls == []
    action_of.do()
    scaled = [("scale", "sample", name, replicas) for name in ("web", "api")]
    assert cluster.calls == [*scaled, *WAITS]
    assert event.title == f"scale web, api to {replicas}"
    cluster.calls.clear()
    action_of.undo()
    assert cluster.calls == [*(("scale", "sample", name, 2) for name in ("web", "api")), *WAITS]


@pytest.mark.parametrize(
    ("action", "replicas", "message"),
    [
        ("scale", None, "action scale needs replicas"),
        ("drain", 1, "replicas 1 goes with action scale, not with drain"),
        ("scale", -1, "replicas -1 must be 0 or more"),
        ("shrink", None, "'shrink' must be drain, .*, kill, hang or blackhole"),
    ],
)
def test_events_that_make_no_sense(action, replicas, message):
    with pytest.raises(InvalidInput, match=message):
        Event(action, "sample", ("web",), replicas=replicas)


@pytest.mark.parametrize("when", [{"at": -1}, {"after_ms": -1.0}])
def test_events_that_lie_in_the_past(when):
    with pytest.raises(InvalidInput, match=r"events: at -?\d and after_ms -?\d must be 0 or more"):
        Event("drain", "sample", ("web",), **when)


@pytest.mark.parametrize(
    ("requests", "most"), [(100, 10_000), (10_000, 10_000), (25_000, 25_000), (None, 10_000)]
)
def test_an_event_after_more_answers_than_a_sample_has_is_refused(requests, most):
    def sample(at):
        profile = LoadProfile(URL, requests=requests, duration_s=None if requests else 4.0)
        return SampleSpec(profile, events=(Event("drain", "sample", ("web",), at=at),))

    assert sample(most).events[0].at == most
    with pytest.raises(InvalidInput, match=f"drain web: at {most + 1} must be at most {most},"):
        sample(most + 1)


def answers_at(*zones_at):
    records = [Record(at, 1.0, 200, hello(zone)) for zone, at in zones_at]
    return identify_responses(records, HELLOWORLD)


@pytest.mark.parametrize(
    ("zones_at", "expected"),
    [
        ([("a", 1900), ("b", 2010), ("b", 3000)], 11.0),
        # answered longer than a second ago: new again
        ([("b", 500), ("a", 1900), ("b", 2010), ("b", 3000)], 11.0),
        # was there all the time
        ([("a", 1900), ("b", 1950), ("b", 2010), ("b", 3000)], None),
        # came and went
        ([("a", 1900), ("b", 2010), ("c", 2050), ("c", 3000)], 51.0),
        # under way when the event began, answered by somebody new
        ([("a", 1900), ("b", 1999.5), ("b", 3000)], 0.5),
        # nobody answered before
        ([("b", 2010), ("b", 3000)], None),
        ([("a", 1900)], None),
    ],
)
def test_failover_ms(zones_at, expected):
    answers = answers_at(*zones_at)
    phases = split(answers, [EventRecord(drain("a"), 2000.0, 2005.0)], 2500.0)
    assert failover_ms(answers, phases, 2000.0, "version") == expected


def test_split_by_the_beginning_of_the_requests():
    answers = answers_at(("a", 0), ("a", 1999.9), ("a", 2000), ("a", 2499), ("a", 2500))
    phases = split(answers, [EventRecord(drain("a"), 2000.0, 2005.0)], 2500.0)
    assert [len(part) for part in (phases.before, phases.transition, phases.judged)] == [1, 3, 1]
    assert phases.surplus == []


def test_what_is_sent_beyond_the_judged_part_is_left_out():
    answers = answers_at(("a", 0), *(("b", 3000 + number) for number in range(7)))
    phases = split(answers, [EventRecord(drain("a"), 2000.0, 2005.0)], 2500.0, requests=5)
    assert phases.judged == answers[1:6]
    assert phases.surplus == answers[6:]


def test_too_few_requests_are_refused_before_anything_is_sent():
    with pytest.raises(InvalidInput, match="send at least 15"):
        run(None, requests=14, shares={"a": 1, "b": 1, "c": 1}, model="random")


def test_the_timeline_has_about_fifty_buckets():
    mesh = Mesh()
    outcome = run(mesh, requests=300)
    assert 15 <= len(outcome.as_dict()["timeline"]) <= 51


class Log:
    """What events do and undo, in place of changes to pods."""

    def __init__(self, monkeypatch, failing=None, *, renewing=False):
        self.entries = []
        self.failing = failing
        self.renewing = renewing
        monkeypatch.setattr(event_scheduler, "prepare", self.prepare)

    def prepare(self, _cluster, event):
        name = event.name
        renew = (lambda: self.note(f"renew {name}")) if self.renewing else None
        return PreparedEvent(lambda: self.do(name), lambda: self.note(f"undo {name}"), renew=renew)

    def do(self, name):
        self.note(f"do {name}")
        if name == self.failing:
            raise LabBroken(f"{name} failed")

    def note(self, text):
        self.entries.append(text)


def test_what_is_not_kept_is_taken_back_the_last_one_first(monkeypatch):
    log = Log(monkeypatch)
    run(
        Mesh(),
        drain("zone1", name="a", kept=False),
        drain("zone2", name="b", together=True),
        drain("zone3", name="c", kept=False, together=True),
    )
    assert log.entries == ["do a", "do b", "do c", "undo c", "undo a"]


def test_an_event_for_a_time_is_taken_back_before_requests_are_judged(monkeypatch):
    log = Log(monkeypatch)
    result = run(Mesh(), drain("zone1", name="a", kept=False, for_ms=50), requests=20)
    (record,) = result.events
    assert log.entries == ["do a", "undo a"]
    assert record.undone_ms >= record.began_ms + 50
    assert result.window_ms >= record.undone_ms
    assert result.as_dict()["events"][0]["undone_ms"] == round(record.undone_ms, 3)


def test_pods_with_addresses_that_clients_ejected_are_made_anew_in_the_end(monkeypatch):
    log = Log(monkeypatch, renewing=True)
    # nothing would mend a proxy later, so it is taken back though it is to be kept
    run(Mesh(), drain("zone1", name="a", kept=True), requests=20)
    assert log.entries == ["do a", "undo a", "renew a"]


@pytest.mark.parametrize("hosts", [1, 2])
def test_the_end_of_an_ejection_is_waited_for_and_renews_nothing(monkeypatch, hosts):
    log = Log(monkeypatch, renewing=True)
    waited = []

    def wait(*asked):
        waited.append(asked[4])
        return hosts

    monkeypatch.setattr(event_scheduler, "wait_returned", wait)
    monkeypatch.setattr(event_scheduler, "MERGE_WINDOW_S", 0.2)
    result = run(Mesh(), drain("zone1", name="a", for_ms=30), requests=20)
    (record,) = result.events
    assert log.entries == ["do a", "undo a"]
    assert waited == [set()]
    assert record.undone_ms <= record.returned_ms <= result.window_ms
    # the workers are told of the second one late
    assert (result.window_ms - record.returned_ms >= 200) == (hosts > 1)


def test_several_events_happen_at_once(monkeypatch):
    Log(monkeypatch)
    waited = []
    monkeypatch.setattr(EndpointWatch, "wait", lambda *_arguments: waited.append(1))
    run(Mesh(), drain("zone1"), drain("zone2", together=True), drain("zone3"), requests=20)
    assert len(waited) == 2


def test_what_an_event_did_before_it_failed_is_taken_back(monkeypatch):
    log = Log(monkeypatch, failing="b")
    with pytest.raises(LabBroken, match="b failed"):
        run(Mesh(), drain("zone1", name="a", kept=False), drain("zone2", name="b", kept=False))
    assert log.entries == ["do a", "do b", "undo b", "undo a"]


@pytest.mark.parametrize(("failing", "undone"), [("b", ["undo b"]), (None, [])])
def test_what_is_to_be_kept_stays_unless_it_was_refused(monkeypatch, failing, undone):
    log = Log(monkeypatch, failing=failing)
    with pytest.raises(LabBroken) if failing else contextlib.nullcontext():
        run(Mesh(), drain("zone1", name="a"), drain("zone2", name="b"), requests=20)
    assert log.entries == ["do a", "do b", *undone]
