# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a cluster with its spec."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import (
    LOAD_BALANCER,
    Container,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec, NodeSpec

# What kind fixes when it makes the cluster
IMMUTABLE = (
    "node_image",
    "pod_subnet",
    "service_subnet",
    "ip_family",
    "api_server_address",
    "api_server_port",
    "containerd_patches",
)
DEFAULTS = {
    "pod_subnet": "10.244.0.0/16",
    "service_subnet": "10.96.0.0/16",
    "ip_family": "ipv4",
    "api_server_address": "127.0.0.1",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that only a new cluster can have otherwise."""

    what: str
    before: t.Any
    after: t.Any

    def __str__(self) -> str:
        return f"{self.what} is {self.before} and should be {self.after}"


def differences(
    spec: ClusterSpec, recorded: ClusterSpec, containers: t.Sequence[Container]
) -> list[Difference]:
    """Return the differences that need a new cluster; labels and mirrors do not."""
    defaults = {**DEFAULTS, "node_image": next((node.image for node in containers), "")}
    found = []
    for option in IMMUTABLE:
        before = getattr(recorded, option)
        before = defaults.get(option) if before is None else before
        after = getattr(spec, option)
        if after not in (None, before):
            found.append(Difference(option, before or "kind's choice", after))
    roles = {node.name: node.role for node in containers if node.role != LOAD_BALANCER}
    node_specs = {node.name: node for node in spec.nodes}
    originals = {node.name: node for node in recorded.nodes}
    for name in sorted(roles.keys() | node_specs.keys()):
        node_spec = node_specs.get(name)
        if (node_spec and node_spec.role) != roles.get(name):
            after = node_spec.role if node_spec else "absent"
            found.append(Difference(f"node {name}", roles.get(name, "absent"), after))
        elif node_spec:
            found += _node_differences(node_spec, originals.get(name))
    return found


def _node_differences(spec: NodeSpec, original: NodeSpec | None) -> list[Difference]:
    if original is None:
        return []
    return [
        Difference(f"{text} of {spec.name}", getattr(original, key), getattr(spec, key))
        for key, text in (("mounts", "extra_mounts"), ("ports", "port_mappings"))
        if getattr(original, key) != getattr(spec, key)
    ]


def label_changes(
    spec: NodeSpec, recorded: t.Mapping[str, str], found: t.Mapping[str, str]
) -> dict[str, str | None]:
    """Return the labels to set on a node, and with None those to remove.

    Only localities and labels that this collection has set are removed.
    """
    ours = {*recorded, *LOCALITY_LABELS}
    changes: dict[str, str | None] = dict.fromkeys(sorted(ours & found.keys() - spec.labels.keys()))
    return changes | {key: value for key, value in spec.labels.items() if found.get(key) != value}
