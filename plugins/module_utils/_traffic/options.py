# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of traffic_sample, read and checked as far as no cluster is needed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import WorkloadRef
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import ProxyModel
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_watch import (
    UnchangedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import Event, check_due
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    Expectation,
    check_enough,
    expectation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    HELLOWORLD,
    Identify,
    by_jmespath,
    by_pattern,
)

Params: t.TypeAlias = t.Mapping[str, t.Any]

DEFAULT_KEY = "version"
DEFAULT_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """A sample to send and to judge. The profile's length is that of the judged part."""

    profile: LoadProfile
    expect: Expectation | None = None
    events: tuple[Event, ...] = ()
    # None: as fits the cluster
    settle_ms: float | None = None
    # None: as fits the sample's length
    timeline_ms: float | None = None
    # workloads that were drained before
    drained: tuple[WorkloadRef, ...] = ()
    # pods that send
    clients: int = 1
    identify: Identify = HELLOWORLD
    # what an earlier sample of the same clients has seen
    unchanged: UnchangedEndpoints | None = None
    # the forecast of the client and the service, as plain data
    forecast: t.Mapping[str, t.Any] = field(default_factory=dict)
    # the client's sidecar as the forecast knows it
    proxy: ProxyModel | None = None

    def __post_init__(self) -> None:
        if self.expect and self.profile.requests is not None:
            check_enough(self.expect, self.profile.requests)
        check_due(self.events, self.profile.requests)

    @property
    def key(self) -> str:
        """The name by which answers are told apart."""
        return self.expect.by if self.expect else DEFAULT_KEY


def parse_options(params: Params) -> SampleSpec:
    """Return the sample that the options describe; raises InvalidInput.

    An expectation from a forecast is not part of it yet.
    """
    requests = params["requests"]
    if requests is None and params["duration"] is None:
        requests = DEFAULT_REQUESTS
    for name in ("settle_ms", "timeline_ms"):
        if params[name] is not None and params[name] < 0:
            raise InvalidInput(f"{name}: {params[name]} must be 0 or more")
    return SampleSpec(
        profile=LoadProfile(
            url=params["url"],
            method=params["method"],
            headers={str(name): str(value) for name, value in (params["headers"] or {}).items()},
            requests=requests,
            duration_s=params["duration"],
            concurrency=params["concurrency"],
            rate=params["rate"],
            keepalive=params["keepalive"],
            timeout_s=params["timeout"],
        ),
        expect=_statement(params["expect"]),
        events=tuple(parse_event(event) for event in params["events"] or []),
        settle_ms=params["settle_ms"],
        drained=tuple(_workload(each) for each in (params["expect"] or {}).get("drained") or ()),
        timeline_ms=params["timeline_ms"],
        clients=params["clients"],
        identify=parse_identify(params["identify"] or {}),
        unchanged=_unchanged(params["unchanged"]),
    )


def _unchanged(options: Params | None) -> UnchangedEndpoints | None:
    return UnchangedEndpoints(options["state"], options["since"]) if options else None


def wants_forecast(expect: Params | None) -> bool:
    """Whether the expected shares are to be computed."""
    return bool(expect and expect.get("from_forecast"))


def _statement(expect: Params | None) -> Expectation | None:
    if not expect or wants_forecast(expect):
        return None
    if not expect.get("shares") and not expect.get("failed"):
        raise InvalidInput("expect: give the expected shares, or set from_forecast")
    return expectation(expect)


def parse_identify(options: Params) -> Identify:
    """Return how answers are identified; raises InvalidInput."""
    if options.get("jmespath"):
        return by_jmespath(options["jmespath"])
    return by_pattern(options["pattern"]) if options.get("pattern") else HELLOWORLD


def _workload(options: Params) -> WorkloadRef:
    return WorkloadRef(options["namespace"], options["workload"], options.get("cluster") or "")


def parse_event(options: Params) -> Event:
    """Return an event; raises InvalidInput for one that cannot be."""
    return Event(
        action=options["action"],
        namespace=options.get("namespace") or "",
        workloads=tuple(options.get("workloads") or ()),
        name=options.get("name") or "",
        cluster=options.get("cluster") or "",
        zone=options.get("zone") or "",
        node=options.get("node") or "",
        gateway=bool(options.get("gateway")),
        at=int(options.get("at") or 0),
        after_ms=float(options.get("after_ms") or 0),
        together=bool(options.get("together")),
        replicas=None if options.get("replicas") is None else int(options["replicas"]),
        percent=int(options.get("percent") or 100),
        status=int(options.get("status") or 503),
        delay_ms=int(options.get("delay_ms") or 0),
        for_ms=None if options.get("for_ms") is None else float(options["for_ms"]),
        kept=options.get("kept") is not False,
    )
