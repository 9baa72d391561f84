# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a request's path, and what is said about it. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.cluster_status import (
        EndpointStatus,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

# The hops of a path, in its order
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
class Target:
    """What is asked for. ``names`` is what the host may be short for."""

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
    """Where the client's sidecar sends what goes to the target."""

    # cluster, blocked, passthrough, answered (by the sidecar itself) or missing
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
    """One way in which an identity may fit: ``exact``, ``prefix``, ``suffix``, ``contains``."""

    kind: str
    value: str

    def fits(self, name: str) -> bool:
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
    """An Envoy cluster's settings, as far as the path is concerned."""

    name: str
    kind: str
    # how a connection begins: mtls, plain, or matched, as the endpoint's metadata say
    transport: str
    server_name: str = ""
    identities: tuple[Matcher, ...] = ()
    # of clusters that resolve names by themselves
    hostnames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a server's sidecar accepts at a port."""

    mtls: bool
    plain: bool
    identities: tuple[Matcher, ...] = ()


@dataclass(slots=True)
class Server:
    """A pod that is to answer."""

    cluster: str
    pod: str
    port: int
    # None: it has no sidecar, or it does not answer
    inbound: Inbound | None = None
    identity: Identity | None = None
    # why there is nothing to say of the sidecar
    silent: str = ""
    has_sidecar: bool = True
    drained: bool = False
    # counters of the listeners, and what became more of it during the requests
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.cluster} {self.pod}"


@dataclass(slots=True)
class Replica:
    """A pod of a gateway, which passes TLS on by its server name."""

    # the gateway, or the pod where it has several
    where: str
    listens: bool = False
    # the server names that it passes on, and the Envoy cluster of the one that is asked for
    server_names: tuple[str, ...] = ()
    chosen: str = ""
    endpoints: list[Endpoint] = field(default_factory=list)
    silent: str = ""
    drained: bool = False
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Gateway:
    """The pods that share a gateway's address, those that are ready."""

    cluster: str
    name: str
    port: int
    replicas: list[Replica] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f"{self.cluster} {self.name}"


@dataclass(slots=True)
class Endpoint:
    """An endpoint as a proxy knows it, before and after the requests."""

    known: EndpointStatus
    later: EndpointStatus | None = None
    # whether a connection begins with mTLS; None: it passes on what it gets, or nobody knows
    mtls: bool | None = None
    beyond: Gateway | Server | None = None
    # whether ``beyond`` was looked for
    looked: bool = True

    @property
    def address(self) -> str:
        return f"{self.known.address}:{self.known.port}"

    @property
    def usable(self) -> bool:
        """Whether a proxy sends requests there."""
        return self.known.health in ("healthy", "degraded")

    @property
    def opened(self) -> int:
        """The connections that were tried meanwhile."""
        return self._more("connections")

    @property
    def refused(self) -> int:
        """Those of them that did not come about."""
        return self._more("failed_connections")

    @property
    def requests(self) -> int:
        return self._more("requests")

    @property
    def errors(self) -> int:
        """The requests that were answered with a status of 500 or more, or not at all."""
        return self._more("errors")

    @property
    def concerned(self) -> bool:
        """Whether there is anything to say of it."""
        return self.looked or self.opened > 0 or self.requests > 0

    def _more(self, counter: str) -> int:
        if self.later is None:
            return 0
        return max(0, int(getattr(self.later, counter)) - int(getattr(self.known, counter)))


@dataclass(slots=True)
class ClusterHop:
    """An Envoy cluster that the client's route leads to."""

    name: str
    # None: the sidecar has no such cluster
    upstream: EnvoyCluster | None
    endpoints: list[Endpoint] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)

    def more(self, counter: str) -> int:
        """How much a counter grew meanwhile; 0, too, where the proxy does not keep it."""
        return grown(self.before, self.after, counter)


@dataclass(slots=True)
class PathFacts:
    """Everything that was found out."""

    target: Target
    cluster: str
    pod: str
    # None: nobody could say
    addresses: tuple[str, ...] | None
    route: Route
    reached: list[ClusterHop]
    identity: Identity
    records: list[Record] = field(default_factory=list)
    # why no request was sent
    unsent: str = ""
    # what the sidecar's access log says of the requests
    log: list[AccessLogEntry] = field(default_factory=list)
    # the clusters that were looked into
    looked: tuple[str, ...] = ()
    captures_dns: bool | None = None
    # how many endpoints were not looked into
    left_out: int = 0

    @property
    def where(self) -> str:
        return f"{self.cluster} {self.pod}"

    @property
    def answered(self) -> int:
        return sum(not record.failed for record in self.records)


@dataclass(frozen=True, slots=True)
class AccessLogEntry:
    """One line of an access log."""

    flags: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop and what is to say of it. ``ok`` is None where nobody can tell."""

    hop: str
    ok: bool | None
    where: str
    detail: str
    evidence: tuple[str, ...] = ()
    advice: str = ""


def grown(before: t.Mapping[str, int], after: t.Mapping[str, int], ending: str) -> int:
    """The growth of all counters whose names end so."""
    return sum(
        max(0, value - before.get(name, 0))
        for name, value in after.items()
        if name.endswith(ending)
    )
