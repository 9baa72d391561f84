# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds that an analysis looks at, and those that touch traffic and are not looked at."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.snapshot import (
    KINDS,
    names_only,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    metadata,
    name_of,
)

# controllers whose pods count where the pods themselves are not given
# what is asked of a live cluster
LIVE = (*KINDS, "ConfigMap", "Secret", "StatefulSet", "DaemonSet")
READ = frozenset({*LIVE, *well_known.WORKLOADS, "ServiceAccount"})
NEEDS_SPEC = frozenset(
    {"DestinationRule", "ServiceEntry", "WorkloadEntry", "Service", "Pod", *well_known.WORKLOADS}
)
# they change where requests go, or whether they arrive
UNMODELLED: t.Final[t.Mapping[str, str]] = {
    "EnvoyFilter": "changes Envoy's configuration after istiod made it",
    "WasmPlugin": "runs code in proxies",
    "AuthorizationPolicy": "may refuse requests",
    "RequestAuthentication": "may refuse requests",
    "NetworkPolicy": "may keep pods from each other",
    "CiliumNetworkPolicy": "may keep pods from each other",
    "CiliumClusterwideNetworkPolicy": "may keep pods from each other",
    "AdminNetworkPolicy": "may keep pods from each other",
    "TCPRoute": "may send connections elsewhere",
    "TLSRoute": "may send connections elsewhere",
    "ServiceExport": "multi-cluster Services of the MCS API",
    "ServiceImport": "multi-cluster Services of the MCS API",
}


def is_unmodelled(obj: KubernetesObject) -> bool:
    """Does the object change where requests go in a way that is not modelled?"""
    return obj.get("kind") in UNMODELLED and isinstance(obj.get("metadata"), dict)


def is_read(obj: KubernetesObject) -> bool:
    """Does anything of an analysis depend on the object?"""
    kind = obj.get("kind")
    if kind not in READ:
        return False
    # a kind of the core has no group; others of its name, as Knative's Service, have one
    if (not well_known.GROUPS.get(kind)) != ("/" not in str(obj.get("apiVersion"))):
        return False
    meta = metadata(obj)
    if kind == "ConfigMap":
        return meta.get("namespace") == well_known.ROOT_NAMESPACE and (
            name_of(obj) == "istio" or str(name_of(obj)).startswith("istio-")
        )
    if kind == "Secret":
        labels = meta.get("labels")
        # Labels of a wrong shape are read, to be found.
        return not isinstance(labels, dict) or labels.get(well_known.REMOTE_CLUSTERS) == "true"
    if kind == "ReplicaSet":
        # that of a Deployment is the Deployment's business
        return not meta.get("ownerReferences")
    return True


def lean(obj: KubernetesObject) -> KubernetesObject:
    """Leave out of an object of the right shape what takes room and is not read.

    Of Secrets only the names of keys stay.
    """
    obj["metadata"].pop("managedFields", None)
    kind, spec, status = obj.get("kind"), obj.get("spec"), obj.get("status")
    if kind == "Secret":
        return names_only(obj)
    if kind == "Pod" and spec:
        for name in ("volumes", "tolerations", "securityContext"):
            spec.pop(name, None)
        for name in ("containers", "initContainers"):
            for container in spec.get(name) or ():
                _lean_container(container)
    if kind in ("Pod", "Node") and status:
        for name in ("containerStatuses", "initContainerStatuses", "images"):
            status.pop(name, None)
    return obj


def _lean_container(container: dict[str, t.Any]) -> None:
    for name in _CONTAINER_FIELDS:
        container.pop(name, None)
    if container.get("env"):
        container["env"] = [
            each for each in container["env"] if str(each.get("name")).startswith("ISTIO_META_")
        ]


_CONTAINER_FIELDS = (
    *("volumeMounts", "resources", "livenessProbe", "readinessProbe", "startupProbe"),
    *("securityContext", "lifecycle", "image", "imagePullPolicy"),
    *("terminationMessagePath", "terminationMessagePolicy"),
)
