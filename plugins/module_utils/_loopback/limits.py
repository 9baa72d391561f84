# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of loopback labs: what they cannot do, though a cluster would take it."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.apps import (
    APP_ANNOTATION,
    APPS,
    RESPONSE_ANNOTATION,
    parse_response,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    annotations_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.envoy_filters import (
    OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.field_schema import PROVIDER


def check_limits(obj: KubernetesObject, what: str) -> None:
    """Raise NotSupported or InvalidInput for an object that the webhook and the API server take."""
    check = _LIMITS.get(obj["kind"])
    if check:
        check(obj, what)


def _deployment(obj: KubernetesObject, what: str) -> None:
    annotations = annotations_of(spec_of(obj).get("template") or {})
    if annotations.get(well_known.INJECT_TEMPLATES) == "gateway":
        return
    if RESPONSE_ANNOTATION in annotations:
        try:
            parse_response(annotations[RESPONSE_ANNOTATION])
        except InvalidInput as exc:
            raise InvalidInput(f"{what}: {exc}") from exc
    app = annotations.get(APP_ANNOTATION)
    if app not in APPS and RESPONSE_ANNOTATION not in annotations:
        given = f"is '{app}'" if app else "is missing"
        raise InvalidInput(
            f"{what}: no images run on loopback, so the pod template's annotation {APP_ANNOTATION} "
            f"must name the app that its pods play; it {given}; there are: {', '.join(APPS)}. Another one's"
            f" responses can be described by the annotation {RESPONSE_ANNOTATION}"
        )


def _workload_entry(obj: KubernetesObject, what: str) -> None:
    address = spec_of(obj).get("address")
    if address and not is_ip_address(address):
        raise InvalidInput(
            f"{what}: spec.address: '{address}' is not an IP address; only a ServiceEntry with "
            "resolution DNS may have host names"
        )


def _service_entry(obj: KubernetesObject, what: str) -> None:
    spec = spec_of(obj)
    for index, address in enumerate(spec.get("addresses") or ()):
        if "/" in address:
            raise NotSupported(
                f"{what}: spec.addresses[{index}]: the subnet {address} is not supported by "
                f"{PROVIDER}; list single addresses"
            )
    if spec.get("resolution") == "DNS" and not spec.get("endpoints"):
        raise InvalidInput(
            f"{what}: with spec.resolution DNS, spec.endpoints must say what to look up; loopback "
            "has no name server that knows spec.hosts"
        )


def _envoy_filter(obj: KubernetesObject, what: str) -> None:
    """A patch must name the filter that it is for: without one it would be for others, too."""
    for index, patch in enumerate(_patches(obj, what)):
        path = f"spec.configPatches[{index}]"
        for keys in (
            ("applyTo",),
            ("match", "context"),
            ("match", "listener", "filterChain", "filter", "name"),
            ("patch", "operation"),
            ("patch", "value", "typed_config", "@type"),
        ):
            _needed(patch, keys, path, what)
        options = patch["patch"]["value"]["typed_config"].get(OPTIONS) or {}
        limit = options.get("max_requests_per_connection")
        if limit is not None and limit < 0:
            raise InvalidInput(
                f"{what}: {path}: max_requests_per_connection is {limit}; it must be 0 or more"
            )


def _patches(obj: KubernetesObject, what: str) -> t.Sequence[t.Mapping[str, t.Any]]:
    patches: t.Sequence[t.Mapping[str, t.Any]] = spec_of(obj).get("configPatches") or ()
    if not patches:
        raise InvalidInput(f"{what}: spec.configPatches is missing")
    return patches


def _needed(patch: t.Mapping[str, t.Any], keys: tuple[str, ...], path: str, what: str) -> None:
    value: t.Any = patch
    for key in keys:
        value = value.get(key) if value else None
    if not value:
        raise NotSupported(
            f"{what}: {path} without {'.'.join(keys)} is not supported by {PROVIDER}"
        )


def _config_map(obj: KubernetesObject, what: str) -> None:
    text = (obj.get("data") or {}).get("meshNetworks") or ""
    networks = load_mapping(text, f"{what}: key meshNetworks").get("networks") or {}
    for name, network in networks.items():
        for index, gateway in enumerate((network or {}).get("gateways") or ()):
            address = gateway.get("address")
            if address and not is_ip_address(address):
                raise NotSupported(
                    f"{what}: key meshNetworks: networks.{name}.gateways[{index}].address: "
                    f"{PROVIDER} does not look up the host name {address}; write its IP address"
                )


_LIMITS: t.Final[t.Mapping[str, t.Callable[[KubernetesObject, str], None]]] = {
    "ConfigMap": _config_map,
    "Deployment": _deployment,
    "EnvoyFilter": _envoy_filter,
    "ServiceEntry": _service_entry,
    "WorkloadEntry": _workload_entry,
}
