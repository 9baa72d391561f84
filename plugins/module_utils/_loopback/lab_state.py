# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All clusters of a lab: from their manifests to running Envoys."""

from __future__ import annotations

import random
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.proxy_config import (
    ProxyConfigGenerator,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.rollout import (
    PodFiles,
    Rollout,
    roll_out,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import Store
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.reconcile import (
    Context,
    reconcile,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab


class LabState:
    """The stores of a lab's clusters. A change in one may reach proxies in all."""

    def __init__(self, lab: Lab, stores: dict[str, Store]) -> None:
        self._lab = lab
        self._stores = stores

    @classmethod
    def load(cls, lab: Lab) -> LabState:
        places = [lab.cluster(name) for name in lab.cluster_names()]
        return cls(lab, {place.name: Store.load(place.directory) for place in places})

    def of(self, cluster: str) -> Store:
        """Raises NotFound, naming the clusters that there are."""
        self._lab.cluster(cluster)
        return self._stores[cluster]

    def states(self) -> list[ClusterState]:
        return [ClusterState(name, store.objects) for name, store in self._stores.items()]

    def view(self, cluster: str) -> PushContext:
        """What the istiod of one cluster knows."""
        self.of(cluster)
        return PushContext.of(self.states(), cluster)

    def converge(self, *, write: bool, hold: bool = False) -> Rollout:
        """Computes everything; then, with ``write``, saves it and brings the Envoys to it.

        What cannot work is found while computing, before anything is touched.
        With ``hold`` new pods are nobody's endpoints until the next time.
        """
        before = self._pods()
        for pod in before.values():
            pod["status"]["conditions"] = _ready("True")
        self._reconcile()
        if hold:
            for address, pod in self._pods().items():
                if address not in before:
                    pod["status"]["conditions"] = _ready("False")
        states = self.states()
        pods: list[PodFiles] = []
        for name in self._stores:
            view = PushContext.of(states, name)
            pods += ProxyConfigGenerator(view, self._lab.cluster_directory(name)).pods()
        if not write:
            return Rollout()
        for store in self._stores.values():
            store.save()
        return roll_out(self._lab, pods, self._lab.envoy)

    def _pods(self) -> dict[tuple[str, str], KubernetesObject]:
        """All pods by cluster and address."""
        return {
            (name, obj["status"]["podIP"]): obj
            for name, store in self._stores.items()
            for obj in store.objects
            if obj["kind"] == "Pod"
        }

    def _reconcile(self) -> None:
        desired = {name: store.desired() for name, store in self._stores.items()}
        for name, store in self._stores.items():
            place = self._lab.cluster(name)
            others = {other: objects for other, objects in desired.items() if other != name}
            context = Context(
                cluster=name,
                pod_network=place.pod_network,
                service_network=place.service_subnet,
                load_balancer_network=self._lab.load_balancer_network(),
                other_clusters=others,
                random=random.SystemRandom(),
            )
            store.objects = reconcile(desired[name], context)


def _ready(status: str) -> list[KubernetesObject]:
    return [{"type": "Ready", "status": status}]


def locked_stores(lab: Lab) -> t.ContextManager[None]:
    """Raises NotFound where there is no lab."""
    lab.check_exists()
    return lab.locked()
