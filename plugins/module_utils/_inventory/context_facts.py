# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the cluster behind a kubeconfig's context, read through its API; nothing is changed."""

from __future__ import annotations

import concurrent.futures
import fnmatch
import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    GATEWAY_MTLS_PORT,
    LOCALITY_LABELS,
    NETWORK,
    REVISION,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane.installed_state import (
    ControlPlaneRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.gateway_address import (
    gateway_address,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import Locality
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import client_library
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

Json: t.TypeAlias = dict[str, t.Any]

_AT_A_TIME = 16
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def select_contexts(known: t.Iterable[str], patterns: t.Sequence[str]) -> list[str]:
    """Return the contexts that the shell patterns match; raises InvalidInput where one matches none."""
    names = list(known)
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise InvalidInput(
                f"contexts: no context matches '{pattern}'; the kubeconfig has"
                f" {', '.join(names) or 'none'}"
            )
    return [n for n in names if any(fnmatch.fnmatchcase(n, pattern) for pattern in patterns)]


def host_names(contexts: t.Iterable[str], names: t.Mapping[str, str]) -> dict[str, str]:
    """Return the host of each context; raises InvalidInput without one, and where two share one.

    A host without a name of its own is called as its context, with a dash for other characters
    than letters, digits, dots, dashes and underscores.
    """
    hosts: dict[str, str] = {}
    for context in contexts:
        host = names.get(context) or _UNSAFE.sub("-", context).strip("-")
        if not host:
            raise InvalidInput(f"names: the context '{context}' needs the name of a host")
        twin = next((other for other, taken in hosts.items() if taken == host), None)
        if twin is not None:
            raise InvalidInput(
                f"names: the contexts '{twin}' and '{context}' would both be the host '{host}';"
                " give one of them another name"
            )
        hosts[context] = host
    return hosts


def read_contexts(
    kubeconfig: str | None, contexts: t.Sequence[str], timeout_s: float
) -> dict[str, Json | MeshError]:
    """Return the facts of each context, or the error that kept it from answering; all at once."""

    def read(context: str) -> Json | MeshError:
        try:
            client = client_library.load_client(kubeconfig, context)
            client = client_library.without_retries(client)
            return read_facts(KubernetesClient(context, client, (timeout_s, timeout_s)))
        except MeshError as exc:
            return exc

    client_library.require_library()
    with concurrent.futures.ThreadPoolExecutor(_AT_A_TIME) as pool:
        return dict(zip(contexts, pool.map(read, contexts), strict=True))


def read_facts(api: KubernetesClient) -> Json:
    """Return what the cluster says of itself, as variables of its host.

    Raises MeshError where the API does not answer. What the user may not read is left out, and
    ``context_warnings`` says so.
    """
    version = api.request("ask for the version", "GET", "/version") or {}
    warnings: list[str] = []
    facts: Json = {"context_kubernetes_version": version.get("gitVersion", "")}
    nodes: list[Json] = []
    parts: list[t.Callable[[], Json]] = [
        lambda: _node_facts(api, nodes),
        lambda: _istio_facts(api, nodes, warnings),
    ]
    for part in parts:
        try:
            facts.update(part())
        except MeshError as exc:
            warnings.append(str(exc))
    return {**facts, "context_warnings": warnings}


def _node_facts(api: KubernetesClient, nodes: list[Json]) -> Json:
    nodes.extend(api.find_all("Node"))
    places = []
    for node in nodes:
        labels = node["metadata"].get("labels") or {}
        places.append(Locality(*(labels.get(label, "") for label in LOCALITY_LABELS)))
    regions = sorted({place.region for place in places if place.region})
    return {
        "context_regions": regions,
        # two regions may have zones of the same name
        "context_zones": sorted({str(Locality(*p[:2])) for p in places if p.region and p.zone}),
        **({"context_region": regions[0]} if len(regions) == 1 else {}),
    }


def _istio_facts(api: KubernetesClient, nodes: t.Sequence[Json], warnings: list[str]) -> Json:
    control_planes = api.find_all("Deployment", selector="app=istiod")
    if not control_planes:
        return {}
    # by its name, so that the same one is taken each time
    control_planes.sort(key=lambda each: (each["metadata"]["name"], each["metadata"]["namespace"]))
    if len(control_planes) > 1:
        listed = ", ".join(
            f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in control_planes
        )
        warnings.append(
            f"cluster {api.name} has several control planes, the first counts: {listed}"
        )
    metadata = control_planes[0]["metadata"]
    ref = ControlPlaneRef(metadata["namespace"], (metadata.get("labels") or {}).get(REVISION, ""))
    mesh = _embedded(api, ref, ref.config_map, "mesh")
    values = _embedded(api, ref, ref.injector_config_map, "values").get("global") or {}
    namespace = api.find("Namespace", "", ref.namespace) or {"metadata": {}}
    network = (namespace["metadata"].get("labels") or {}).get(NETWORK) or values.get("network")
    found = {
        "context_istio_version": _version(control_planes[0]),
        "context_istio_namespace": ref.namespace,
        "context_istio_revision": ref.revision,
        "context_cluster_name": _environment(control_planes[0], "CLUSTER_ID")
        or (values.get("multiCluster") or {}).get("clusterName"),
        "context_mesh_id": (mesh.get("defaultConfig") or {}).get("meshId") or values.get("meshID"),
        "context_network": network,
        "context_trust_domain": mesh.get("trustDomain"),
        **_gateway_facts(api, ref, nodes, warnings),
    }
    return {name: value for name, value in found.items() if value}


def _gateway_facts(
    api: KubernetesClient, ref: ControlPlaneRef, nodes: t.Sequence[Json], warnings: list[str]
) -> Json:
    """Return the address of the first Service with a network and the port for mutual TLS."""
    services = api.find_all("Service", selector=NETWORK)
    gateways = [
        service
        for service in services
        if any(p["port"] == GATEWAY_MTLS_PORT for p in service["spec"].get("ports") or ())
    ]
    gateways.sort(key=lambda each: each["metadata"]["namespace"] != ref.namespace)
    addresses = [
        address["address"]
        for node in nodes
        for address in (node.get("status") or {}).get("addresses") or ()
        if address["type"] == "InternalIP"
    ]
    for gateway in gateways:
        try:
            found = gateway_address([{**gateway, "kind": "Service"}], GATEWAY_MTLS_PORT, addresses)
        except MeshError as exc:
            warnings.append(f"cluster {api.name}: {exc}")
            continue
        if found.host:
            return {"context_gateway_address": found.host, "context_gateway_port": found.port}
    return {}


def _embedded(api: KubernetesClient, ref: ControlPlaneRef, name: str, key: str) -> Json:
    """Return the settings in a ConfigMap of the control plane; empty where there is none."""
    data = (api.find("ConfigMap", ref.namespace, name) or {}).get("data") or {}
    # JSON is YAML, too
    return load_mapping(str(data.get(key) or ""), f"ConfigMap {ref.namespace}/{name}")


def _containers(deployment: Json) -> t.Sequence[Json]:
    return t.cast(t.Sequence[Json], deployment["spec"]["template"]["spec"]["containers"])


def _version(deployment: Json) -> str:
    """Return istiod's version: the chart's label, else the tag of the image."""
    label = (deployment["metadata"].get("labels") or {}).get("app.kubernetes.io/version")
    image = str(_containers(deployment)[0].get("image", "")).partition("@")[0]
    tag = image.rpartition("/")[2].partition(":")[2]
    return str(label or tag)


def _environment(deployment: Json, name: str) -> str:
    for container in _containers(deployment):
        for variable in container.get("env") or ():
            if variable["name"] == name:
                return str(variable.get("value") or "")
    return ""


def lab_variables(kubeconfig: str | None, context: str, facts: Json) -> Json:
    """Return the variables by which the collection's roles use the cluster as it is."""
    found = {
        "mesh_provider": "existing",
        "mesh_kubeconfig": kubeconfig,
        "mesh_context": context,
        "mesh_id": facts.get("context_mesh_id"),
        "mesh_network": facts.get("context_network"),
        "mesh_trust_domain": facts.get("context_trust_domain"),
        # a control plane that is there is used as it is
        "istio_installer": "none" if "context_istio_version" in facts else None,
        "istio_namespace": facts.get("context_istio_namespace"),
    }
    return {name: value for name, value in found.items() if value}
