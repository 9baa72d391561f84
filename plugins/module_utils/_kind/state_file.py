# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record what a cluster was made from, in a file of its control plane.

Most of that cannot be read from a cluster. The file also tells that this collection made the
cluster, and completed it.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import CONTROL_PLANE
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec, NodeSpec

PATH = "/kind/eastwest-mesh.json"
FORMAT = 1


def read_record(engine: Engine, container: str) -> ClusterSpec | None:
    """Return the spec that the cluster was made from; None where its creation was not completed."""
    content = engine.read(container, PATH)
    if content is None:
        return None
    try:
        found = json.loads(content)
        if found.pop("format") != FORMAT:
            raise LabBroken(
                f"{container}:{PATH} was written by another version of this collection; "
                "delete the cluster and make it anew"
            )
        nodes = [NodeSpec(**node) for node in found.pop("nodes")]
        return ClusterSpec(nodes=nodes, **found)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise LabBroken(f"{container}:{PATH} is damaged ({exc}); delete the cluster") from exc


def read_owner(engine: Engine, container: str) -> str | None:
    """Return the cluster's owner; None where the record has none, or is damaged."""
    try:
        found: t.Any = json.loads(engine.read(container, PATH) or b"{}")
        owner: str | None = found.get("owner")
    except (ValueError, AttributeError):
        return None
    return owner


def write_record(engine: Engine, container: str, spec: ClusterSpec) -> None:
    document: dict[str, t.Any] = {"format": FORMAT, **dataclasses.asdict(spec)}
    engine.write(container, {PATH: json.dumps(document, indent=1) + "\n"})


def merge(recorded: ClusterSpec, spec: ClusterSpec) -> ClusterSpec:
    """Return the state after the spec is applied: options left out stay as recorded."""
    optional = {
        item.name: getattr(recorded, item.name)
        for item in dataclasses.fields(ClusterSpec)
        if getattr(spec, item.name) is None
    }
    return dataclasses.replace(spec, **optional)


def without_mirrors(spec: ClusterSpec) -> ClusterSpec:
    """Return the spec of a cluster that was just made: mirrors are set later."""
    return dataclasses.replace(spec, registry_mirrors={})


def state_node(spec: ClusterSpec) -> str:
    """Return the node that keeps the record."""
    return next(node.name for node in spec.nodes if node.role == CONTROL_PLANE)
