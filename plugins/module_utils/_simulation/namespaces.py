# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects need their namespace. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)

# Kubernetes makes these itself
BUILT_IN = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})


def check_namespaces(objects: t.Iterable[KubernetesObject], cluster: str) -> None:
    """Raises InvalidInput for the first object in a namespace that does not exist."""
    objects = list(objects)
    known = {name_of(obj) for obj in objects if obj["kind"] == "Namespace"} | BUILT_IN
    for obj in objects:
        # pods go with their Deployment, which is checked itself
        if obj["kind"] == "Pod" or namespace_of(obj) in known or not namespace_of(obj):
            continue
        raise InvalidInput(
            f"{obj['kind']} {namespace_of(obj)}/{name_of(obj)}: cluster {cluster} has no namespace "
            f"{namespace_of(obj)}; apply the Namespace before or with it "
            f"(there are: {', '.join(sorted(known))})"
        )
