# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses what the loopback provider does not implement, before anything is touched."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotSupported
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    annotations_of,
    labels_of,
    metadata,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    parse,
    service_port_protocol,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    describe,
    refuse,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.field_schema import (
    PROVIDER,
    check_fields,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.limits import check_limits
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.supported_fields import (
    ADVICE,
    INJECTION_TEMPLATES,
    KINDS,
    MESH_CONFIG,
    MESH_NETWORKS,
    METADATA,
    PORT_PROTOCOLS,
    PROXY_CONFIG,
    PROXY_METADATA,
    REFUSED_MARKS,
    UNCHECKED_PORTS,
    Kind,
)


def check(obj: KubernetesObject) -> None:
    """Check one manifest.

    Raise NotSupported for a kind, version, field or value that loopback does not implement, and
    InvalidInput for what no cluster would take.
    """
    kind = _kind(obj)
    what = describe(obj)
    check_fields(METADATA, metadata(obj), "metadata", what)
    if kind.only and f"{namespace_of(obj)}/{name_of(obj)}" not in kind.only:
        raise NotSupported(
            f"{what} is not supported by {PROVIDER}; of this kind it supports only "
            f"{', '.join(kind.only)}"
        )
    body = {
        key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")
    }
    body.pop("status", None)
    check_fields(kind.fields, body, "", what)
    _check_marks(obj, what)
    special = _SPECIAL.get(obj["kind"])
    if special:
        special(obj, what)
    refuse(obj, what)
    check_limits(obj, what)


def _kind(obj: KubernetesObject) -> Kind:
    name, version = obj.get("kind"), obj.get("apiVersion")
    kind = KINDS.get(str(name))
    if kind is None:
        advice = ADVICE.get(str(name))
        raise NotSupported(
            f"{describe(obj)}: the kind {name!s:.60} is not supported by {PROVIDER}"
            + (f": {advice}" if advice else "")
            + f"; it supports: {', '.join(sorted(KINDS))}"
        )
    if version not in kind.versions:
        raise NotSupported(
            f"{describe(obj)}: {name} of apiVersion {version!s:.60} is not supported by {PROVIDER}; "
            f"it supports: {', '.join(kind.versions)}"
        )
    return kind


def _check_marks(obj: KubernetesObject, what: str) -> None:
    template = (spec_of(obj).get("template") or {}) if obj["kind"] == "Deployment" else {}
    for source, place in ((obj, "metadata"), (template, "spec.template.metadata")):
        for part, marks in (("labels", labels_of(source)), ("annotations", annotations_of(source))):
            for key in marks:
                if key in REFUSED_MARKS:
                    raise NotSupported(
                        f"{what}: {place}.{part}.{key} is not supported by {PROVIDER}: "
                        f"{REFUSED_MARKS[key]}; leave it out"
                    )


def _check_config_map(obj: KubernetesObject, what: str) -> None:
    for key, schema in (("mesh", MESH_CONFIG), ("meshNetworks", MESH_NETWORKS)):
        text = (obj.get("data") or {}).get(key)
        if text:
            place = f"{what}: key {key}"
            check_fields(schema, load_mapping(text, place), "", place)


def _check_service(obj: KubernetesObject, what: str) -> None:
    spec = spec_of(obj)
    if spec.get("clusterIP") == "None":
        raise NotSupported(
            f"{what}: spec.clusterIP None (a headless Service) is not supported by {PROVIDER}; "
            "leave clusterIP out and one is assigned"
        )
    for index, port in enumerate(spec.get("ports") or ()):
        number, name = port.get("port"), port.get("name") or ""
        if number in UNCHECKED_PORTS:
            continue
        protocol = service_port_protocol(number, name, "TCP", port.get("appProtocol"))
        if protocol not in PORT_PROTOCOLS:
            meaning = "names no protocol" if protocol == "unknown" else f"means {protocol}"
            raise NotSupported(
                f"{what}: spec.ports[{index}] ({number}): its name or appProtocol "
                f"'{port.get('appProtocol') or name}' {meaning}, which is not supported by {PROVIDER}; "
                f"begin the name with one of {', '.join(PORT_PROTOCOLS)}, as in http-web"
            )


def _check_service_entry(obj: KubernetesObject, what: str) -> None:
    spec = spec_of(obj)
    if "resolution" not in spec:
        raise NotSupported(
            f"{what}: spec.resolution is NONE when it is left out, which is not supported by "
            f"{PROVIDER}; it supports: STATIC, DNS"
        )
    for index, port in enumerate(spec.get("ports") or ()):
        protocol = parse(port.get("protocol") or "")
        if protocol not in PORT_PROTOCOLS:
            raise NotSupported(
                f"{what}: spec.ports[{index}].protocol {port.get('protocol')!r} is not supported by "
                f"{PROVIDER}; it supports: {', '.join(PORT_PROTOCOLS).upper()}"
            )


def _check_deployment(obj: KubernetesObject, what: str) -> None:
    template = spec_of(obj).get("template") or {}
    annotations = annotations_of(template)
    injected = annotations.get(well_known.INJECT_TEMPLATES)
    if injected is not None and injected not in INJECTION_TEMPLATES:
        raise NotSupported(
            f"{what}: annotation {well_known.INJECT_TEMPLATES} '{injected}' is not supported by "
            f"{PROVIDER}; it supports: {', '.join(INJECTION_TEMPLATES)}"
        )
    settings = annotations.get(well_known.PROXY_CONFIG)
    if settings:
        place = f"{what}: annotation {well_known.PROXY_CONFIG}"
        check_fields(PROXY_CONFIG, load_mapping(settings, place), "", place)
    for container in (template.get("spec") or {}).get("containers") or ():
        given = {
            variable.get("name"): variable.get("value")
            for variable in container.get("env") or ()
            if str(variable.get("name") or "").startswith("ISTIO_META_")
        }
        check_fields(PROXY_METADATA, given, "", f"{what}: env of container {container.get('name')}")


_SPECIAL: dict[str, t.Callable[[KubernetesObject, str], None]] = {
    "ConfigMap": _check_config_map,
    "Service": _check_service,
    "ServiceEntry": _check_service_entry,
    "Deployment": _check_deployment,
}
