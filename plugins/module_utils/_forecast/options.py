# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of C(locality_info) to clusters, clients and services."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import (
    connect,
    peer_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster
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
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.observed_sidecars import (
    destination_pods,
    observe_faults,
    observe_sidecars,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_targets,
)
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
    default_targets,
    forecast_clients,
    service_targets,
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
    """A topology, the clients' cluster, and the clients with the services that they ask."""

    topology: Topology
    local: str
    targets: list[tuple[ForecastClient, ServiceTarget]]
    # what is supposed, as it could not be read
    doubt: str = ""
    # the faults in force, in words
    faults: tuple[str, ...] = ()


def forecast_request(params: Params) -> ForecastRequest:
    """Read the options; raises MeshError for what is missing or unknown."""
    services = params.get("services") or []
    if params.get("mesh"):
        check_size(params["mesh"], "mesh")
        check_schema(MESH_CONFIG, params["mesh"], "", "mesh")
    local, objects, live = _objects(params, services)
    observed = objects
    if params.get("mesh") and params.get("endpoints") is None:
        objects = _with_mesh(objects, local, params["mesh"])
    if params.get("rules") and params.get("endpoints") is None:
        objects = with_rules(objects, local, _rules(params["rules"], services))
    sizes = [Scaled(_reference(each), each["replicas"]) for each in params.get("scaled") or ()]
    objects = scaled(objects, local, sizes)
    pods = drained(objects, local, [_reference(each) for each in params.get("drained") or ()])
    topology = Topology(objects, pods)
    clients = params.get("clients")
    specs = None if clients is None else [_client(each) for each in clients]
    if params.get("endpoints") is not None and not services:
        services = [{"host": DEFAULT_HOST}]
    targets = [
        (client, target)
        for client in forecast_clients(topology, local, specs)
        for target in _targets(topology, client, services)
    ]
    if not live:
        return ForecastRequest(topology, local, targets)
    asked = destination_pods(forecast_targets(topology, targets))
    found = observe_sidecars(live, observed, asked)
    faults = observe_faults(live, observed, asked - found.refusing)
    out = found.refusing | faults.failing
    if out - pods:
        topology = Topology(objects, pods | out)
    left = [each for cluster in live for each in cluster.proxy_faults_left(mend=False)]
    return ForecastRequest(topology, local, targets, found.doubt, (*left, *faults.faults))


def _objects(
    params: Params, services: t.Sequence[Params]
) -> tuple[str, Objects, t.Sequence[Cluster]]:
    """Return the name of the clients' cluster, all objects, and the clusters that they were read from."""
    if params.get("endpoints") is not None:
        local = params.get("cluster") or _LOCAL
        return local, clusters(_topology_spec(params, services, local)), ()
    if params.get("manifests") is not None:
        local = params.get("cluster") or _LOCAL
        objects = {local: as_cluster(local, load_manifests(params["manifests"], "manifests"))}
        for index, peer in enumerate(params.get("peers") or (), start=1):
            if peer.get("manifests") is None:
                raise InvalidInput(f"peers: {peer['cluster']} lacks manifests, as the option has")
            own = load_manifests(peer["manifests"], f"peers: manifests of {peer['cluster']}")
            objects[peer["cluster"]] = as_cluster(peer["cluster"], own, index)
        return local, objects, ()
    cluster = connect(params)
    others = [connect(peer_options(params, peer)) for peer in params.get("peers") or ()]
    live = (cluster, *others)
    return cluster.name, {each.name: read_objects(each) for each in live}, live


def _topology_spec(params: Params, services: t.Sequence[Params], local: str) -> TopologySpec:
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
    """Return the objects as if these mesh settings replaced those of the cluster."""
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


def _reference(workload: Params) -> WorkloadRef:
    return WorkloadRef(workload["namespace"], workload["workload"], workload.get("cluster") or "")


def _client(options: Params) -> ClientSpec:
    return ClientSpec(
        workload=options.get("workload") or "",
        namespace=options.get("namespace") or "",
        locality=options.get("locality"),
        labels={key: str(value) for key, value in (options.get("labels") or {}).items()},
        network=options.get("network"),
        cluster=options.get("cluster") or "",
    )


def _targets(
    topology: Topology, client: ForecastClient, services: t.Sequence[Params]
) -> list[ServiceTarget]:
    view = topology.view(client.cluster)
    if not services:
        return default_targets(view, client.proxy)
    return [
        target
        for service in services
        for target in service_targets(
            view,
            client.proxy,
            service["host"],
            service.get("port"),
            service.get("subset") or "",
        )
    ]
