# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sample from one pod should show, by the model. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import (
    Scaled,
    WorkloadRef,
    drained,
    scaled,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import (
    Destination,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    CONNECTION,
    ServiceForecast,
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.snapshot import read_objects
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ServiceTarget,
    asker_of,
    find_port,
    find_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import reasons
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

_KEPT = (
    "a workload that is drained while requests flow goes on serving on the connections that it has; "
    "with connectionPool.http.maxRequestsPerConnection 1 it has none"
)
# what only a pod that was seen can be known by
_OF_PODS = frozenset({"instance", "locality", "cluster"})


@dataclass(frozen=True, slots=True)
class SampleForecast:
    """Expected shares by name, adding up to 1; or ``problem`` says why there are none."""

    shares: t.Mapping[str, float]
    # exact or random
    model: str = ""
    # the part of all requests that fails
    lost: float = 0.0
    because: tuple[str, ...] = ()
    problem: str = ""
    # the whole forecast as plain data; empty where the service or the client is unknown
    document: t.Mapping[str, t.Any] = field(default_factory=dict)


def forecast_sample(
    clusters: t.Sequence[Cluster],
    client: PodRef,
    target: tuple[str, int],
    by: str,
    down: t.Iterable[WorkloadRef] = (),
    *,
    sizes: t.Iterable[Scaled] = (),
    drains: bool = False,
) -> SampleForecast:
    """For requests to a host and port from a pod of the first cluster; ``down`` is drained.

    ``sizes``: Deployments with another number of pods than they have.
    ``drains``: something is drained while requests flow.
    """
    local = clusters[0].name
    objects = {cluster.name: read_objects(cluster) for cluster in clusters}
    try:
        resized = scaled(objects, local, sizes)
        world = Topology(resized, drained(resized, local, down))
        pod = world.pod(local, f"{client.namespace}/{client.name}")
        if pod is None:
            raise NotFound(f"pod {client.namespace}/{client.name} is gone")
        asker = asker_of(world, local, pod)
        service = find_service(world.view(local), target[0], client.namespace)
        plan = forecast_service(world, asker, ServiceTarget(service, find_port(service, target[1])))
    except MeshError as exc:
        return SampleForecast({}, problem=str(exc))
    found = from_service_forecast(plan, by)
    if drains and not plan.upstream.one_request_a_connection:
        found = SampleForecast({}, problem=_KEPT)
    return replace(found, document=as_dict(plan, (by,)))


def from_service_forecast(plan: ServiceForecast, by: str) -> SampleForecast:
    """What the plan says by this name."""
    why = (*reasons(plan), *plan.outlook.reasons, *plan.answers.reasons)
    if plan.lost >= 1:
        return SampleForecast({}, lost=1.0, because=why, problem=f"every request fails: {why[-1]}")
    problem = _problem(plan, by)
    if problem:
        return SampleForecast({}, because=why, problem=problem)
    shares: dict[str, float] = {}
    for leaf in plan.leaves:
        name = _name(leaf, by)
        if name is not None:
            shares[name] = shares.get(name, 0.0) + leaf.share / (1 - plan.lost)
    return SampleForecast(shares, plan.model(by), plan.lost, why)


def _name(leaf: Destination, by: str) -> str | None:
    return leaf.value(by) if leaf.pod or by not in _OF_PODS else None


def _problem(plan: ServiceForecast, by: str) -> str:
    if plan.routed_by:
        return f"VirtualService {plan.routed_by} routes the requests, which is not modelled"
    if plan.upstream.assignment.nondeterministic:
        return "keys of the rule overlap, so istiod answers differently from push to push"
    if plan.upstream.assignment.zone_aware:
        return "zone-aware routing depends on where all clients are, which is not modelled"
    busy = [leaf for leaf in plan.leaves if leaf.share]
    unnamed = sorted({leaf.workload for leaf in busy if not _name(leaf, by)})
    if unnamed:
        return (
            f"{', '.join(unnamed)}: no {by} is known, by which to tell answers apart; name the "
            "cluster behind a gateway in peers, or tell answers apart by another name"
        )
    if len({_name(leaf, by) for leaf in busy}) > 1 and plan.model(by) == CONNECTION:
        return (
            "a gateway chooses once for each connection, so nothing can be said about requests; "
            "with connectionPool.http.maxRequestsPerConnection 1 each has its own connection"
        )
    return ""
