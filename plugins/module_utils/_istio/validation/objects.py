# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Istio's webhook and the API server refuse: one list for labs, checker, roles and preflight."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import GATEWAY_API
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation import (
    destination_rules,
    gateway_api,
    gateways,
    kubernetes,
    mesh_settings,
    service_entries,
    sidecars,
    virtual_services,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    labels,
    object_name,
)

_KINDS: t.Final[t.Mapping[tuple[str, str], t.Callable[[Raw], Violations]]] = {
    ("", "Secret"): kubernetes.secret,
    ("", "Service"): kubernetes.service,
    ("apps", "Deployment"): kubernetes.deployment,
    (GATEWAY_API, "GRPCRoute"): gateway_api.grpc_route,
    (GATEWAY_API, "HTTPRoute"): gateway_api.http_route,
    ("metallb.io", "IPAddressPool"): kubernetes.address_pool,
    ("networking.istio.io", "DestinationRule"): destination_rules.destination_rule,
    ("networking.istio.io", "Gateway"): gateways.gateway,
    ("networking.istio.io", "ServiceEntry"): service_entries.service_entry,
    ("networking.istio.io", "Sidecar"): sidecars.sidecar,
    ("networking.istio.io", "VirtualService"): virtual_services.virtual_service,
    ("networking.istio.io", "WorkloadEntry"): service_entries.workload_entry,
    ("security.istio.io", "PeerAuthentication"): mesh_settings.peer_authentication,
}
# kinds of which more than names and labels is looked at; of Secrets hardly anything is kept
CHECKED_KINDS = frozenset({kind for _group, kind in _KINDS} - {"Secret"})
_MESH_KEYS: t.Final[t.Mapping[str, t.Callable[[Raw], Violations]]] = {
    "mesh": mesh_settings.mesh_config,
    "meshNetworks": mesh_settings.mesh_networks,
}


def violations(obj: Raw) -> Violations:
    """Find all that is refused of an object whose fields have the right types."""
    meta: Raw = obj.get("metadata") or {}
    yield from object_name(meta.get("name") or "", "metadata.name")
    yield from labels(meta.get("labels"), "metadata.labels")
    check = _KINDS.get((group_of(obj), str(obj.get("kind"))))
    if check:
        yield from check(obj)
    elif obj.get("kind") == "ConfigMap" and str(meta.get("name")).startswith("istio"):
        yield from _mesh(obj.get("data") or {})


def refusals(obj: Raw) -> list[Violation]:
    """Return why an API server would refuse the object; nothing for one that it has stored.

    What a server gave a UID is in the cluster, whatever the webhook says of it today.
    """
    if is_stored(obj):
        return []
    return [each for each in violations(obj) if not (each.warning or each.by_chance)]


def is_stored(obj: Raw) -> bool:
    """Has an API server stored the object, as dumps and live clusters show it?"""
    meta: Raw = obj.get("metadata") or {}
    return bool(meta.get("uid"))


def group_of(obj: Raw) -> str:
    """Return the API group: nothing for Kubernetes' core kinds."""
    group, slash, _version = str(obj.get("apiVersion") or "").partition("/")
    return group if slash else ""


def describe(obj: Raw) -> str:
    """Name an object in errors: its kind, namespace and name."""
    meta: Raw = obj.get("metadata") or {}
    parts = [f"{meta[key]!s:.60}" for key in ("namespace", "name") if meta.get(key)]
    return f"{obj.get('kind')!s:.60} {'/'.join(parts)}"


def refuse(obj: Raw, what: str) -> None:
    """Raise InvalidInput for the first violation. What is refused by chance only is refused here."""
    for violation in violations(obj):
        if not violation.warning:
            raise InvalidInput(f"{what}: {violation}")


def _mesh(data: Raw) -> Violations:
    for key, check in _MESH_KEYS.items():
        if data.get(key):
            for violation in check(load_mapping(data[key], f"key {key}")):
                yield violation._replace(field=f"key {key}: {violation.field}")
