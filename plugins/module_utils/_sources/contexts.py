# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a live cluster, as far as the user's rights go. Nothing is written."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import connect
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    NotAllowed,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources import kinds
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    SourceContent,
    SourceObject,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster


def read_context(
    name: str, kubeconfig: str | None, namespaces: t.Sequence[str] = ()
) -> SourceContent:
    """Return what the cluster of a context holds, or these namespaces of it.

    Raise MeshError where it does not answer, or nothing of it may be read; kinds that the user has
    no right to read are named in the content.
    """
    options = {"provider": "existing", "cluster": name, "context": name, "kubeconfig": kubeconfig}
    cluster = connect({"lab_directory": None, **options})
    content = SourceContent()
    for kind in (*kinds.LIVE, *kinds.UNMODELLED):
        _read_kind(cluster, kind, content, name, namespaces)
    if not content.objects and content.unreadable:
        first = next(iter(content.unreadable.values()))
        raise NotAllowed(f"{first}; with rights in some namespaces only, name these in namespaces")
    # in some namespaces, only what is behind their own Services is known for certain
    complete = {"Pod"} if namespaces else set(kinds.LIVE)
    content.complete_kinds = frozenset(complete - content.unreadable.keys())
    return content


def _read_kind(
    cluster: Cluster,
    kind: str,
    content: SourceContent,
    name: str,
    namespaces: t.Sequence[str],
) -> None:
    in_root = kind in ("ConfigMap", "Secret")
    labels = {well_known.REMOTE_CLUSTERS: "true"} if kind == "Secret" else None
    whole: t.Sequence[str | None] = [well_known.ROOT_NAMESPACE] if in_root else [None]
    for namespace in whole if in_root or kind in well_known.CLUSTER_SCOPED else namespaces or whole:
        try:
            found: list[KubernetesObject] = cluster.objects(kind, namespace, labels)
        except NotSupported:
            return
        except NotAllowed as exc:
            content.unreadable[kind] = str(exc)
            continue
        for obj in found:
            if kinds.is_read(obj):
                content.objects.append(SourceObject(kinds.lean(obj), f"context {name}"))
            elif kinds.is_unmodelled(obj):
                content.other_kinds[kind] += 1
                content.unmodelled.append(obj)
