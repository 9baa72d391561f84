# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making, repairing and removing loopback clusters."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import named_nodes
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import processes
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_state import LabState
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.manifests import diff_entry
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import KubernetesObject

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab

_CONTROL_PLANE = "control-plane"


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A cluster as users describe it; ``nodes`` as the module's option of that name."""

    name: str
    nodes: t.Sequence[t.Mapping[str, t.Any]]
    service_subnet: str

    def subnet(self) -> IPv4Network:
        try:
            return IPv4Network(self.service_subnet)
        except ValueError as exc:
            raise InvalidInput(
                f"service_subnet: '{self.service_subnet}' is not an IPv4 network"
                f" like 10.255.10.0/24: {exc}"
            ) from None

    def node_objects(self) -> list[KubernetesObject]:
        """The Node objects, named as kind names nodes. Raise InvalidInput for a name used twice."""
        return [_node(node) for node in named_nodes(self.nodes, self.name, "nodes")]


def create(
    lab: Lab, spec: ClusterSpec, envoy: str | None, *, check: bool = False
) -> dict[str, t.Any]:
    """Makes the cluster or repairs it; a module's result."""
    subnet, nodes = spec.subnet(), spec.node_objects()
    processes.envoy_path(envoy)
    lab.check_usable()
    if check and not lab.exists():
        return {"changed": True, "nodes": [node["metadata"]["name"] for node in nodes]}
    lab.create()
    with lab.locked():
        if check and spec.name not in lab.cluster_names():
            return {"changed": True, "nodes": [node["metadata"]["name"] for node in nodes]}
        changed = not check and lab.add_cluster(spec.name, subnet, envoy)
        state = LabState.load(lab)
        store = state.store(spec.name)
        names = {node["metadata"]["name"] for node in nodes}
        removed = [
            manifest
            for manifest in store.manifests.values()
            if manifest["kind"] == "Node" and manifest["metadata"]["name"] not in names
        ]
        changes = [*store.remove(removed), *store.apply(nodes)]
        rollout = state.reconcile(write=not check)
        allocation = lab.allocation(spec.name)
    rollout.wait()
    return {
        "changed": changed or bool(changes or rollout.started or rollout.stopped),
        "diff": [diff_entry(item) for item in changes],
        "network": str(lab.load_balancer_network()),
        "pod_network": str(allocation.pod_network),
        "nodes": sorted(names),
        "started": [directory.name for directory in rollout.started],
    }


def remove(lab: Lab, name: str, *, check: bool = False) -> dict[str, t.Any]:
    """Ends the cluster's processes and removes its files, also those of a damaged lab."""
    directory = lab.cluster_directory(name)
    found = [pid for pids in processes.running(directory).values() for pid in pids]
    if not lab.exists():
        if not check:
            processes.stop(found)
        return {"changed": bool(found)}
    with lab.locked():
        known = name in lab.cluster_names()
        if not check:
            processes.stop(found)
            lab.remove_cluster(name)
            if lab.exists():
                LabState.load(lab).reconcile(write=True)
    return {"changed": known or bool(found)}


def _node(node: t.Mapping[str, t.Any]) -> KubernetesObject:
    labels = {well_known.HOSTNAME: node["name"], **node["labels"]}
    spec: dict[str, t.Any] = {}
    if node["role"] == _CONTROL_PLANE:
        labels[well_known.CONTROL_PLANE_ROLE] = ""
        spec["taints"] = [{"key": well_known.CONTROL_PLANE_ROLE, "effect": "NoSchedule"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node["name"], "labels": labels},
        "spec": spec,
    }
