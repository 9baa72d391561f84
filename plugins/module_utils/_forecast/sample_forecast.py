# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast of a sample: shares by one name."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import (
    Scaled,
    WorkloadRef,
    drained,
    scaled,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import (
    Destination,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.effective_shares import (
    address_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.observed_sidecars import (
    destination_pods,
    observe_sidecars,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import (
    ProxyModel,
    proxy_model,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_target,
    plain_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    CONNECTION,
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.snapshot import read_objects
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ServiceTarget,
    client_of,
    find_port,
    find_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import reasons
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import (
    PodKey,
    Topology,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    PASSTHROUGH,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import RANDOM

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

_KEPT = (
    "a workload that is drained while requests flow goes on serving on the connections that it has; "
    "with connectionPool.http.maxRequestsPerConnection 1 it has none"
)
_FAILING = (
    "{} answers with errors and the client ejects it not, or not surely: such answers are not tried"
    " again, so what part of the requests fails depends on where each one goes"
)
_TOO_LATE = (
    "{} neither answers nor refuses, and the client ejects it not: it gives up after {} s, before its"
    " sidecar does by connectTimeout, after {} s, so what is sent there fails. Let the rule's"
    " connectionPool.tcp.connectTimeout be shorter than the client's timeout"
)
# names that only a pod has, no mere address
_OF_PODS = frozenset({"instance", "locality", "cluster"})


@dataclass(frozen=True, slots=True)
class SampleForecast:
    """Expected shares by name, adding up to 1; or ``problem`` says why there are none."""

    shares: t.Mapping[str, float]
    # exact or random
    model: str = ""
    # the part of all requests that fails
    failed: float = 0.0
    because: tuple[str, ...] = ()
    problem: str = ""
    # the whole forecast as plain data; empty where the service or the client is unknown
    document: t.Mapping[str, t.Any] = field(default_factory=dict)
    # the client's sidecar before any event; None where requests have several destinations
    proxy: ProxyModel | None = None


def forecast_sample(
    clusters: t.Sequence[Cluster],
    client: PodRef,
    target: tuple[str, int],
    by: str,
    down: t.Iterable[WorkloadRef] = (),
    *,
    restored: t.Iterable[WorkloadRef] = (),
    sizes: t.Iterable[Scaled] = (),
    drains: bool = False,
    failing: t.Iterable[WorkloadRef] = (),
    silent: t.Iterable[WorkloadRef] = (),
    timeout_s: float = math.inf,
    path: str = "/",
) -> SampleForecast:
    """Forecast requests to a host and port from a pod of the first cluster; ``down`` is drained.

    What else refuses requests now is asked of the sidecars; ``restored`` will serve again.
    ``sizes``: Deployments with another number of pods than they have.
    ``drains``: something is drained while requests flow. ``path``: what the requests GET.
    ``failing``: workloads that answer every request with an error. ``silent``: those of ``down`` that
    do not even refuse connections. ``timeout_s``: how long the client waits for an answer, in seconds.
    """
    local = clusters[0].name
    objects = {cluster.name: read_objects(cluster) for cluster in clusters}
    try:
        resized = scaled(objects, local, sizes)
        errors = drained(resized, local, failing)
        # once they are ejected they are asked no more often than what refuses
        stated = drained(resized, local, down) | errors
        planned = _forecast(Topology(resized, stated), local, client, target, path)
        observed = observe_sidecars(clusters, objects, destination_pods(planned))
        refusing = observed.refusing - drained(objects, local, restored)
        forecast = planned
        if refusing - stated:
            forecast = _forecast(Topology(resized, stated | refusing), local, client, target, path)
        proxy = _proxy(Topology(objects, observed.refusing), local, client, target, path)
    except MeshError as exc:
        return SampleForecast({}, problem=str(exc))
    found = from_forecasts(forecast, by)
    if left := sorted(name for each in forecast for name in _not_ejected(each, errors)):
        found = SampleForecast({}, problem=_FAILING.format(", ".join(dict.fromkeys(left))))
    mute = drained(resized, local, silent)
    if late := next((why for each in forecast if (why := _too_late(each, mute, timeout_s))), ""):
        found = SampleForecast({}, problem=late)
    if observed.doubt:
        found = replace(found, because=(*found.because, observed.doubt))
    if drains and not all(each.outbound.one_request_a_connection for each in forecast):
        found = SampleForecast({}, problem=_KEPT)
    return replace(found, document=as_dict(forecast[0], (by,)), proxy=proxy)


def _proxy(
    topology: Topology, local: str, client: PodRef, target: tuple[str, int], path: str
) -> ProxyModel | None:
    """Return the client's sidecar as it is before the events."""
    forecasts = _forecast(topology, local, client, target, path)
    return proxy_model(topology, forecasts[0]) if len(forecasts) == 1 else None


def _forecast(
    topology: Topology, local: str, client: PodRef, target: tuple[str, int], path: str
) -> list[ServiceForecast]:
    """Return the forecasts of the route that the sample's requests take."""
    pod = topology.pod(local, f"{client.namespace}/{client.name}")
    if pod is None:
        raise NotFound(f"pod {client.namespace}/{client.name} is gone")
    proxy = client_of(topology, local, pod)
    service = find_service(topology.view(local), target[0], proxy.proxy)
    asked = ServiceTarget(service, find_port(service, target[1]))
    found = plain_request(forecast_target(topology, proxy, asked), path)
    if not found:
        raise NotFound(f"no route of {service.host} takes a GET of {path}: it is answered with 404")
    return found


def from_forecasts(forecasts: t.Sequence[ServiceForecast], by: str) -> SampleForecast:
    """Reduce the forecasts of a route's destinations to the shares by one name."""
    parts = [(each.via.share if each.via else 1.0, each) for each in forecasts]
    if len(parts) == 1:
        return from_service_forecast(parts[0][1], by)
    found = [(share, from_service_forecast(each, by)) for share, each in parts]
    failed = sum(share * each.failed for share, each in found)
    because = tuple(dict.fromkeys(why for _share, each in found for why in each.because))
    # a destination that loses everything is no reason for having no answer
    problem = next((each.problem for _share, each in found if each.problem and each.failed < 1), "")
    if problem or failed >= 1:
        return SampleForecast({}, failed=failed, because=because, problem=problem or because[-1])
    shares: dict[str, float] = {}
    for share, each in found:
        for name, own in each.shares.items():
            part = share * own * (1 - each.failed) / (1 - failed)
            shares[name] = shares.get(name, 0.0) + part
    return SampleForecast(shares, RANDOM, failed, because)


def from_service_forecast(forecast: ServiceForecast, by: str) -> SampleForecast:
    """Reduce a service's forecast to the shares by one name."""
    why = (*reasons(forecast), *forecast.effective.reasons, *forecast.answers.reasons)
    if forecast.lost >= 1:
        return SampleForecast(
            {}, failed=1.0, because=why, problem=f"every request fails: {why[-1]}"
        )
    problem = _problem(forecast, by)
    if problem:
        return SampleForecast({}, because=why, problem=problem)
    shares: dict[str, float] = {}
    for destination in forecast.destinations:
        name = _name(destination, by)
        if name is not None:
            shares[name] = shares.get(name, 0.0) + destination.share / (1 - forecast.lost)
    return SampleForecast(shares, forecast.model(by), forecast.lost, why)


def _not_ejected(forecast: ServiceForecast, failing: frozenset[PodKey]) -> t.Iterator[str]:
    """Yield the failing pods that the client may go on asking, also behind gateways."""
    ejected = forecast.effective.ejected
    for group in forecast.outbound.assignment.groups:
        for endpoint in group.endpoints:
            namespace, _slash, name = endpoint.name.partition("/")
            known = (endpoint.cluster, namespace, name) in failing
            if known and address_of(endpoint) not in ejected:
                yield name
    for each in forecast.destinations:
        known = (each.cluster, each.namespace, each.name) in failing
        if each.via and known and each.endpoint not in ejected:
            yield each.name


def _too_late(forecast: ServiceForecast, silent: frozenset[PodKey], timeout_s: float) -> str:
    """Return why silent pods stay in: the client gives up before its sidecar does."""
    limit = durations.seconds(forecast.outbound.policy.connect_timeout)
    names = list(_not_ejected(forecast, silent))
    if not names or limit < timeout_s:
        return ""
    return _TOO_LATE.format(", ".join(dict.fromkeys(names)), f"{timeout_s:g}", f"{limit:g}")


def _name(destination: Destination, by: str) -> str | None:
    return destination.value(by) if destination.pod or by not in _OF_PODS else None


def _problem(forecast: ServiceForecast, by: str) -> str:
    if forecast.via and forecast.via.route.own_answer:
        return f"the client's proxy answers itself: {forecast.via.route.own_answer}"
    if forecast.outbound.assignment.load_balancer == PASSTHROUGH:
        return "each client connects to an address of its choice, which no share predicts"
    if forecast.outbound.assignment.nondeterministic:
        return "keys of the rule overlap, so istiod answers differently from push to push"
    if forecast.outbound.assignment.zone_aware:
        return "zone-aware routing depends on where all clients are, which is not modelled"
    busy = [destination for destination in forecast.destinations if destination.share]
    unnamed = sorted({destination.workload for destination in busy if not _name(destination, by)})
    if unnamed:
        return (
            f"{', '.join(unnamed)}: no {by} is known, by which to tell answers apart; name the "
            "cluster behind a gateway in peers, or tell answers apart by another name"
        )
    if (
        len({_name(destination, by) for destination in busy}) > 1
        and forecast.model(by) == CONNECTION
    ):
        return (
            "a gateway chooses once for each connection, so nothing can be said about requests; "
            "with connectionPool.http.maxRequestsPerConnection 1 each has its own connection"
        )
    return ""
