# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gather the facts of a path."""

from __future__ import annotations

import typing as t
import uuid

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import (
    connect,
    peer_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    Cluster,
    PodRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.cluster_status import full_names
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import (
    access_log,
    config_dump,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.address_index import (
    AddressIndex,
    reference,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.collector import (
    PathCollector,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.routing import find_route
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    AccessLogEntry,
    PathFacts,
    Request,
)

Params: t.TypeAlias = t.Mapping[str, t.Any]

MOST_REQUESTS = 5
# enough for the requests of other senders in between
_LOG_LINES = 500


def gather(params: Params) -> PathFacts:
    """Follow the path, send the requests and read the counters again. Raise MeshError."""
    profile = sample_profile(params)
    cluster = connect(params)
    peers = [connect(peer_options(params, peer)) for peer in params["peers"] or []]
    return examine(cluster, peers, profile, params)


def examine(
    cluster: Cluster, peers: t.Sequence[Cluster], profile: LoadProfile, params: Params
) -> PathFacts:
    """Examine the path from the pod of ``cluster`` that ``params`` select."""
    clusters = [cluster, *(peer for peer in peers if peer.name != cluster.name)]
    pod = client_pod(cluster, params)
    request = _request(profile, pod)
    address_index = AddressIndex(clusters)
    if not address_index.has_sidecar(cluster, pod):
        raise InvalidInput(
            f"the client {pod.namespace}/{pod.name} of cluster {cluster.name} has no sidecar, so it"
            " is not in the mesh: label its namespace istio-injection=enabled and restart it"
        )
    facts = _configured(cluster, pod, request, address_index.state(cluster))
    facts.inspected_clusters = tuple(each.name for each in clusters)
    facts.captures_dns = address_index.captures_dns(cluster, pod)
    facts.states = address_index.states
    collector = PathCollector(address_index)
    upstreams = config_dump.upstreams(cluster.admin(pod, "GET", config_dump.CLUSTERS))
    endpoint_configs = _part(cluster, pod, config_dump.ENDPOINTS)
    if facts.route.kind == "cluster":
        facts.cluster_hops = [
            collector.collect(cluster, pod, name, upstreams.get(name), endpoint_configs)
            for name in facts.route.clusters
        ]
    facts.skipped_endpoints = len(collector.skipped_endpoints)
    _send(cluster, pod, profile, facts)
    collector.refresh()
    for cluster_hop in facts.cluster_hops:
        collector.probe(cluster, pod, cluster_hop, profile.timeout_s)
    return facts


def sample_profile(params: Params) -> LoadProfile:
    if not 1 <= params["requests"] <= MOST_REQUESTS:
        raise InvalidInput(
            f"requests: {params['requests']} is not from 1 to {MOST_REQUESTS};"
            " to send more, use traffic_sample"
        )
    return LoadProfile(
        url=params["url"],
        method=params["method"],
        headers={str(name): str(value) for name, value in (params["headers"] or {}).items()},
        requests=params["requests"],
        keepalive=False,
        timeout_s=params["timeout"],
    )


def _request(profile: LoadProfile, pod: PodRef) -> Request:
    return Request(
        profile.url,
        profile.target.scheme,
        profile.host,
        profile.port,
        profile.path,
        full_names(profile.host.rstrip("."), pod.namespace),
    )


def client_pod(cluster: Cluster, params: Params) -> PodRef:
    """Return the client's pod. Raise NotFound."""
    namespace = params["namespace"]
    if params["workload"]:
        found = cluster.pods(namespace, params["workload"])
        what = f"workload: Deployment {namespace}/{params['workload']}"
    else:
        labels = params["selector"] or {}
        objects = cluster.objects("Pod", namespace, {k: str(v) for k, v in labels.items()})
        if params["pod"]:
            objects = [obj for obj in objects if obj["metadata"]["name"] == params["pod"]]
        found = [
            reference(obj)
            for obj in objects
            if (obj.get("status") or {}).get("podIP")
            and not obj["metadata"].get("deletionTimestamp")
        ]
        what = (
            f"pod: namespace {namespace}" if params["pod"] else f"selector: namespace {namespace}"
        )
    if not found:
        raise NotFound(f"{what} of cluster {cluster.name} has no such pod to send from")
    return found[0]


def _configured(cluster: Cluster, pod: PodRef, request: Request, state: ClusterState) -> PathFacts:
    try:
        addresses: tuple[str, ...] | None = cluster.dns_lookup(pod, request.host)
    except MeshError:
        addresses = None
    chains = config_dump.chains(cluster.admin(pod, "GET", config_dump.LISTENERS))
    tables = config_dump.route_tables(_part(cluster, pod, config_dump.ROUTES))
    return PathFacts(
        request=request,
        cluster=cluster.name,
        pod=f"{pod.namespace}/{pod.name}",
        addresses=addresses,
        route=find_route(chains, tables, request, addresses or (), state),
        cluster_hops=[],
        identity=config_dump.identity(cluster.admin(pod, "GET", config_dump.SECRETS)),
    )


def _part(cluster: Cluster, pod: PodRef, path: str) -> str:
    """Return a part of the configuration; a proxy without HTTP ports lacks routes, for instance."""
    try:
        return cluster.admin(pod, "GET", path)
    except MeshError:
        return "{}"


def _send(cluster: Cluster, pod: PodRef, profile: LoadProfile, facts: PathFacts) -> None:
    if facts.addresses == ():
        facts.not_sent = "the name does not resolve"
        return
    token = str(uuid.uuid4())
    marked = LoadProfile(
        url=profile.url,
        method=profile.method,
        headers={**access_log.request_header(token), **profile.headers},
        requests=profile.requests,
        keepalive=False,
        timeout_s=profile.timeout_s,
    )
    facts.records = cluster.sample(pod, marked, lambda _answers: None)
    facts.log = _logged(cluster, pod, token)


def _logged(cluster: Cluster, pod: PodRef, token: str) -> list[AccessLogEntry]:
    try:
        return access_log.read(cluster.proxy_log(pod, _LOG_LINES), token)
    except MeshError:
        # the log is optional evidence
        return []
