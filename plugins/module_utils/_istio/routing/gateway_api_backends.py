# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backends of HTTPRoutes and GRPCRoutes, and the ReferenceGrants that allow those of others."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import service_host
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

    @property
    def granted(self) -> dict[str, str]:
        """The route as an entry of ``from`` of a ReferenceGrant."""
        return {"group": well_known.GATEWAY_API, "kind": self.kind, "namespace": self.namespace}


class _Target(t.NamedTuple):
    """The object that a backend refers to: group and kind, name and namespace."""

    kind: tuple[str, str]
    name: str
    namespace: str

    @classmethod
    def of(cls, reference: Raw, namespace: str) -> _Target:
        """Read a backend of a route in ``namespace``."""
        return cls(
            (str(reference.get("group") or ""), str(reference.get("kind") or "Service")),
            str(reference.get("name") or ""),
            str(reference.get("namespace") or namespace),
        )


def destination(cluster: ClusterState, owner: BackendOwner, reference: Raw) -> Raw:
    """Return the ``destination`` of a backend; if refused, without a host, but with a ``problem``.

    Raise NotConvertible where istiod leaves out the whole route.
    """
    target = kind, name, namespace = _Target.of(reference, owner.namespace)
    if owner.needs_grants and not _is_granted(cluster, owner, target):
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
    host = name if kind == _HOST_NAME else service_host(name, namespace)
    return {"host": host, "port": {"number": int(reference["port"])}}


def missing_grant(
    cluster: ClusterState, owner: BackendOwner, references: t.Iterable[Raw]
) -> KubernetesObject | None:
    """Return the ReferenceGrant that a route's backends lack; of several namespaces, that of the first."""
    lacking: dict[str, list[Raw]] = {}
    for each in references:
        target = _Target.of(each, owner.namespace)
        if not _is_granted(cluster, owner, target):
            allowed = {"group": target.kind[0], "kind": target.kind[1], "name": target.name}
            if allowed not in lacking.setdefault(target.namespace, []):
                lacking[target.namespace].append(allowed)
    if not lacking:
        return None
    namespace = next(iter(lacking))
    return {
        "apiVersion": f"{well_known.GATEWAY_API}/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": f"{owner.kind.lower()}s-of-{owner.namespace}", "namespace": namespace},
        "spec": {"from": [owner.granted], "to": lacking[namespace]},
    }


def is_known(cluster: ClusterState, reference: Raw, namespace: str) -> bool:
    """Tell whether the Service that a route's backend names is in the cluster."""
    target = _Target.of(reference, namespace)
    return cluster.get("Service", target.name, target.namespace) is not None


def _is_granted(cluster: ClusterState, owner: BackendOwner, target: _Target) -> bool:
    if target.namespace == owner.namespace:
        return True
    return any(
        owner.granted.items() <= source.items()
        and (str(allowed.get("group") or ""), allowed.get("kind")) == target.kind
        and allowed.get("name") in (None, target.name)
        for grant in cluster.objects("ReferenceGrant", target.namespace)
        for source in spec_of(grant).get("from") or ()
        for allowed in spec_of(grant).get("to") or ()
    )
