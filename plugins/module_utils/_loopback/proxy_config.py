# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each proxy of a loopback lab is configured with, computed from the lab's objects.

Pure: from objects to the content of files.
"""

from __future__ import annotations

import typing as t
from functools import cached_property
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import (
    bootstrap,
    clusters,
    dns,
    durations,
    listeners,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    LISTENER_TYPE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways, proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.authentication import (
    trust_domains,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    files,
    hostnames,
    inbound_ports,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.cluster_files import (
    Files,
    Upstreams,
    cluster_files,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.credentials import (
    Authority,
    Identity,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.outbound_config import (
    OutboundConfigCache,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.rollout import PodFiles
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.xds_files import response

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import Config
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client

Bind: t.TypeAlias = tuple[str, int]

_DEFAULT_ACCOUNT = "default"


class ProxyConfigGenerator:
    """The configuration of every proxy of one cluster."""

    def __init__(self, view: PushContext, directory: Path) -> None:
        self._view = view
        self._directory = directory
        self._cluster: ClusterState = view.mesh.local
        self._upstreams = Upstreams(view)
        self._outbounds = OutboundConfigCache(view, self._upstreams)

    def pods(self) -> t.Iterator[PodFiles]:
        """The files of each pod that has a proxy."""
        for pod in self._cluster.objects("Pod"):
            if proxies.proxy_role(pod):
                yield self._pod(pod)

    @cached_property
    def _authority(self) -> Authority:
        secret = self._cluster.get("Secret", "cacerts", self._cluster.root_namespace)
        return Authority.from_secret(self._cluster.name, secret)

    @cached_property
    def _access_logging(self) -> bool:
        return bool(self._view.mesh.config.get("accessLogFile"))

    def _pod(self, pod: KubernetesObject) -> PodFiles:
        client = self._view.client(pod)
        name, namespace = name_of(pod), namespace_of(pod)
        if proxies.proxy_role(pod) == proxies.ROUTER:
            content, binds = self._router(pod, client)
        else:
            content, binds = self._sidecar(pod, client)
        content[bootstrap.BOOTSTRAP_FILE] = files.to_json(
            bootstrap.bootstrap(name, namespace, client)
        )
        account = spec_of(pod).get("serviceAccountName") or _DEFAULT_ACCOUNT
        return PodFiles(
            directory=self._directory / "pods" / f"{namespace}_{name}",
            content=content,
            binds=tuple(binds),
            authority=self._authority,
            identity=Identity(self._cluster.trust_domain, namespace, account),
        )

    def _sidecar(self, pod: KubernetesObject, client: Client) -> tuple[Files, list[Bind]]:
        outbound = self._outbounds.of(pod, client)
        address = pod["status"]["podIP"]
        inbound = inbound_ports.inbound(self._view, pod)
        config = [
            listeners.outbound(address, outbound.hosts, outbound.tcp, self._access_logging),
            *(
                listeners.inbound(
                    address, port, trust_domains(self._view.mesh.config), self._access_logging
                )
                for port in inbound
            ),
        ]
        if proxies.captures_dns(self._cluster, pod):
            config.append(dns.resolver(address, outbound.resolved))
        content = {**outbound.files, bootstrap.LISTENERS_FILE: response(LISTENER_TYPE, config)}
        ports = (listeners.CAPTURE_PORT, *(port.port for port in inbound))
        return content, [(address, number) for number in ports]

    def _router(self, pod: KubernetesObject, client: Client) -> tuple[Files, list[Bind]]:
        upstreams: dict[str, clusters.ClusterInputs] = {}
        config: list[Config] = []
        binds: list[Bind] = []
        services = self._view.services.visible_to_gateway(namespace_of(pod)).values()
        look_up = hostnames.lookup(pod)
        for number, servers in _by_port(gateways.passthrough_servers(self._cluster, pod)).items():
            chains = []
            for service in services:
                exposed = any(s.exposes(service.host, service.namespace) for s in servers)
                known = service.resolution in hostnames.RESOLUTIONS
                if not exposed or service.mesh_external or not known:
                    continue
                for port in service.ports:
                    for made in self._upstreams.of(
                        service, port, namespace_of(pod), client, dnat=True, look_up=look_up
                    ):
                        upstreams[made.name] = made
                        chains.append(
                            listeners.Passthrough(
                                made.name, made.name, max_duration=_max_duration(made)
                            )
                        )
            if chains:
                sockets = inbound_ports.gateway_sockets(self._cluster, pod, number)
                config.append(
                    listeners.gateway(
                        listeners.GatewayListener(tuple(sockets), tuple(chains)),
                        self._access_logging,
                    )
                )
                binds += sockets
        content = cluster_files(upstreams.values())
        content[bootstrap.LISTENERS_FILE] = response(LISTENER_TYPE, config)
        return content, binds


def _max_duration(made: clusters.ClusterInputs) -> str:
    """How long a gateway keeps a connection; istiod reads the rule's top level only."""
    rule = made.policy.rule
    pool = ((rule.traffic_policy if rule else None) or {}).get("connectionPool") or {}
    text = (pool.get("tcp") or {}).get("maxConnectionDuration")
    return durations.protobuf(str(text)) if text else ""


def _by_port(
    servers: t.Iterable[gateways.GatewayServer],
) -> dict[int, list[gateways.GatewayServer]]:
    found: dict[int, list[gateways.GatewayServer]] = {}
    for server in servers:
        found.setdefault(server.port, []).append(server)
    return found
