# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that controllers do to the objects of one loopback cluster. Private to this collection."""

from __future__ import annotations

import datetime
import random as random_module
import typing as t
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    assign_cluster_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.auto_addresses import (
    allocate_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.load_balancers import (
    LoadBalancers,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.namespaces import (
    check_namespaces,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.pools import check_pools
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.workloads import (
    WorkloadController,
)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Context:
    """What the controllers of one cluster need to know besides its objects."""

    cluster: str
    pod_network: IPv4Network
    service_network: IPv4Network
    # where pools must lie; None: anywhere
    load_balancer_network: IPv4Network | None = None
    # the objects of the lab's other clusters, whose pools share that network
    other_clusters: t.Mapping[str, t.Sequence[KubernetesObject]] = field(default_factory=dict)
    random: random_module.Random = field(default_factory=random_module.SystemRandom)
    now: str = field(default_factory=_now)


def reconcile(objects: t.Sequence[KubernetesObject], context: Context) -> list[KubernetesObject]:
    """The objects as they should be: with pods, addresses and status.

    The objects given are not changed; those that are right already are returned as they are. Pods
    come last. Raises MeshError when something cannot be brought about, naming it.
    """
    check_namespaces(objects, context.cluster)
    check_pools({context.cluster: objects, **context.other_clusters}, context.load_balancer_network)
    result = assign_cluster_addresses(objects, context.service_network)
    result = WorkloadController(
        result, context.cluster, context.pod_network, context.random, context.now
    ).run()
    result = LoadBalancers(result, context.cluster).run()
    return allocate_addresses(result)
