# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backends of HTTPRoutes and GRPCRoutes, and the ReferenceGrants that allow those of others."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_errors import (
    NotConvertible,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

_SERVICE = ("", "Service")
_IMPORT = ("multicluster.x-k8s.io", "ServiceImport")
_HOST_NAME = ("networking.istio.io", "Hostname")


class BackendOwner(t.NamedTuple):
    """What of a route decides about its backends; at Services, routes need no grants."""

    kind: str
    namespace: str
    needs_grants: bool


def destination(cluster: ClusterState, owner: BackendOwner, reference: Raw) -> Raw:
    """Return the ``destination`` of a backend; if refused, without a host, but with a ``problem``.

    Raise NotConvertible where istiod leaves out the whole route.
    """
    kind = (str(reference.get("group") or ""), str(reference.get("kind") or "Service"))
    name = str(reference.get("name") or "")
    namespace = str(reference.get("namespace") or owner.namespace)
    if owner.needs_grants and not _is_granted(cluster, owner, kind, name, namespace):
        return {
            "problem": f"no ReferenceGrant in namespace {namespace} lets {owner.kind}s of "
            f"namespace {owner.namespace} send to {kind[1]} {name}"
        }
    if kind not in (_SERVICE, _IMPORT, _HOST_NAME):
        return {"problem": f"a backend of kind {'/'.join(filter(None, kind))} is not supported"}
    if kind == _SERVICE and "." in name:
        raise NotConvertible(f"the backend {name} must be the name of a Service, not a host")
    if kind == _HOST_NAME and reference.get("namespace"):
        raise NotConvertible(f"the backend {name} of kind Hostname must have no namespace")
    if reference.get("port") is None:
        raise NotConvertible(f"the backend {name} has no port")
    host = name if kind == _HOST_NAME else f"{name}.{namespace}.{well_known.SERVICE_SUFFIX}"
    return {"host": host, "port": {"number": int(reference["port"])}}


def missing_grant(
    cluster: ClusterState, owner: BackendOwner, references: t.Iterable[Raw]
) -> KubernetesObject | None:
    """Return the ReferenceGrant that a route's backends lack; of several namespaces, that of the first."""
    lacking: dict[str, list[Raw]] = {}
    for each in references:
        kind = (str(each.get("group") or ""), str(each.get("kind") or "Service"))
        name = str(each.get("name") or "")
        namespace = str(each.get("namespace") or owner.namespace)
        if not _is_granted(cluster, owner, kind, name, namespace):
            target = {"group": kind[0], "kind": kind[1], "name": name}
            if target not in lacking.setdefault(namespace, []):
                lacking[namespace].append(target)
    if not lacking:
        return None
    namespace = next(iter(lacking))
    source = {"group": well_known.GATEWAY_API, "kind": owner.kind, "namespace": owner.namespace}
    return {
        "apiVersion": f"{well_known.GATEWAY_API}/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": f"{owner.kind.lower()}s-of-{owner.namespace}", "namespace": namespace},
        "spec": {"from": [source], "to": lacking[namespace]},
    }


def is_known(cluster: ClusterState, reference: Raw, namespace: str) -> bool:
    """Tell whether the Service that a route's backend names is in the cluster."""
    place = str(reference.get("namespace") or namespace)
    return cluster.get("Service", str(reference.get("name") or ""), place) is not None


def _is_granted(
    cluster: ClusterState, owner: BackendOwner, kind: tuple[str, str], name: str, namespace: str
) -> bool:
    if namespace == owner.namespace:
        return True
    wanted = {"group": well_known.GATEWAY_API, "kind": owner.kind, "namespace": owner.namespace}
    return any(
        wanted.items() <= source.items()
        and (str(target.get("group") or ""), target.get("kind")) == kind
        and target.get("name") in (None, name)
        for grant in cluster.objects("ReferenceGrant", namespace)
        for source in spec_of(grant).get("from") or ()
        for target in spec_of(grant).get("to") or ()
    )
