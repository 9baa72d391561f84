# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology as plain data, made into the objects of clusters."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    check_shape,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import shown
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

DEFAULT_HOST = f"service.default.{well_known.SERVICE_SUFFIX}"
DEFAULT_PORT = 80
_SELECTOR = {"eastwest.mesh/synthetic": "endpoint"}
_ADDRESSES = IPv4Network("198.18.0.0/15")
# of one service; Kubernetes and Istio are tested with about a tenth of that
MAX_ENDPOINTS = 50_000


@dataclass(frozen=True, slots=True)
class TopologySpec:
    """Endpoints, rules and mesh settings as the options give them."""

    local: str
    endpoints: t.Sequence[Raw]
    rules: t.Sequence[Raw] = ()
    mesh: Raw = field(default_factory=dict)
    gateways: t.Sequence[Raw] = ()
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    traffic_distribution: str = ""

    @property
    def name_and_namespace(self) -> tuple[str, str]:
        """Name and namespace of the Kubernetes Service that the host stands for."""
        name, _dot, rest = self.host.partition(".")
        namespace, _dot, domain = rest.partition(".")
        if domain != well_known.SERVICE_SUFFIX:
            raise InvalidInput(
                f"services: host '{self.host}' of given endpoints must be a complete name such as "
                f"{DEFAULT_HOST}"
            )
        return name, namespace


def clusters(spec: TopologySpec) -> dict[str, list[KubernetesObject]]:
    """Make the objects of each cluster that the endpoints name; the local one sees them all."""
    total = sum(_count(endpoint) for endpoint in spec.endpoints)
    if total > MAX_ENDPOINTS:
        raise InvalidInput(f"endpoints: there are {total}; give {MAX_ENDPOINTS} at most")
    addresses = AddressAllocator(_ADDRESSES, "given endpoints")
    for endpoint in spec.endpoints:
        addresses.reserve(str(endpoint.get("address") or ""))
    found: dict[str, list[KubernetesObject]] = {spec.local: []}
    used: Counter[tuple[str, str]] = Counter()
    for endpoint in spec.endpoints:
        cluster = endpoint.get("cluster") or spec.local
        if cluster not in found:
            found[cluster] = []
        found[cluster] += _entries(spec, endpoint, addresses, cluster, used)
    for objects in found.values():
        objects.append(_service(spec))
    local = found[spec.local]
    local += [_rule(spec, index, rule) for index, rule in enumerate(spec.rules)]
    local += [_mesh(spec), _remotes(set(found) - {spec.local})]
    return found


def _entries(
    spec: TopologySpec,
    endpoint: Raw,
    addresses: AddressAllocator,
    cluster: str,
    used: Counter[tuple[str, str]],
) -> t.Iterator[KubernetesObject]:
    count = _count(endpoint)
    healthy = count if endpoint.get("healthy") is None else int(endpoint["healthy"])
    locality = str(endpoint.get("locality") or "")
    base = endpoint.get("name") or locality.strip("/").replace("/", "-") or "endpoint"
    if not 0 <= healthy <= count:
        raise InvalidInput(f"endpoints: {base}: {healthy} of {count} cannot be healthy")
    if count > 1 and endpoint.get("address"):
        raise InvalidInput(f"endpoints: {base}: {count} endpoints cannot share one address")
    for number in range(1, count + 1):
        name = base if count == 1 else f"{base}-{number}"
        while taken := used[cluster, name]:
            used[cluster, name] += 1
            name += f"x{taken}" if taken > 1 else "x"
        used[cluster, name] += 1
        entry = {
            "address": str(endpoint.get("address") or addresses.allocate()),
            "locality": locality,
            "weight": endpoint.get("weight") or 1,
            "network": endpoint.get("network") or "",
            "labels": {
                well_known.TLS_MODE: well_known.TLS_MODE_ISTIO,
                **{key: str(value) for key, value in (endpoint.get("labels") or {}).items()},
                **_SELECTOR,
            },
        }
        status = "True" if number <= healthy else "False"
        yield {
            **_object("WorkloadEntry", name, spec.name_and_namespace[1]),
            "spec": entry,
            "status": {"conditions": [{"type": "Healthy", "status": status}]},
        }


def _count(endpoint: Raw) -> int:
    return 1 if endpoint.get("count") is None else int(endpoint["count"])


def _object(kind: str, name: str, namespace: str) -> KubernetesObject:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
    }


def _service(spec: TopologySpec) -> KubernetesObject:
    name, namespace = spec.name_and_namespace
    service: dict[str, t.Any] = {
        "clusterIP": "192.0.2.1",
        "selector": _SELECTOR,
        "ports": [{"name": "http", "port": spec.port}],
    }
    if spec.traffic_distribution:
        service["trafficDistribution"] = spec.traffic_distribution
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service}


def _rule(spec: TopologySpec, index: int, rule: Raw) -> KubernetesObject:
    return as_rule(rule, f"given-{index}", spec.name_and_namespace[1], spec.host)


def as_rule(rule: Raw, name: str, namespace: str, host: str) -> KubernetesObject:
    """Return a DestinationRule as it is, or one with this trafficPolicy for the host."""
    if rule.get("kind") == "DestinationRule":
        written = rule.get("metadata") or {}
        if not isinstance(written, t.Mapping):
            raise InvalidInput(
                f"rules: metadata is {shown(written)}; write a mapping with its name"
            )
        meta = {"namespace": namespace, "name": name, **written}
        found = {"apiVersion": "networking.istio.io/v1", **rule, "metadata": meta}
        check_shape(found, "rules")
        return found
    if rule.get("kind"):
        raise InvalidInput(f"rules: {rule['kind']!s:.60} is no DestinationRule")
    unknown = {str(key) for key in rule} - _POLICY
    if unknown:
        raise InvalidInput(
            f"rules: {', '.join(sorted(unknown))} is no part of a trafficPolicy, which has "
            f"{', '.join(sorted(_POLICY))}; or give a whole DestinationRule with its kind"
        )
    spec = {"host": host, "trafficPolicy": dict(rule)}
    found = {**_object("DestinationRule", name, namespace), "spec": spec}
    check_shape(found, "rules")
    return found


_POLICY = frozenset(
    {"loadBalancer", "outlierDetection", "connectionPool", "tls", "portLevelSettings", "tunnel"}
    | {"proxyProtocol", "retryBudget"}
)


def _mesh(spec: TopologySpec) -> KubernetesObject:
    networks: dict[str, dict[str, list[t.Any]]] = {}
    for gateway in spec.gateways:
        entry = networks.setdefault(str(gateway["network"]), {"endpoints": [], "gateways": []})
        found = {
            "address": gateway["address"],
            "port": gateway.get("port") or well_known.GATEWAY_MTLS_PORT,
        }
        entry["gateways"].append(found)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": well_known.ROOT_NAMESPACE},
        # JSON is YAML, too
        "data": {
            "mesh": json.dumps(dict(spec.mesh), default=str),
            "meshNetworks": json.dumps({"networks": networks}, default=str),
        },
    }


def _remotes(others: t.Collection[str]) -> KubernetesObject:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "remote-clusters",
            "namespace": well_known.ROOT_NAMESPACE,
            "labels": {well_known.REMOTE_CLUSTERS: "true"},
        },
        "data": dict.fromkeys(sorted(others), ""),
    }
