# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of C(traffic_sample) to a sample's outcome. Private to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import (
    connect,
    peer_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.sample_forecast import (
    SampleForecast,
    forecast_sample,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import clients as crowd
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import (
    pod_localities,
    post_event_state,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DRAIN,
    SCALE,
    Event,
    prepare,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    Expectation,
    expectation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.model_expectation import (
    expected,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    DEFAULT_PATTERN,
    Recognise,
    Response,
    by_jmespath,
    by_pattern,
    identify,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.run import (
    DEFAULT_KEY,
    SampleResult,
    SampleSpec,
    run_sample,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import (
    RequestCounter,
    Server,
    servers_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.versions import versions

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

Params: t.TypeAlias = t.Mapping[str, t.Any]

DEFAULT_REQUESTS = 100
INSTANCE = "instance"


class Sample:
    """A sample as the options describe it. Everything is checked before anything is sent."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self.inquiry = inquiry_from(params)
        self._recognise = recogniser_from(params["identify"] or {})
        self._cluster = connect(params)
        if params["settle_ms"] is None:
            self.inquiry = dataclasses.replace(self.inquiry, settle_ms=self._cluster.settle_ms)
        self._peers = [connect(peer_options(params, peer)) for peer in params["peers"] or []]
        by_name = {cluster.name: cluster for cluster in (*self._peers, self._cluster)}
        self._targets = {event: self._target(event, by_name) for event in self.inquiry.events}
        self._clients = self._find_clients()
        self._servers = self._find_servers(by_name)
        if _from_forecast(params["expect"]):
            found = self._forecast()
            self.inquiry = dataclasses.replace(
                self.inquiry,
                expect=expected(params["expect"], found),
                forecast=found.document,
            )

    def run(self) -> SampleResult:
        """Sends the sample."""
        known = self._places()

        def name(records: list[Record]) -> list[Response]:
            # an event may have replaced pods: both the old and the new ones answered
            now = self._places() if self.inquiry.events else {}
            return identify(records, self._recognise, {**known, **now})

        meter = RequestCounter(self._servers)
        outcome = run_sample(
            self.inquiry,
            lambda plan, progress: crowd.send(self._cluster, self._clients, plan, progress),
            name,
            lambda event: prepare(self._targets[event], event),
            meter.counts if self._servers else dict,
        )
        outcome.served_by = meter.counters
        outcome.versions = versions(self._cluster, self._clients[0])
        return outcome

    def _forecast(self) -> SampleForecast:
        """Compute what the model expects once all events are done."""
        plan, options = self.inquiry.plan, self._params["expect"]
        by = options.get("by") or DEFAULT_KEY
        if by == INSTANCE and any(map(post_event_state.makes_pods, self.inquiry.events)):
            raise InvalidInput(
                "expect.from_forecast: the names of pods that an event is yet to make are unknown; "
                "tell answers apart by another name than instance"
            )
        return forecast_sample(
            (self._cluster, *self._peers),
            self._clients[0],
            (plan.host, plan.port),
            by,
            post_event_state.drained(
                self._cluster.name, options.get("drained") or (), self.inquiry.events
            ),
            sizes=post_event_state.sizes(self._cluster.name, self.inquiry.events),
            drains=any(event.action == DRAIN for event in self.inquiry.events),
        )

    def _find_clients(self) -> list[PodRef]:
        namespace, workload = self._params["namespace"], self._params["workload"]
        clients = crowd.choose(
            self._cluster.pods(namespace, workload),
            self._params["clients"],
            f"{namespace}/{workload}",
            alike=_from_forecast(self._params["expect"]),
        )
        # refuses what cannot be divided before anything is sent
        crowd.divide(self.inquiry.plan, len(clients))
        return clients

    def _find_servers(self, by_name: t.Mapping[str, Cluster]) -> list[Server]:
        found: list[Server] = []
        for each in self._params["servers"] or []:
            if self.inquiry.events:
                raise InvalidInput(
                    "servers: they count all requests, and with events only some are judged;"
                    " leave one of both out"
                )
            if (self._params["expect"] or {}).get("count_errors_as"):
                raise InvalidInput(
                    "expect.count_errors_as: the servers count what reaches them, failed or not;"
                    " leave it or servers out"
                )
            cluster = by_name.get(each.get("cluster") or self._cluster.name)
            if cluster is None:
                raise InvalidInput(
                    f"servers: cluster '{each['cluster']}' is neither the client's nor one of peers"
                )
            found += servers_of(cluster, each["namespace"], each["workload"])
        return found

    def _target(self, event: Event, by_name: t.Mapping[str, Cluster]) -> Cluster:
        cluster = by_name.get(event.cluster) if event.cluster else self._cluster
        if cluster is None:
            raise InvalidInput(
                f"events: cluster '{event.cluster}' is neither the client's nor one of peers"
            )
        for workload in event.workloads:
            # raises NotFound for a workload that does not exist
            pods = cluster.pods(event.namespace, workload)
            if not pods and event.action != SCALE:
                raise NotFound(f"events: {event.namespace}/{workload} has no pod to {event.action}")
        return cluster

    def _places(self) -> dict[str, dict[str, str]]:
        if self.inquiry.key not in (pod_localities.LOCALITY, pod_localities.CLUSTER):
            return {}
        return pod_localities.places([self._cluster, *self._peers])


def inquiry_from(params: Params) -> SampleSpec:
    """What is to be sent, done and judged; raises InvalidInput."""
    requests = params["requests"]
    if requests is None and params["duration"] is None:
        requests = DEFAULT_REQUESTS
    plan = LoadProfile(
        url=params["url"],
        method=params["method"],
        headers={str(name): str(value) for name, value in (params["headers"] or {}).items()},
        requests=requests,
        duration_s=params["duration"],
        concurrency=params["concurrency"],
        rate=params["rate"],
        keepalive=params["keepalive"],
        timeout_s=params["timeout"],
    )
    for name in ("settle_ms", "timeline_ms"):
        if params[name] is not None and params[name] < 0:
            raise InvalidInput(f"{name}: {params[name]} must be 0 or more")
    return SampleSpec(
        plan=plan,
        expect=_stated(params["expect"]),
        events=tuple(_event(event) for event in params["events"] or []),
        settle_ms=params["settle_ms"] or 0.0,
        timeline_ms=params["timeline_ms"],
        clients=params["clients"],
    )


def _stated(options: Params | None) -> Expectation | None:
    """What the user says by himself; what the model is asked for comes later."""
    if not options or _from_forecast(options):
        return None
    if not options.get("shares") and not options.get("failed"):
        raise InvalidInput("expect: give the expected shares, or set from_forecast")
    return expectation(options)


def _from_forecast(options: Params | None) -> bool:
    return bool(options and options.get("from_forecast"))


def recogniser_from(options: Params) -> Recognise:
    """How answers are told apart; raises InvalidInput."""
    if options.get("jmespath"):
        return by_jmespath(options["jmespath"])
    return by_pattern(options.get("pattern") or DEFAULT_PATTERN)


def _event(options: Params) -> Event:
    return Event(
        action=options["action"],
        namespace=options["namespace"],
        workloads=tuple(options["workloads"]),
        name=options.get("name") or "",
        cluster=options.get("cluster") or "",
        at=options.get("at") or 0,
        after_ms=options.get("after_ms") or 0.0,
        replicas=options.get("replicas"),
    )
