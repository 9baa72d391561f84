# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may change a forecast and is no part of it: kinds and fields that are not modelled, and what is refused."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.neighbourhood import (
    concerned_services,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    NotConsidered,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.refused import Refused
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    full_host,
    host_matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    labels_of,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import Service
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    describe,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources import kinds
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.clusters import Clusters

# they change what clients send; all others look at what servers take
_OF_CLIENTS = frozenset({"EnvoyFilter", "WasmPlugin"})
_NETWORK_POLICIES = frozenset(
    {"NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "AdminNetworkPolicy"}
)
_ROUTES = frozenset({"TCPRoute", "TLSRoute"})
_IMPORTS = frozenset({"ServiceExport", "ServiceImport"})
_MODE, _WAYPOINT, _AMBIENT = "istio.io/dataplane-mode", "istio.io/use-waypoint", "ambient"
_LIMITS = {
    "tcp": ("maxConnections",),
    "http": ("http1MaxPendingRequests", "http2MaxRequests", "maxRetries"),
}
# the namespace and the labels of a client
ClientLabels: t.TypeAlias = tuple[str, t.Mapping[str, str]]


class NotConsideredFinder:
    """Finds what touches forecasts of some clusters and is not considered in them."""

    def __init__(self, clusters: Clusters, refused: Refused) -> None:
        self._unmodelled = {name: content.unmodelled for name, content in clusters.items()}
        self._misshapen = {name: content.misshapen for name, content in clusters.items()}
        self._refused = refused

    def of(
        self, forecast: ServiceForecast, clients: t.Iterable[str], whole: AnalysisContext
    ) -> tuple[NotConsidered, ...]:
        """Return what touches one forecast.

        ``clients`` are the pods, called ``namespace/name``, of which the forecast is; the ``whole``
        has the objects that are refused, too.
        """
        found = [
            *self._refusals(forecast, whole),
            *self._objects(forecast, _client_labels(forecast, clients, whole)),
            *_ambient(forecast, whole),
            *_limits(forecast),
            *_networks(forecast, whole),
        ]
        return tuple(dict.fromkeys(found))

    def _refusals(
        self, forecast: ServiceForecast, whole: AnalysisContext
    ) -> t.Iterator[NotConsidered]:
        cluster = forecast.client.cluster
        hosts = {each.host for each in _services(forecast)}
        for title, reason in self._refused.get(cluster, {}).items():
            if any(each.host in hosts for each in concerned_services(whole, title)):
                yield NotConsidered(title, f"is refused: {reason}")
        for obj in self._misshapen[cluster]:
            if _is_for(obj, _services(forecast)):
                yield NotConsidered(describe(obj), "has a value of a wrong type, and is refused")

    def _objects(
        self, forecast: ServiceForecast, clients: t.Collection[ClientLabels]
    ) -> t.Iterator[NotConsidered]:
        for cluster, objects in self._unmodelled.items():
            for obj in objects:
                if _touches(obj, cluster, forecast, clients):
                    yield NotConsidered(describe(obj), kinds.UNMODELLED[obj["kind"]])


def _client_labels(
    forecast: ServiceForecast, clients: t.Iterable[str], whole: AnalysisContext
) -> list[ClientLabels]:
    """The namespaces and labels of the clients, or of the one that is only described."""
    pods = [whole.topology.pod(forecast.client.cluster, each) for each in clients]
    found = [(namespace_of(pod), labels_of(pod)) for pod in pods if pod is not None]
    proxy = forecast.client.proxy
    return found or [(proxy.namespace, proxy.client.labels)]


def _services(forecast: ServiceForecast) -> list[Service]:
    """The service that the client asks for, and the one that a route leads to."""
    asked = [forecast.via.asked.service] if forecast.via else []
    return [*asked, forecast.target.service]


def _is_for(obj: KubernetesObject, services: t.Sequence[Service]) -> bool:
    """Is an object, of which any value may have a wrong type, about one of the services?"""
    namespace = str(obj["metadata"].get("namespace") or "default")
    spec = obj.get("spec")
    written = spec.get("host") or spec.get("hosts") if isinstance(spec, dict) else None
    hosts = written if isinstance(written, list) else [written]
    named = [full_host(each, namespace) for each in hosts if isinstance(each, str)]
    if named:
        return any(host_matches(each, service.host) for each in named for service in services)
    name = obj["metadata"].get("name")
    if obj["kind"] == "Service":
        return any((each.namespace, each.name) == (namespace, name) for each in services)
    return obj["kind"] in well_known.CLUSTER_SCOPED or any(
        each.namespace == namespace for each in services
    )


def _touches(
    obj: KubernetesObject,
    cluster: str,
    forecast: ServiceForecast,
    clients: t.Iterable[ClientLabels],
) -> bool:
    """May the object decide about requests of the clients, or about what a server takes of them?"""
    kind, spec = obj["kind"], spec_of(obj)
    if kind in _ROUTES:
        return _routes(obj, forecast)
    if kind in _IMPORTS:
        names = {(each.namespace, each.name) for each in _services(forecast)}
        return (namespace_of(obj), name_of(obj)) in names
    selector = spec.get("workloadSelector") or spec.get("selector") or {}
    wanted = selector.get("labels") or selector.get("matchLabels") or {}
    if kind in _NETWORK_POLICIES:
        pods = spec.get("podSelector") or spec.get("endpointSelector") or {}
        wanted = pods.get("matchLabels") or {}
    everywhere = not namespace_of(obj) or (
        kind not in _NETWORK_POLICIES and namespace_of(obj) == well_known.ROOT_NAMESPACE
    )
    of_client = kind in _OF_CLIENTS or kind in _NETWORK_POLICIES
    if of_client and cluster == forecast.client.cluster:
        for namespace, labels in clients:
            if (everywhere or namespace_of(obj) == namespace) and matches_labels(wanted, labels):
                return True
    return any(
        each.cluster == cluster
        and (everywhere or namespace_of(obj) == each.namespace)
        and matches_labels(wanted, each.labels)
        for each in forecast.destinations
    )


def _routes(obj: KubernetesObject, forecast: ServiceForecast) -> bool:
    for parent in spec_of(obj).get("parentRefs") or ():
        namespace = parent.get("namespace") or namespace_of(obj)
        if parent.get("kind") == "Service":
            names = {(each.namespace, each.name) for each in _services(forecast)}
            if (namespace, parent.get("name")) in names:
                return True
        elif forecast.client.proxy.gateway and namespace == forecast.client.proxy.namespace:
            return True
    return False


def _ambient(forecast: ServiceForecast, whole: AnalysisContext) -> t.Iterator[NotConsidered]:
    """Waypoints on the way, and endpoints in ambient mode."""
    for service in _services(forecast):
        own = whole.local.get("Service", service.name, service.namespace)
        space = whole.local.get("Namespace", service.namespace)
        for obj in filter(None, (own, space)):
            waypoint = labels_of(obj).get(_WAYPOINT)
            if waypoint and waypoint != "none":
                yield NotConsidered(
                    describe(obj),
                    f"sends requests through waypoint {waypoint}, whose routes and policies decide",
                )
        if space is not None and labels_of(space).get(_MODE) == _AMBIENT:
            yield NotConsidered(describe(space), "puts pods without a sidecar into ambient mode")


def _networks(forecast: ServiceForecast, whole: AnalysisContext) -> t.Iterator[NotConsidered]:
    """Other networks that no gateway leads to: their pods may be out of reach."""
    own = forecast.client.proxy.client.network
    known = {gateway.network for gateway in whole.view.network_gateways}
    for group in forecast.outbound.assignment.groups:
        for each in group.endpoints:
            if not each.network or each.network in {own, *known}:
                continue
            # an imagined client may be on any network of its own cluster
            is_foreign = own or each.cluster != forecast.client.cluster
            if is_foreign and whole.topology.pod(each.cluster, each.name) is not None:
                yield NotConsidered(
                    f"network {each.network}", "no gateway leads to: it is taken to be within reach"
                )


def _limits(forecast: ServiceForecast) -> t.Iterator[NotConsidered]:
    """Limits of a connection pool: what is beyond them fails, and how much is sent at a time is not known."""
    rule = forecast.outbound.rules.effective
    pool = forecast.outbound.policy.connection_pool
    for part, names in _LIMITS.items():
        for name in names:
            if rule and (pool.get(part) or {}).get(name):
                yield NotConsidered(
                    f"DestinationRule {rule.name} connectionPool.{part}.{name}",
                    "lets requests fail where more are on their way at a time",
                )
