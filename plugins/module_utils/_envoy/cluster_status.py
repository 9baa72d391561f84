# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an Envoy says of the clusters that it sends to. Private to this collection."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

DOMAIN = "svc.cluster.local"

_OUTBOUND = "outbound"
_Object: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A service's port, or a subset of it: what Istio makes a cluster of."""

    host: str
    port: int
    subset: str = ""

    @classmethod
    def parse(cls, cluster: str) -> ServicePort | None:
        """From a cluster's name; None for a cluster that is not one of services."""
        parts = cluster.split("|")
        if len(parts) != 4 or parts[0] != _OUTBOUND or not parts[1].isdigit():
            return None
        return cls(parts[3], int(parts[1]), parts[2])


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """One endpoint, as a proxy sees it at this moment."""

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
    """Which of the clusters are asked for."""

    # any of these names; none: all hosts
    hosts: tuple[str, ...] = ()
    port: int | None = None
    subset: str | None = None

    def covers(self, service: ServicePort) -> bool:
        return (
            (not self.hosts or service.host in self.hosts)
            and self.port in (None, service.port)
            and self.subset in (None, service.subset)
        )


def full_names(host: str, namespace: str) -> tuple[str, ...]:
    """What a host's name may be short for, to a client in ``namespace``."""
    return (
        host,
        f"{host}.{namespace}.{DOMAIN}",
        f"{host}.{DOMAIN}",
        f"{host}.cluster.local",
    )


def admin_path(wanted: ClusterFilter) -> str:
    """The admin interface's path to what is wanted; an old Envoy gives everything."""
    port = "[0-9]+" if wanted.port is None else str(wanted.port)
    subset = "[^|]*" if wanted.subset is None else re.escape(wanted.subset)
    hosts = "|".join(re.escape(host) for host in wanted.hosts) or ".*"
    pattern = rf"^{_OUTBOUND}\|{port}\|{subset}\|({hosts})$"
    return f"/clusters?format=json&filter={quote(pattern, safe='')}"


def parse(text: str, wanted: ClusterFilter) -> list[EndpointStatus]:
    """The endpoints in an answer to ``admin_path``, by cluster, priority and locality.

    Raises MeshError for what is no such answer.
    """
    found = []
    for cluster in _statuses(text):
        service = ServicePort.parse(cluster["name"])
        if service is not None and wanted.covers(service):
            found += [
                _endpoint(cluster["name"], service, host)
                for host in cluster.get("host_statuses") or []
            ]
    return _sorted(found)


def parse_one(text: str, name: str) -> list[EndpointStatus]:
    """The endpoints of the cluster with this very name, be it a gateway's for a server name.

    Raises MeshError for what is no answer to a call of ``/clusters``.
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
    """The word for an endpoint's health, and every reason that Envoy gives against it."""
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
