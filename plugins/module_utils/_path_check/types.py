# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts and the results of a request's path."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
    from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.cluster_status import (
        EndpointStatus,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

# The hops of a path, in order
DNS = "dns"
ROUTE = "route"
ENDPOINTS = "endpoints"
GATEWAY = "gateway"
TLS = "tls"
SERVER = "server"
HOPS = (DNS, ROUTE, ENDPOINTS, GATEWAY, TLS, SERVER)
OK = "ok"
NOT_REACHED = "no request gets this far"


@dataclass(frozen=True, slots=True)
class Request:
    """A request. ``names`` are the full names that its host may stand for."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    names: tuple[str, ...]

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """The route of the client's sidecar for the request."""

    # cluster, other_host (cluster of another service), blocked, passthrough, answered (by the
    # sidecar itself) or missing
    kind: str
    clusters: tuple[str, ...] = ()
    listener: str = ""
    virtual_host: str = ""
    # the ports on which the sidecar knows the host
    ports: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """A proxy's certificate and the roots that it trusts, as PEM."""

    chain: str = ""
    roots: str = ""
    uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matcher:
    """A matcher of identities: ``exact``, ``prefix``, ``suffix`` or ``contains``."""

    kind: str
    value: str

    def matches(self, name: str) -> bool:
        return {
            "exact": name == self.value,
            "prefix": name.startswith(self.value),
            "suffix": name.endswith(self.value),
            "contains": self.value in name,
        }.get(self.kind, True)

    def __str__(self) -> str:
        return self.value + ("…" if self.kind == "prefix" else "")


@dataclass(frozen=True, slots=True)
class EnvoyCluster:
    """The settings of an Envoy cluster that concern a path."""

    name: str
    kind: str
    # mtls, plain, or matched: by the endpoint's metadata
    transport: str
    server_name: str = ""
    identities: tuple[Matcher, ...] = ()
    # in clusters with DNS resolution
    hostnames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a server's sidecar accepts at a port: mTLS, plain text, or both."""

    mtls: bool
    plain: bool
    identities: tuple[Matcher, ...] = ()


@dataclass(slots=True)
class Server:
    """A pod at the end of the path."""

    cluster: str
    pod: str
    port: int
    # None: no sidecar, or no answer of its admin interface
    inbound: Inbound | None = None
    identity: Identity | None = None
    # why the sidecar cannot be inspected
    error: str = ""
    has_sidecar: bool = True
    drained: bool = False
    # counters of the listeners, before and after the requests
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.cluster} {self.pod}"


@dataclass(slots=True)
class Replica:
    """A pod of a gateway."""

    # the gateway, or the pod if there are several
    where: str
    cluster: str = ""
    listens: bool = False
    # the server names of its filter chains, and the Envoy cluster for that of the request
    server_names: tuple[str, ...] = ()
    chosen: str = ""
    endpoints: list[Endpoint] = field(default_factory=list)
    error: str = ""
    drained: bool = False
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Gateway:
    """The ready pods behind a gateway's address."""

    cluster: str
    name: str
    port: int
    replicas: list[Replica] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f"{self.cluster} {self.name}"


@dataclass(frozen=True, slots=True)
class UnservedPort:
    """A Service whose address an endpoint has, and which does not serve the endpoint's port."""

    cluster: str
    name: str
    ports: tuple[int, ...]


@dataclass(slots=True)
class Endpoint:
    """An endpoint as a proxy knows it, before and after the requests."""

    before: EndpointStatus
    after: EndpointStatus | None = None
    # whether connections begin with mTLS; None: unknown, or passed through
    mtls: bool | None = None
    target: Gateway | Server | UnservedPort | None = None
    # whether its owner was searched
    inspected: bool = True
    # what answered at the address of an unknown owner
    probe: TlsProbe | None = None

    @property
    def address(self) -> str:
        return f"{self.before.address}:{self.before.port}"

    @property
    def usable(self) -> bool:
        """Return whether the proxy sends requests to it."""
        return self.before.health in ("healthy", "degraded")

    @property
    def new_connections(self) -> int:
        """The connections attempted during the requests."""
        return self._growth("connections")

    @property
    def failed_connections(self) -> int:
        """The attempted connections that failed."""
        return self._growth("failed_connections")

    @property
    def requests(self) -> int:
        return self._growth("requests")

    @property
    def errors(self) -> int:
        """The requests with a response of 500 or more, or without one."""
        return self._growth("errors")

    @property
    def relevant(self) -> bool:
        """Return whether there are facts about it."""
        return self.inspected or self.new_connections > 0 or self.requests > 0

    def _growth(self, counter: str) -> int:
        if self.after is None:
            return 0
        return max(0, int(getattr(self.after, counter)) - int(getattr(self.before, counter)))


@dataclass(slots=True)
class ClusterHop:
    """An Envoy cluster that the client's route leads to."""

    name: str
    # None: the sidecar lacks the cluster
    upstream: EnvoyCluster | None
    endpoints: list[Endpoint] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)

    def growth(self, counter: str) -> int:
        """Return a counter's growth during the requests; 0 if the proxy does not keep it."""
        return counter_growth(self.before, self.after, counter)


@dataclass(slots=True)
class PathFacts:
    """Everything known of a path."""

    request: Request
    cluster: str
    pod: str
    # None: unknown
    addresses: tuple[str, ...] | None
    route: Route
    cluster_hops: list[ClusterHop]
    identity: Identity
    records: list[Record] = field(default_factory=list)
    # why no request was sent
    not_sent: str = ""
    # the access log entries of the requests
    log: list[AccessLogEntry] = field(default_factory=list)
    # the names of the inspected clusters
    inspected_clusters: tuple[str, ...] = ()
    captures_dns: bool | None = None
    # the number of endpoints beyond the limit
    skipped_endpoints: int = 0
    # the objects of the inspected clusters
    states: t.Mapping[str, ClusterState] = field(default_factory=dict)

    @property
    def state(self) -> ClusterState:
        """The objects of the client's cluster, as far as they may be read."""
        return self.states.get(self.cluster) or ClusterState(self.cluster, ())

    @property
    def where(self) -> str:
        return f"{self.cluster} {self.pod}"

    @property
    def answered(self) -> int:
        return sum(not record.failed for record in self.records)


@dataclass(frozen=True, slots=True)
class AccessLogEntry:
    """The response flags and the failure reason of a log line."""

    flags: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class HopResult:
    """The result of a hop. ``ok`` is None if it is unknown."""

    hop: str
    ok: bool | None
    where: str
    detail: str
    evidence: tuple[str, ...] = ()
    advice: str = ""


def counter_growth(before: t.Mapping[str, int], after: t.Mapping[str, int], ending: str) -> int:
    """Return the growth of all counters whose names have the ending."""
    return sum(
        max(0, value - before.get(name, 0))
        for name, value in after.items()
        if name.endswith(ending)
    )
