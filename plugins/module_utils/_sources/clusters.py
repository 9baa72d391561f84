# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters that sources hold: directories with manifests or dumps, and live contexts."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_documents import BrokenYaml
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    metadata,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.contexts import read_context
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.files import (
    directory_entries,
    files_below,
    is_manifest,
    read_text,
    source_files,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.objects import ObjectReader
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.repeated import (
    without_repeated,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    SourceContent,
    SourceObject,
)

LOCAL = "local"
Clusters: t.TypeAlias = dict[str, SourceContent]


def read_sources(sources: t.Sequence[str] | t.Mapping[str, t.Any]) -> Clusters:
    """Return what files and directories hold, by cluster.

    Of a mapping the keys are clusters. A directory whose directories each hold a cluster gives
    these. Raise InvalidInput for a path without manifests.
    """
    if isinstance(sources, t.Mapping):
        found = {str(name): _read(_paths(each)) for name, each in sources.items()}
    else:
        paths = _paths(sources)
        found = _cluster_directories(paths) or {LOCAL: _read(paths)}
    for content in found.values():
        without_repeated(content)
    return found


def read_contexts(
    contexts: t.Sequence[str], kubeconfig: str | None, namespaces: t.Sequence[str] = ()
) -> Clusters:
    """Return what live clusters, or some namespaces of them, hold, by context. Nothing is written."""
    return {name: read_context(name, kubeconfig, namespaces) for name in contexts}


def _paths(sources: t.Any) -> list[Path]:
    listed = [sources] if isinstance(sources, str) else sources
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise InvalidInput(
            "source: it must be a path, a list of paths, or a mapping of clusters to these"
        )
    if not listed or not all(each.strip() for each in listed):
        raise InvalidInput("source: the path is empty; name a file or a directory with manifests")
    return [Path(each).expanduser() for each in listed]


def _read(paths: t.Iterable[Path]) -> SourceContent:
    reader = ObjectReader()
    for path in paths:
        for file in source_files(path):
            try:
                text = read_text(file)
            except BrokenYaml as exc:
                reader.note_broken(exc, shown(file))
            else:
                reader.read(text, shown(file))
    return reader.content


def shown(path: Path) -> str:
    """Return a path as short as it is clear: below the working directory without that."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return str(path)
    return str(path) if relative.startswith("..") else relative


def _cluster_directories(paths: t.Sequence[Path]) -> Clusters:
    """Return the clusters of a directory that has nothing but directories of clusters."""
    if len(paths) != 1 or not paths[0].is_dir():
        return {}
    entries = directory_entries(paths[0])
    below = [each for each in entries if each.is_dir() and files_below(each)]
    if len(below) < 2 or any(map(is_manifest, entries)):
        return {}
    found = {each.name: _read([each]) for each in below}
    return found if sum(map(_is_cluster, found.values())) > 1 else {}


def _is_cluster(content: SourceContent) -> bool:
    """Has it what each cluster has for itself: nodes, or a control plane's namespace or settings?"""
    return any(map(_is_of_one_cluster, content.objects))


def _is_of_one_cluster(found: SourceObject) -> bool:
    kind, meta = found.obj["kind"], metadata(found.obj)
    root = well_known.ROOT_NAMESPACE
    return kind == "Node" or (
        (kind == "Namespace" and meta.get("name") == root)
        or (kind == "ConfigMap" and meta.get("namespace") == root)
    )
