# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of C(locality_info) to clusters, clients and services.

Private to this collection.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import (
    connect,
    peer_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import (
    Objects,
    Scaled,
    WorkloadRef,
    drained,
    scaled,
    with_rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.manifests import as_cluster
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.snapshot import read_objects
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.synthetic_topology import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    TopologySpec,
    as_rule,
    clusters,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ClientSpec,
    ForecastClient,
    ServiceTarget,
    asked,
    asked_by_default,
    askers,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    check_schema,
    check_size,
    load_manifests,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import (
    MESH_CONFIG,
)

Params: t.TypeAlias = t.Mapping[str, t.Any]

_LOCAL = "local"


class ForecastRequest(t.NamedTuple):
    """Which world to look at, from which cluster, and what to find out."""

    world: Topology
    local: str
    questions: list[tuple[ForecastClient, ServiceTarget]]


def forecast_request(params: Params) -> ForecastRequest:
    """Raises MeshError for what is missing or unknown."""
    services = params.get("services") or []
    if params.get("mesh"):
        check_size(params["mesh"], "mesh")
        check_schema(MESH_CONFIG, params["mesh"], "", "mesh")
    local, objects = _objects(params, services)
    if params.get("mesh") and params.get("endpoints") is None:
        objects = _with_mesh(objects, local, params["mesh"])
    if params.get("rules") and params.get("endpoints") is None:
        objects = with_rules(objects, local, _rules(params["rules"], services))
    sizes = [Scaled(_reference(each), each["replicas"]) for each in params.get("scaled") or ()]
    objects = scaled(objects, local, sizes)
    gone = drained(objects, local, [_reference(each) for each in params.get("drained") or ()])
    world = Topology(objects, gone)
    named = params.get("clients")
    wishes = None if named is None else [_client(each) for each in named]
    clients = askers(world, local, wishes)
    if params.get("endpoints") is not None and not services:
        services = [{"host": DEFAULT_HOST}]
    questions = [
        (client, question) for client in clients for question in _asked(world, client, services)
    ]
    return ForecastRequest(world, local, questions)


def _objects(params: Params, services: t.Sequence[Params]) -> tuple[str, Objects]:
    if params.get("endpoints") is not None:
        local = params.get("cluster") or _LOCAL
        return local, clusters(_given(params, services, local))
    if params.get("manifests") is not None:
        local = params.get("cluster") or _LOCAL
        objects = {local: as_cluster(local, load_manifests(params["manifests"], "manifests"))}
        for index, peer in enumerate(params.get("peers") or (), start=1):
            if peer.get("manifests") is None:
                raise InvalidInput(f"peers: {peer['cluster']} lacks manifests, as the option has")
            own = load_manifests(peer["manifests"], f"peers: manifests of {peer['cluster']}")
            objects[peer["cluster"]] = as_cluster(peer["cluster"], own, index)
        return local, objects
    reached = connect(params)
    others = [connect(peer_options(params, peer)) for peer in params.get("peers") or ()]
    return reached.name, {each.name: read_objects(each) for each in (reached, *others)}


def _given(params: Params, services: t.Sequence[Params], local: str) -> TopologySpec:
    if len(services) > 1:
        raise InvalidInput("services: given endpoints are those of one service; name only one")
    service = services[0] if services else {}
    port = service.get("port") or DEFAULT_PORT
    try:
        number = int(port)
    except ValueError:
        raise InvalidInput(
            f"services: port '{port:.60}' of given endpoints must be a number"
        ) from None
    return TopologySpec(
        local=local,
        endpoints=params["endpoints"],
        rules=params.get("rules") or (),
        mesh=params.get("mesh") or {},
        gateways=params.get("gateways") or (),
        host=service.get("host") or DEFAULT_HOST,
        port=number,
        traffic_distribution=service.get("traffic_distribution") or "",
    )


def _rules(rules: t.Sequence[Params], services: t.Sequence[Params]) -> list[KubernetesObject]:
    host = str(services[0].get("host") or "") if services else ""
    found = []
    for index, rule in enumerate(rules):
        if rule.get("kind") is None and "." not in host:
            raise InvalidInput(
                "rules: a trafficPolicy without its DestinationRule needs a service to be for; "
                "name its complete host first in services"
            )
        namespace = host.split(".")[1] if "." in host else "default"
        found.append(as_rule(rule, f"given-{index}", namespace, host))
    return found


def _with_mesh(objects: Objects, local: str, mesh: Params) -> Objects:
    """As if these mesh settings replaced those of the cluster."""
    state = ClusterState(local, objects[local])
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": well_known.ROOT_NAMESPACE},
        "data": {
            "mesh": json.dumps({**state.mesh_config, **mesh}, default=str),
            "meshNetworks": json.dumps({"networks": state.mesh_networks}),
        },
    }
    return with_rules(objects, local, [config])


def _reference(given: Params) -> WorkloadRef:
    return WorkloadRef(given["namespace"], given["workload"], given.get("cluster") or "")


def _client(given: Params) -> ClientSpec:
    return ClientSpec(
        workload=given.get("workload") or "",
        namespace=given.get("namespace") or "",
        locality=given.get("locality"),
        labels={key: str(value) for key, value in (given.get("labels") or {}).items()},
        network=given.get("network"),
        cluster=given.get("cluster") or "",
    )


def _asked(
    world: Topology, client: ForecastClient, services: t.Sequence[Params]
) -> list[ServiceTarget]:
    view, namespace = world.view(client.cluster), client.proxy.namespace
    if not services:
        return asked_by_default(view, namespace)
    return [
        question
        for service in services
        for question in asked(
            view,
            namespace,
            service["host"],
            service.get("port"),
            service.get("subset") or "",
        )
    ]
