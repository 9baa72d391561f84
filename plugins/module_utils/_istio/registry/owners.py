# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workloads that pods belong to, as their owner references say."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    labels_of,
    metadata,
    name_of,
    namespace_of,
)

_DEPLOYMENT = "Deployment"


def controller(pod: KubernetesObject) -> tuple[str, str, str]:
    """Return namespace, kind and name of the workload that owns the pod; no kind and name without one.

    A Deployment's pods belong to its ReplicaSet, whose name ends with the hash of the template.
    """
    namespace = namespace_of(pod)
    digest = labels_of(pod).get(well_known.TEMPLATE_HASH)
    for owner in metadata(pod).get("ownerReferences") or ():
        kind, name = str(owner.get("kind") or ""), str(owner.get("name") or "")
        if not owner.get("controller", True):
            continue
        if kind == "ReplicaSet" and digest and name.endswith(f"-{digest}"):
            return namespace, _DEPLOYMENT, name.removesuffix(f"-{digest}")
        return namespace, kind, name
    return namespace, "", ""


def deployment_of(pod: KubernetesObject) -> tuple[str, str] | None:
    """Return the namespace and name of the Deployment that a pod belongs to."""
    namespace, kind, name = controller(pod)
    return (namespace, name) if kind == _DEPLOYMENT else None


def workload_name(pod: KubernetesObject) -> str:
    """Return the Deployment or other controller of the pod, or the pod's own name."""
    return controller(pod)[2] or name_of(pod)
