# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass of the controllers of a simulated cluster: pods, addresses, status."""

from __future__ import annotations

import datetime
import random as random_module
import typing as t
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    assign_cluster_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.auto_addresses import (
    allocate_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.deployments import (
    WorkloadController,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.load_balancers import (
    LoadBalancers,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.metallb_pools import (
    check_pools,
)

# Kubernetes creates these itself
_BUILT_IN_NAMESPACES = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Context:
    """The parameters of one cluster's controllers."""

    cluster: str
    pod_network: IPv4Network
    service_network: IPv4Network
    # the network that address pools must be part of; None: any
    load_balancer_network: IPv4Network | None = None
    # the objects of the lab's other clusters, whose pools are part of the same network
    other_clusters: t.Mapping[str, t.Sequence[KubernetesObject]] = field(default_factory=dict)
    random: random_module.Random = field(default_factory=random_module.SystemRandom)
    now: str = field(default_factory=_now)


def reconcile(objects: t.Sequence[KubernetesObject], context: Context) -> list[KubernetesObject]:
    """Return the objects with their pods, addresses and status; pods come last.

    The arguments are not changed; an object that is up to date is returned itself. Raise MeshError,
    naming the object, when it cannot be reconciled.
    """
    _check_namespaces(objects, context.cluster)
    check_pools({context.cluster: objects, **context.other_clusters}, context.load_balancer_network)
    result = assign_cluster_addresses(objects, context.service_network)
    result = WorkloadController(
        result, context.cluster, context.pod_network, context.random, context.now
    ).run()
    result = LoadBalancers(result, context.cluster).run()
    return allocate_addresses(result)


def _check_namespaces(objects: t.Iterable[KubernetesObject], cluster: str) -> None:
    """Raise InvalidInput for the first object whose namespace does not exist."""
    objects = list(objects)
    known = {name_of(obj) for obj in objects if obj["kind"] == "Namespace"} | _BUILT_IN_NAMESPACES
    for obj in objects:
        # pods go with their Deployment, which is checked itself
        if obj["kind"] == "Pod" or namespace_of(obj) in known or not namespace_of(obj):
            continue
        raise InvalidInput(
            f"{obj['kind']} {namespace_of(obj)}/{name_of(obj)}: cluster {cluster} has no namespace "
            f"{namespace_of(obj)}; apply the Namespace before or with it "
            f"(there are: {', '.join(sorted(known))})"
        )
