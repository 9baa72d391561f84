# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of Deployments. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.apps import APP_ANNOTATION, APPS
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    annotations_of,
    labels_of,
    matches_labels,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.validation.values import (
    check_port,
    check_range,
    check_unique,
    required,
)


def deployment(obj: KubernetesObject, what: str) -> None:
    spec = spec_of(obj)
    check_range(spec, "replicas", 0, None, "spec", what)
    template = required(spec, "template", "spec", what)
    selector = required(required(spec, "selector", "spec", what), "matchLabels", "selector", what)
    if not matches_labels(selector, labels_of(template)):
        raise InvalidInput(
            f"{what}: spec.selector.matchLabels {_listed(selector)} does not select the pods, "
            f"whose labels are {_listed(labels_of(template)) or 'none'}"
        )
    pod = required(template, "spec", "spec.template", what)
    containers = required(pod, "containers", "spec.template.spec", what)
    for index, container in enumerate(containers):
        path = f"spec.template.spec.containers[{index}]"
        required(container, "name", path, what)
        for place, port in enumerate(container.get("ports") or ()):
            below = f"{path}.ports[{place}]"
            number = required(port, "containerPort", below, what)
            check_port(number, f"{below}.containerPort", what)
    check_unique(
        [container["name"] for container in containers],
        "spec.template.spec.containers",
        "name",
        what,
    )
    _check_app(annotations_of(template), what)


def _check_app(annotations: t.Mapping[str, str], what: str) -> None:
    if annotations.get(well_known.INJECT_TEMPLATES) == "gateway":
        return
    app = annotations.get(APP_ANNOTATION)
    if app not in APPS:
        given = f"is '{app}'" if app else "is missing"
        raise InvalidInput(
            f"{what}: no images run on loopback, so the pod template's annotation {APP_ANNOTATION} "
            f"must name the app that its pods play; it {given}; there are: {', '.join(APPS)}"
        )


def _listed(labels: t.Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
