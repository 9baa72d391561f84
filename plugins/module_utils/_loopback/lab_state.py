# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of all clusters of a lab, from manifests to running Envoys."""

from __future__ import annotations

import contextlib
import functools
import random
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
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
    ProxySpec,
    Rollout,
    plan,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import Change, Store
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.reconcile import (
    Context,
    reconcile,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab


class PodChange(t.NamedTuple):
    """The pods of a cluster before and after a change."""

    before: list[KubernetesObject]
    after: list[KubernetesObject]


class LabState:
    """The stores of a lab's clusters; a change in one may concern proxies of all."""

    def __init__(self, lab: Lab, stores: dict[str, Store]) -> None:
        self._lab = lab
        self._stores = stores

    @classmethod
    def load(cls, lab: Lab, *, rebuild: bool = False) -> LabState:
        """Read the clusters' objects; with ``rebuild`` those of a cluster may be missing.

        Raise LabBroken for damaged and missing files.
        """
        allocations = [lab.allocation(name) for name in lab.cluster_names()]
        stores = {each.name: Store.load(each.directory, rebuild=rebuild) for each in allocations}
        return cls(lab, stores)

    def store(self, cluster: str) -> Store:
        """Raise NotFound, naming the lab's clusters, for an unknown one."""
        self._lab.allocation(cluster)
        return self._stores[cluster]

    def cluster_states(self) -> list[ClusterState]:
        return [ClusterState(name, store.objects) for name, store in self._stores.items()]

    def push_context(self, cluster: str) -> PushContext:
        """Return the push context of one cluster's istiod."""
        self.store(cluster)
        return PushContext.of(self.cluster_states(), cluster)

    def reconcile(self, *, write: bool, new_pods_ready_later: bool = False) -> Rollout:
        """Run the controllers, generate the proxies' configuration and, with ``write``, roll it out.

        Raise MeshError for input that cannot work before anything is changed; the objects are saved
        once they are rolled out. With ``new_pods_ready_later`` new pods are endpoints only after the
        next call.
        """
        before = self._pods_by_address()
        for pod in before.values():
            pod["status"]["conditions"] = _ready("True")
        self._run_controllers()
        if new_pods_ready_later:
            for address, pod in self._pods_by_address().items():
                if address not in before:
                    pod["status"]["conditions"] = _ready("False")
        states = self.cluster_states()
        proxies: list[ProxySpec] = []
        for name in self._stores:
            push = PushContext.of(states, name)
            directory = functools.partial(self._lab.pod_directory, name)
            proxies += ProxyConfigGenerator(push, directory).proxies()
        if not write:
            return Rollout()
        planned = plan(self._lab, proxies, self._lab.envoy)
        # before anything uses the lab's addresses
        self._lab.save()
        rollout = planned.execute()
        for store in self._stores.values():
            store.save()
        return rollout

    def _pods_by_address(self) -> dict[tuple[str, str], KubernetesObject]:
        """Return all pods by cluster and address."""
        return {
            (name, obj["status"]["podIP"]): obj
            for name, store in self._stores.items()
            for obj in store.objects
            if obj["kind"] == "Pod"
        }

    def _run_controllers(self) -> None:
        desired = {name: store.desired() for name, store in self._stores.items()}
        for name, store in self._stores.items():
            allocation = self._lab.allocation(name)
            others = {other: objects for other, objects in desired.items() if other != name}
            context = Context(
                cluster=name,
                pod_network=allocation.pod_network,
                service_network=allocation.service_subnet,
                load_balancer_network=self._lab.load_balancer_network(),
                other_clusters=others,
                random=random.SystemRandom(),
            )
            store.objects = reconcile(desired[name], context)


def _ready(status: str) -> list[KubernetesObject]:
    return [{"type": "Ready", "status": status}]


def locked_lab(lab: Lab) -> t.ContextManager[None]:
    """Lock the lab. Raise NotFound where there is none."""
    lab.check_exists()
    return lab.locked()


def revert(
    lab: Lab, cluster: str, changes: t.Iterable[Change], pods: PodChange | None = None
) -> None:
    """Undo changes that proxies have rejected, so that they fail no later run."""
    with contextlib.suppress(MeshError):
        with lab.locked():
            state = LabState.load(lab)
            store = state.store(cluster)
            store.revert(changes)
            # what another process has changed since stays
            if pods is not None and store.pods() == pods.after:
                store.objects = [*(o for o in store.objects if o["kind"] != "Pod"), *pods.before]
            rollout = state.reconcile(write=True)
        rollout.wait()
