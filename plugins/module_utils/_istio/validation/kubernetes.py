# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API server refuses about its own kinds, and MetalLB about its pools."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import parse_range
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    base64_text,
    dns_label,
    in_range,
    labels,
    missing,
    port,
    unique,
)

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def service(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    ports = spec.get("ports") or ()
    if spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        yield from missing(spec, "ports", "spec")
    for index, each in enumerate(ports):
        path = f"spec.ports[{index}]"
        yield from missing(each, "port", path)
        if each.get("port") is not None:
            yield from port(each["port"], f"{path}.port")
        if isinstance(each.get("targetPort"), int):
            yield from port(each["targetPort"], f"{path}.targetPort")
        if len(ports) > 1:
            yield from missing(each, "name", path, "each of several ports has a name")
        if each.get("name"):
            yield from dns_label(each["name"], f"{path}.name")
    yield from unique((each["name"] for each in ports if each.get("name")), "spec.ports", "name")
    numbers = ((each.get("port"), each.get("protocol") or "TCP") for each in ports)
    numbered = (f"{number} ({protocol})" for number, protocol in numbers if number)
    yield from unique(numbered, "spec.ports", "port")


def deployment(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    yield from in_range(spec, "replicas", "spec")
    yield from missing(spec, "template", "spec")
    yield from missing(spec, "selector", "spec")
    template: Raw = spec.get("template") or {}
    selector: Raw = spec.get("selector") or {}
    chosen = selector.get("matchLabels") or {}
    carried = (template.get("metadata") or {}).get("labels") or {}
    if spec.get("selector") and not selector.get("matchExpressions"):
        yield from missing(selector, "matchLabels", "spec.selector")
    if any(carried.get(key) != value for key, value in chosen.items()):
        message = f"{_listed(chosen)} does not select the pods, whose labels are {_listed(carried)}"
        advice = "give the template the same labels"
        yield Violation("selector", "spec.selector.matchLabels", message, advice)
    yield from labels(carried, "spec.template.metadata.labels")
    if template:
        yield from missing(template, "spec", "spec.template")
    if template.get("spec"):
        yield from _pod(template["spec"], "spec.template.spec")


def _pod(pod: Raw, path: str) -> Violations:
    affinity: Raw = (pod.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get(_REQUIRED)
    if required is not None:
        yield from missing(
            required, "nodeSelectorTerms", f"{path}.affinity.nodeAffinity.{_REQUIRED}"
        )
    yield from missing(pod, "containers", path)
    containers = pod.get("containers") or ()
    for index, container in enumerate(containers):
        below = f"{path}.containers[{index}]"
        yield from missing(container, "name", below)
        for place, each in enumerate(container.get("ports") or ()):
            number = f"{below}.ports[{place}].containerPort"
            if each.get("containerPort") is None:
                yield Violation("missing", number, "is missing", "write the port's number")
            else:
                yield from port(each["containerPort"], number)
    names = (each["name"] for each in containers if each.get("name"))
    yield from unique(names, f"{path}.containers", "name")


def secret(obj: Raw) -> Violations:
    for key, text in (obj.get("data") or {}).items():
        if text is not None:
            yield from base64_text(text, f"data.{key}")


def address_pool(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    yield from missing(spec, "addresses", "spec")
    for index, text in enumerate(spec.get("addresses") or ()):
        try:
            parse_range(text)
        except InvalidInput as exc:
            advice = "write 10.0.0.0/24 or 10.0.0.1-10.0.0.9"
            yield Violation("address", f"spec.addresses[{index}]", str(exc), advice)


def _listed(labels_: t.Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels_.items())) or "none"
