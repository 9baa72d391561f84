# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters and endpoints, as Envoy's admin interface reports them."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    DOMAIN_SUFFIX,
    SERVICE_SUFFIX,
)

_OUTBOUND = "outbound"
_Object: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A service port or a subset of it, for which Istio generates a cluster."""

    host: str
    port: int
    subset: str = ""

    @classmethod
    def parse(cls, cluster: str) -> ServicePort | None:
        """Parse a cluster's name; return None for a cluster that belongs to no service port."""
        parts = cluster.split("|")
        if len(parts) != 4 or parts[0] != _OUTBOUND or not parts[1].isdigit():
            return None
        return cls(parts[3], int(parts[1]), parts[2])


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """The present state of one endpoint in a proxy."""

    cluster: str
    service: ServicePort
    address: str
    port: int
    region: str
    zone: str
    subzone: str
    priority: int
    weight: int
    health: str
    reasons: tuple[str, ...]
    requests: int
    errors: int
    connections: int
    failed_connections: int


@dataclass(frozen=True, slots=True)
class ClusterFilter:
    """A selection of clusters."""

    # any of these names; none: all hosts
    hosts: tuple[str, ...] = ()
    port: int | None = None
    subset: str | None = None

    def matches(self, service: ServicePort) -> bool:
        return (
            (not self.hosts or service.host in self.hosts)
            and self.port in (None, service.port)
            and self.subset in (None, service.subset)
        )


def full_names(host: str, namespace: str) -> tuple[str, ...]:
    """Return the names that ``host`` may be an abbreviation of, for a client in ``namespace``."""
    return (
        host,
        f"{host}.{namespace}.{SERVICE_SUFFIX}",
        f"{host}.{SERVICE_SUFFIX}",
        f"{host}.{DOMAIN_SUFFIX}",
    )


def admin_path(cluster_filter: ClusterFilter) -> str:
    """Return the admin interface's path for the selection, which old versions of Envoy ignore."""
    port = "[0-9]+" if cluster_filter.port is None else str(cluster_filter.port)
    subset = "[^|]*" if cluster_filter.subset is None else re.escape(cluster_filter.subset)
    hosts = "|".join(re.escape(host) for host in cluster_filter.hosts) or ".*"
    pattern = rf"^{_OUTBOUND}\|{port}\|{subset}\|({hosts})$"
    return f"/clusters?format=json&filter={quote(pattern, safe='')}"


def parse(text: str, cluster_filter: ClusterFilter) -> list[EndpointStatus]:
    """Parse a response to ``admin_path``: endpoints by cluster, priority and locality.

    Raise MeshError for a response of another form.
    """
    endpoints = []
    for cluster in _statuses(text):
        service = ServicePort.parse(cluster["name"])
        if service is not None and cluster_filter.matches(service):
            endpoints += [
                _endpoint(cluster["name"], service, host)
                for host in cluster.get("host_statuses") or []
            ]
    return _sorted(endpoints)


def parse_cluster(text: str, name: str) -> list[EndpointStatus]:
    """Parse a response of ``/clusters``: the endpoints of the cluster ``name``.

    A gateway's clusters are named by their server names. Raise MeshError for a response of another
    form.
    """
    service = ServicePort.parse(name) or ServicePort(name, 0)
    return _sorted(
        _endpoint(name, service, host)
        for cluster in _statuses(text)
        if cluster["name"] == name
        for host in cluster.get("host_statuses") or []
    )


def _statuses(text: str) -> list[_Object]:
    try:
        return json.loads(text).get("cluster_statuses") or []
    except (ValueError, AttributeError) as exc:
        raise MeshError(f"the proxy's list of clusters is not readable: {text[:200]!r}") from exc


def _sorted(endpoints: t.Iterable[EndpointStatus]) -> list[EndpointStatus]:
    return sorted(
        endpoints,
        key=lambda e: (e.cluster, e.priority, e.region, e.zone, e.subzone, e.address, e.port),
    )


def _endpoint(cluster: str, service: ServicePort, host: _Object) -> EndpointStatus:
    address, port = _address(host.get("address") or {})
    locality = host.get("locality") or {}
    counters = {stat["name"]: int(stat.get("value", 0)) for stat in host.get("stats") or []}
    health, reasons = _health(host.get("health_status") or {})
    return EndpointStatus(
        cluster=cluster,
        service=service,
        address=address,
        port=port,
        region=locality.get("region", ""),
        zone=locality.get("zone", ""),
        subzone=locality.get("sub_zone", ""),
        priority=int(host.get("priority", 0)),
        weight=int(host.get("weight", 1)),
        health=health,
        reasons=reasons,
        requests=counters.get("rq_total", 0),
        errors=counters.get("rq_error", 0),
        connections=counters.get("cx_total", 0),
        failed_connections=counters.get("cx_connect_fail", 0),
    )


def _address(address: _Object) -> tuple[str, int]:
    if "socket_address" in address:
        socket_address = address["socket_address"]
        return socket_address.get("address", ""), int(socket_address.get("port_value", 0))
    if "pipe" in address:
        return address["pipe"].get("path", ""), 0
    internal = address.get("envoy_internal_address") or {}
    # a listener inside of the proxy; the endpoint's own address is its identifier
    return internal.get("endpoint_id") or internal.get("server_listener_name", ""), 0


def _health(status: _Object) -> tuple[str, tuple[str, ...]]:
    """Return an endpoint's health and all of Envoy's reasons for it."""
    reported = status.get("eds_health_status", "HEALTHY")
    reasons = [] if reported in ("HEALTHY", "UNKNOWN") else [f"eds_{reported.lower()}"]
    reasons += [name for name, value in status.items() if value is True]
    if reported in ("UNHEALTHY", "TIMEOUT") or "failed_active_health_check" in reasons:
        return "unhealthy", tuple(reasons)
    if reported == "DRAINING":
        return "draining", tuple(reasons)
    if "failed_outlier_check" in reasons:
        return "ejected", tuple(reasons)
    if reported == "DEGRADED" or "failed_active_degraded_check" in reasons:
        return "degraded", tuple(reasons)
    return "healthy", tuple(reasons)
