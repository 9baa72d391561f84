# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of C(mesh_path_check) to the facts of a path. Private to this collection."""

from __future__ import annotations

import dataclasses
import typing as t
import uuid

from ansible_collections.eastwest.mesh.plugins.module_utils.cluster.connect import (
    connect,
    peer_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.cluster.interface import (
    Cluster,
    PodRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.envoy.clusters import full_names
from ansible_collections.eastwest.mesh.plugins.module_utils.errors import (
    InvalidInput,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.path import dump, log
from ansible_collections.eastwest.mesh.plugins.module_utils.path.hops.dns import is_address
from ansible_collections.eastwest.mesh.plugins.module_utils.path.routing import find_route
from ansible_collections.eastwest.mesh.plugins.module_utils.path.types import (
    Facts,
    Logged,
    Target,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.path.walk import Walk
from ansible_collections.eastwest.mesh.plugins.module_utils.path.whereabouts import (
    Whereabouts,
    reference,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.traffic.plan import SamplePlan

Params: t.TypeAlias = t.Mapping[str, t.Any]

MOST_REQUESTS = 5
# of the sidecar's log; others may send at the same time
_LOG_LINES = 500


def gather(params: Params) -> Facts:
    """Walks the path, sends the requests and looks again. Raises MeshError."""
    plan = sample_plan(params)
    cluster = connect(params)
    peers = [connect(peer_options(params, peer)) for peer in params["peers"] or []]
    return examine(cluster, peers, plan, params)


def examine(
    cluster: Cluster, peers: t.Sequence[Cluster], plan: SamplePlan, params: Params
) -> Facts:
    """``params`` say which pod of the cluster is the client."""
    clusters = [cluster, *(peer for peer in peers if peer.name != cluster.name)]
    pod = client_pod(cluster, params)
    target = _target(plan, pod)
    whereabouts = Whereabouts(clusters)
    if not whereabouts.has_sidecar(cluster, pod):
        raise InvalidInput(
            f"the client {pod.namespace}/{pod.name} of cluster {cluster.name} has no sidecar, so it"
            " is not in the mesh: label its namespace istio-injection=enabled and restart it"
        )
    facts = _configured(cluster, pod, target)
    facts.looked = tuple(each.name for each in clusters)
    facts.captures_dns = whereabouts.captures_dns(cluster, pod)
    walk = Walk(whereabouts)
    upstreams = dump.upstreams(cluster.admin(pod, "GET", dump.CLUSTERS))
    marks = _part(cluster, pod, dump.ENDPOINTS)
    if facts.route.kind == "cluster":
        facts.reached = [
            walk.reach(cluster, pod, name, upstreams.get(name), marks)
            for name in facts.route.clusters
        ]
    for reached in facts.reached:
        if reached.upstream and not reached.endpoints and not reached.upstream.hostnames:
            names = _endpoint_names(cluster, target)
            reached.upstream = dataclasses.replace(reached.upstream, hostnames=names)
    facts.left_out = len(walk.left_out)
    _send(cluster, pod, plan, facts)
    walk.look_again()
    return facts


def sample_plan(params: Params) -> SamplePlan:
    if not 1 <= params["requests"] <= MOST_REQUESTS:
        raise InvalidInput(
            f"requests: {params['requests']} is not from 1 to {MOST_REQUESTS};"
            " to send more, use traffic_sample"
        )
    return SamplePlan(
        url=params["url"],
        method=params["method"],
        headers={str(name): str(value) for name, value in (params["headers"] or {}).items()},
        requests=params["requests"],
        keepalive=False,
        timeout_s=params["timeout"],
    )


def _target(plan: SamplePlan, pod: PodRef) -> Target:
    return Target(
        plan.url,
        plan.target.scheme,
        plan.host,
        plan.port,
        plan.path,
        full_names(plan.host.rstrip("."), pod.namespace),
    )


def client_pod(cluster: Cluster, params: Params) -> PodRef:
    """The pod that is to send. Raises NotFound."""
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


def _configured(cluster: Cluster, pod: PodRef, target: Target) -> Facts:
    try:
        addresses: tuple[str, ...] | None = cluster.addresses(pod, target.host)
    except MeshError:
        addresses = None
    chains = dump.chains(cluster.admin(pod, "GET", dump.LISTENERS))
    tables = dump.route_tables(_part(cluster, pod, dump.ROUTES))
    return Facts(
        target=target,
        cluster=cluster.name,
        pod=f"{pod.namespace}/{pod.name}",
        addresses=addresses,
        route=find_route(chains, tables, target, addresses or ()),
        reached=[],
        identity=dump.identity(cluster.admin(pod, "GET", dump.SECRETS)),
    )


def _endpoint_names(cluster: Cluster, target: Target) -> tuple[str, ...]:
    """The host names that ServiceEntries give as the addresses of the target's endpoints."""
    try:
        entries = cluster.objects("ServiceEntry")
    except MeshError:
        return ()
    found = [
        str(endpoint.get("address") or "")
        for entry in entries
        if set(entry["spec"].get("hosts") or ()) & set(target.names)
        for endpoint in entry["spec"].get("endpoints") or ()
    ]
    return tuple(name for name in dict.fromkeys(found) if not is_address(name))


def _part(cluster: Cluster, pod: PodRef, path: str) -> str:
    """A part of the configuration that a proxy may lack, as one without HTTP ports lacks routes."""
    try:
        return cluster.admin(pod, "GET", path)
    except MeshError:
        return "{}"


def _send(cluster: Cluster, pod: PodRef, plan: SamplePlan, facts: Facts) -> None:
    if facts.addresses == ():
        facts.unsent = "the name does not resolve"
        return
    token = str(uuid.uuid4())
    marked = SamplePlan(
        url=plan.url,
        method=plan.method,
        headers={**log.mark(token), **plan.headers},
        requests=plan.requests,
        keepalive=False,
        timeout_s=plan.timeout_s,
    )
    facts.records = cluster.sample(pod, marked, lambda _answers: None)
    facts.log = _logged(cluster, pod, token)


def _logged(cluster: Cluster, pod: PodRef, token: str) -> list[Logged]:
    try:
        return log.read(cluster.proxy_log(pod, _LOG_LINES), token)
    except MeshError:
        # evidence that may be had, not evidence that must
        return []
