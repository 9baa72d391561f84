# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each proxy of a loopback lab is configured with, computed from the lab's objects.

Pure: from objects to the content of files. Private to this collection.
"""

from __future__ import annotations

import dataclasses
import typing as t
from functools import cached_property
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils.envoy import (
    bootstrap,
    dns,
    durations,
    listeners,
    routes,
    upstream,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.envoy.endpoints import load_assignment
from ansible_collections.eastwest.mesh.plugins.module_utils.envoy.names import (
    CLUSTER_TYPE,
    ENDPOINT_TYPE,
    LISTENER_TYPE,
    ROUTE_TYPE,
    outbound_cluster,
    sni,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.loopback import (
    destinations,
    files,
    hostnames,
    pod_ports,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.loopback.credentials import (
    Authority,
    Identity,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.loopback.discovery import response
from ansible_collections.eastwest.mesh.plugins.module_utils.loopback.rollout import PodFiles
from ansible_collections.eastwest.mesh.plugins.module_utils.plan.upstream import (
    Proxy,
    rules_for,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.plan.upstream import (
    Upstream as Planned,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.plan.upstream import (
    upstream as planned,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry import gateways, proxies
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.authentication import (
    trust_domains,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.protocols import is_http
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.services import (
    DNS,
    Service,
    ServicePort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.state import (
    ClusterState,
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.view import View

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils.envoy.names import Config
    from ansible_collections.eastwest.mesh.plugins.module_utils.locality.types import Client

Files: t.TypeAlias = dict[str, bytes]
Bind: t.TypeAlias = tuple[str, int]

_DEFAULT_ACCOUNT = "default"


class Configurator:
    """The configuration of every proxy of one cluster."""

    def __init__(self, view: View, directory: Path) -> None:
        self._view = view
        self._directory = directory
        self._cluster: ClusterState = view.mesh.local

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
    def _logged(self) -> bool:
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
        upstreams: list[upstream.Upstream] = []
        hosts: dict[int, list[routes.VirtualHost]] = {}
        tcp: list[listeners.TcpDestination] = []
        namespace, address = namespace_of(pod), pod["status"]["podIP"]
        look_up = hostnames.lookup(pod)
        dns_capture = proxies.captures_dns(self._cluster, pod)
        resolved: dict[str, tuple[str, ...]] = {}
        for service in self._view.services.visible(namespace).values():
            if service.resolution not in hostnames.RESOLUTIONS:
                continue
            addresses = service.usable_addresses(dns_capture)
            # a block of addresses is no answer to a question for one
            answers = tuple(address for address in addresses if "/" not in address)
            if answers:
                resolved[service.host] = answers
            for port in service.ports:
                made = self._upstreams(service, port, namespace, client, look_up=look_up)
                upstreams += made
                if is_http(port.protocol):
                    domains = destinations.domains(service, port.number, namespace, addresses)
                    host = routes.VirtualHost(
                        f"{service.host}:{port.number}", domains, made[0].name
                    )
                    hosts.setdefault(port.number, []).append(host)
                else:
                    tcp.append(listeners.TcpDestination(addresses, port.number, made[0].name))
        inbound = pod_ports.inbound(self._view, pod)
        config = [
            listeners.outbound(address, hosts, destinations.told_apart(tcp, hosts), self._logged),
            *(
                listeners.inbound(
                    address, port, trust_domains(self._view.mesh.config), self._logged
                )
                for port in inbound
            ),
        ]
        if dns_capture:
            config.append(dns.resolver(address, resolved))
        content = _clusters(upstreams)
        for number, virtual_hosts in hosts.items():
            table = routes.outbound_routes(number, virtual_hosts)
            content[routes.route_file(number)] = response(ROUTE_TYPE, [table])
        content[bootstrap.LISTENERS_FILE] = response(LISTENER_TYPE, config)
        ports = (listeners.CAPTURE_PORT, *(port.port for port in inbound))
        return content, [(address, number) for number in ports]

    def _router(self, pod: KubernetesObject, client: Client) -> tuple[Files, list[Bind]]:
        upstreams: dict[str, upstream.Upstream] = {}
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
                    for made in self._upstreams(
                        service, port, namespace_of(pod), client, dnat=True, look_up=look_up
                    ):
                        upstreams[made.name] = made
                        chains.append(
                            listeners.Passthrough(
                                made.name, made.name, max_duration=_max_duration(made)
                            )
                        )
            if chains:
                sockets = pod_ports.gateway_sockets(self._cluster, pod, number)
                config.append(
                    listeners.gateway(listeners.Bind(tuple(sockets), tuple(chains)), self._logged)
                )
                binds += sockets
        content = _clusters(upstreams.values())
        content[bootstrap.LISTENERS_FILE] = response(LISTENER_TYPE, config)
        return content, binds

    def _upstreams(
        self,
        service: Service,
        port: ServicePort,
        namespace: str,
        client: Client,
        *,
        look_up: hostnames.Lookup,
        dnat: bool = False,
    ) -> list[upstream.Upstream]:
        """The clusters of a service port: the one without subset first."""
        proxy = Proxy(client, namespace, gateway=dnat)
        rules = rules_for(self._view, proxy, service)
        subsets = rules.effective.subsets if rules.effective else ()
        made = []
        for subset in ("", *(item["name"] for item in subsets)):
            plan = planned(self._view, proxy, service, port, subset, only_mtls=dnat, rules=rules)
            if service.resolution == DNS:
                found = hostnames.resolved(plan.assignment, look_up)
                plan = dataclasses.replace(plan, assignment=found)
            made.append(self._upstream(plan, dnat))
        return made

    def _upstream(self, plan: Planned, dnat: bool) -> upstream.Upstream:
        service, port = plan.service, plan.port
        server_name = sni(port.number, plan.subset, service.host)
        if dnat:
            return upstream.Upstream(server_name, plan.assignment, plan.policy)
        plain = service.mesh_external or not self._view.mesh.config["enableAutoMtls"]
        return upstream.Upstream(
            name=outbound_cluster(port.number, plan.subset, service.host),
            assignment=plan.assignment,
            policy=plan.policy,
            http=is_http(port.protocol),
            server_name="" if plain and not plan.policy.mutual_tls else server_name,
            subject_alt_names=self._view.expected_identities(service),
        )


def _clusters(upstreams: t.Iterable[upstream.Upstream]) -> Files:
    clusters = []
    content: Files = {}
    for item in upstreams:
        clusters.append(upstream.cluster(item))
        assignment = load_assignment(item.name, item.assignment)
        content[upstream.endpoints_file(item.name)] = response(ENDPOINT_TYPE, [assignment])
    content[bootstrap.CLUSTERS_FILE] = response(CLUSTER_TYPE, clusters)
    return content


def _max_duration(made: upstream.Upstream) -> str:
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
