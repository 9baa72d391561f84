# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making, repairing and removing loopback clusters."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import named_nodes
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    listening_sockets,
    processes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_state import LabState
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.manifests import diff_entry
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import KubernetesObject

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab

_CONTROL_PLANE = "control-plane"


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """The specification of a cluster; ``nodes`` is the module's option."""

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
        """Return the Node objects, named as kind names nodes. Raise InvalidInput for a name used twice."""
        return [_node(node) for node in named_nodes(self.nodes, self.name, "nodes")]


def create(
    lab: Lab, spec: ClusterSpec, envoy: str | None, *, check: bool = False
) -> dict[str, t.Any]:
    """Create the cluster or repair it; return a module's result."""
    lab.cluster_directory(spec.name)
    subnet, nodes = spec.subnet(), spec.node_objects()
    names = sorted(node["metadata"]["name"] for node in nodes)
    processes.envoy_path(envoy)
    listening_sockets.check_loopback()
    lab.check_usable()
    if check and not lab.exists():
        return {"changed": True, "nodes": names}
    lab.create()
    with lab.locked():
        lab.check_record()
        if check and spec.name not in lab.cluster_names():
            return {"changed": True, "nodes": names}
        changed = not check and lab.add_cluster(spec.name, subnet, envoy)
        state = LabState.load(lab, rebuild=True)
        store = state.store(spec.name)
        removed = [
            manifest
            for manifest in store.manifests.values()
            if manifest["kind"] == "Node" and manifest["metadata"]["name"] not in names
        ]
        changes = [*store.remove(removed), *store.apply(nodes)]
        rollout = state.reconcile(write=not check)
        allocation = lab.allocation(spec.name)
        network = lab.load_balancer_network()
    rollout.wait()
    return {
        "changed": changed or bool(changes or rollout.started or rollout.stopped),
        "diff": [diff_entry(item) for item in changes],
        "network": str(network),
        "pod_network": str(allocation.pod_network),
        "nodes": names,
        "started": [directory.name for directory in rollout.started],
        "warnings": rollout.mended,
    }


def remove(lab: Lab, name: str, *, check: bool = False) -> dict[str, t.Any]:
    """End the cluster's processes and remove its files, whatever state the lab is in."""
    directory = lab.cluster_directory(name)
    if check:
        return {"changed": lab.holds(name) or bool(processes.running(directory))}
    if not lab.prepare_removal():
        return {"changed": _stop_below(directory)}
    warnings: list[str] = []
    with lab.locked():
        stopped = _stop_below(directory)
        removed = lab.remove_cluster(name)
        if not lab.has_clusters():
            stopped |= _stop_below(lab.directory)
        elif removed:
            try:
                LabState.load(lab).reconcile(write=True)
            except MeshError as exc:
                warnings.append(f"the lab's other clusters do not work without {name}: {exc}")
    _check_removed(lab, name)
    return {"changed": stopped or removed, "warnings": warnings}


def _check_removed(lab: Lab, name: str) -> None:
    """Raise LabBroken if processes or files of a cluster are left."""
    directory = lab.cluster_directory(name)
    left = [str(process) for group in processes.running(directory).values() for process in group]
    if left or lab.holds(name):
        what = f"processes {', '.join(left)}" if left else "files"
        raise LabBroken(
            f"{what} of cluster {name} are left in {directory}; another run may work on the lab: end it,"
            " and remove the cluster again"
        )


def _stop_below(directory: Path) -> bool:
    found = [process for group in processes.running(directory).values() for process in group]
    processes.stop(found)
    return bool(found)


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
