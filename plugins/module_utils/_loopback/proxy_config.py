# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate the configuration files of every proxy from the lab's objects; a pure function."""

from __future__ import annotations

import typing as t
from functools import cached_property
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    OUTBOUND_CAPTURE_PORT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import (
    bootstrap,
    clusters,
    dns,
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
    ClusterInputsBuilder,
    Files,
    cluster_files,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.credentials import (
    CertificateAuthority,
    Identity,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.outbound_config import (
    OutboundConfigCache,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.rollout import ProxySpec
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.xds_files import response

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import Config
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client

SocketAddress: t.TypeAlias = tuple[str, int]

_DEFAULT_ACCOUNT = "default"


class ProxyConfigGenerator:
    """Generate the configuration of the proxies of one cluster."""

    def __init__(self, push: PushContext, directory: t.Callable[[str, str], Path]) -> None:
        self._push = push
        self._directory = directory
        self._cluster: ClusterState = push.mesh.local
        self._cluster_inputs = ClusterInputsBuilder(push)
        self._outbounds = OutboundConfigCache(push, self._cluster_inputs)

    def proxies(self) -> t.Iterator[ProxySpec]:
        """Yield the specification of every proxy."""
        for pod in self._cluster.objects("Pod"):
            if proxies.proxy_role(pod):
                yield self._pod(pod)

    @cached_property
    def _authority(self) -> CertificateAuthority:
        secret = self._cluster.get("Secret", "cacerts", self._cluster.root_namespace)
        return CertificateAuthority.from_secret(self._cluster.name, secret)

    @cached_property
    def _access_logging(self) -> bool:
        return bool(self._push.mesh.config.get("accessLogFile"))

    def _pod(self, pod: KubernetesObject) -> ProxySpec:
        client = self._push.client(pod)
        name, namespace = name_of(pod), namespace_of(pod)
        if proxies.proxy_role(pod) == proxies.ROUTER:
            content, sockets = self._router(pod, client)
        else:
            content, sockets = self._sidecar(pod, client)
        content[bootstrap.BOOTSTRAP_FILE] = files.to_json(
            bootstrap.bootstrap(name, namespace, client)
        )
        account = spec_of(pod).get("serviceAccountName") or _DEFAULT_ACCOUNT
        return ProxySpec(
            directory=self._directory(namespace, name),
            content=content,
            sockets=tuple(sockets),
            authority=self._authority,
            identity=Identity(self._cluster.trust_domain, namespace, account),
        )

    def _sidecar(self, pod: KubernetesObject, client: Client) -> tuple[Files, list[SocketAddress]]:
        outbound = self._outbounds.of(pod, client)
        address = pod["status"]["podIP"]
        inbound = inbound_ports.app_ports(self._push, pod)
        config = [
            listeners.outbound(address, outbound.hosts, outbound.tcp, self._access_logging),
            *(
                listeners.inbound(
                    address, port, trust_domains(self._push.mesh.config), self._access_logging
                )
                for port in inbound
            ),
        ]
        if proxies.captures_dns(self._cluster, pod):
            config.append(dns.resolver(address, outbound.resolved))
        content = {**outbound.files, bootstrap.LISTENERS_FILE: response(LISTENER_TYPE, config)}
        ports = (OUTBOUND_CAPTURE_PORT, *(port.port for port in inbound))
        return content, [(address, number) for number in ports]

    def _router(self, pod: KubernetesObject, client: Client) -> tuple[Files, list[SocketAddress]]:
        upstreams: dict[str, clusters.ClusterInputs] = {}
        config: list[Config] = []
        sockets: list[SocketAddress] = []
        services = self._push.services.visible_to_gateway(namespace_of(pod)).values()
        look_up = hostnames.lookup(pod)
        for number, servers in _by_port(gateways.passthrough_servers(self._cluster, pod)).items():
            chains = []
            for service in services:
                exposed = any(s.exposes(service.host, service.namespace) for s in servers)
                known = service.resolution in hostnames.RESOLUTIONS
                if not exposed or service.mesh_external or not known:
                    continue
                for port in service.ports:
                    for inputs in self._cluster_inputs.of(
                        service, port, namespace_of(pod), client, dnat=True, look_up=look_up
                    ):
                        upstreams[inputs.name] = inputs
                        chains.append(
                            listeners.Passthrough(
                                inputs.name, inputs.name, max_duration=_max_duration(inputs)
                            )
                        )
            if chains:
                own_sockets = inbound_ports.gateway_sockets(self._cluster, pod, number)
                config.append(
                    listeners.gateway(
                        listeners.GatewayListener(tuple(own_sockets), tuple(chains)),
                        self._access_logging,
                    )
                )
                sockets += own_sockets
        content = cluster_files(upstreams.values())
        content[bootstrap.LISTENERS_FILE] = response(LISTENER_TYPE, config)
        return content, sockets


def _max_duration(inputs: clusters.ClusterInputs) -> str:
    """Return a gateway's limit of a connection's lifetime: istiod reads the rule's top level only."""
    rule = inputs.policy.rule
    pool = ((rule.traffic_policy if rule else None) or {}).get("connectionPool") or {}
    text = (pool.get("tcp") or {}).get("maxConnectionDuration")
    return durations.protobuf(str(text)) if text else ""


def _by_port(
    servers: t.Iterable[gateways.GatewayServer],
) -> dict[int, list[gateways.GatewayServer]]:
    by_port: dict[int, list[gateways.GatewayServer]] = {}
    for server in servers:
        by_port.setdefault(server.port, []).append(server)
    return by_port
