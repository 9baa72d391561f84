# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster was made from, kept in its control plane. Private to this collection.

Most of it cannot be asked for afterwards. The record is also the sign that this collection made the
cluster, and made it to the end.
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
    """What the cluster was made from; None when this collection did not make or finish it."""
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
    """Whose cluster it is; None when the record does not say, or cannot be read."""
    try:
        found: t.Any = json.loads(engine.read(container, PATH) or b"{}")
        owner: str | None = found.get("owner")
    except (ValueError, AttributeError):
        return None
    return owner


def write_record(engine: Engine, container: str, wish: ClusterSpec) -> None:
    document: dict[str, t.Any] = {"format": FORMAT, **dataclasses.asdict(wish)}
    engine.write(container, {PATH: json.dumps(document, indent=1) + "\n"})


def merge(recorded: ClusterSpec, wanted: ClusterSpec) -> ClusterSpec:
    """What the cluster is after the wish came true: what was not asked for stays as it was."""
    optional = {
        item.name: getattr(recorded, item.name)
        for item in dataclasses.fields(ClusterSpec)
        if getattr(wanted, item.name) is None
    }
    return dataclasses.replace(wanted, **optional)


def without_mirrors(wish: ClusterSpec) -> ClusterSpec:
    """A cluster that was made just now: mirrors come afterwards."""
    return dataclasses.replace(wish, registry_mirrors={})


def state_node(wish: ClusterSpec) -> str:
    """The node that keeps the record."""
    return next(node.name for node in wish.nodes if node.role == CONTROL_PLANE)
