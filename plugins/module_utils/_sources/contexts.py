# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a live cluster, as far as the user's rights go. Nothing is written."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import connect
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
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


def read_context(name: str, kubeconfig: str | None) -> SourceContent:
    """Return what the cluster of a context holds.

    Raise MeshError where it cannot be reached; kinds that may not be read are named in the content.
    """
    options = {"provider": "existing", "cluster": name, "context": name, "kubeconfig": kubeconfig}
    cluster = connect({"lab_directory": None, **options})
    content = SourceContent()
    # the first answer tells whether there is a cluster at all
    cluster.objects("Service", well_known.ROOT_NAMESPACE)
    for kind in (*kinds.LIVE, *kinds.UNMODELLED):
        _read_kind(cluster, kind, content, name)
    content.complete_kinds = frozenset(kinds.LIVE) - content.unreadable.keys()
    return content


def _read_kind(cluster: Cluster, kind: str, content: SourceContent, name: str) -> None:
    namespace = well_known.ROOT_NAMESPACE if kind in ("ConfigMap", "Secret") else None
    labels = {well_known.REMOTE_CLUSTERS: "true"} if kind == "Secret" else None
    try:
        found: list[KubernetesObject] = cluster.objects(kind, namespace, labels)
    except NotSupported:
        return
    except MeshError as exc:
        content.unreadable[kind] = str(exc)
        return
    for obj in found:
        if kinds.is_read(obj):
            content.objects.append(SourceObject(kinds.lean(obj), f"context {name}"))
        elif kind in kinds.UNMODELLED:
            content.other_kinds[kind] += 1
