# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inject the proxy into pods, as Istio's webhook does."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.proxies import (
    ROUTER,
    SIDECAR,
)

Labels: t.TypeAlias = t.Mapping[str, str]

_GATEWAY_TEMPLATE = "gateway"


def injected_role(
    pod_labels: Labels, pod_annotations: Labels, namespace_labels: Labels, label: str
) -> str:
    """Return the role of the pod's proxy: ``sidecar``, ``router`` or nothing.

    Raise InvalidInput, beginning with ``label``, for a gateway without injection.
    """
    template = pod_annotations.get(well_known.INJECT_TEMPLATES, "sidecar")
    injected = _injected(pod_labels, pod_annotations, namespace_labels)
    if template == _GATEWAY_TEMPLATE:
        if not injected:
            raise InvalidInput(
                f"{label}: annotation {well_known.INJECT_TEMPLATES} asks for a gateway, but injection is "
                f'not on for the pod; set its label {well_known.INJECT}: "true", or label the namespace '
                f"{well_known.NAMESPACE_INJECTION}=enabled"
            )
        return ROUTER
    return SIDECAR if injected else ""


def add_proxy(
    pod: dict[str, t.Any], role: str, *, workload: str, cluster: str, network: str
) -> None:
    """Add the proxy's labels and container to ``pod``, in place."""
    labels: dict[str, str] = pod["metadata"]["labels"]
    labels.setdefault(
        well_known.CANONICAL_NAME,
        labels.get("app.kubernetes.io/name") or labels.get("app") or workload,
    )
    labels.setdefault(
        well_known.CANONICAL_REVISION,
        labels.get("app.kubernetes.io/version") or labels.get("version") or "latest",
    )
    if role == SIDECAR:
        labels.setdefault(well_known.TLS_MODE, well_known.TLS_MODE_ISTIO)
    containers: list[dict[str, t.Any]] = pod.setdefault("spec", {}).setdefault("containers", [])
    proxy = next((c for c in containers if c["name"] == well_known.PROXY_CONTAINER), None)
    if proxy is None:
        proxy = {"name": well_known.PROXY_CONTAINER}
        containers.append(proxy)
    proxy["args"] = ["proxy", role, *(proxy.get("args") or ())]
    own = proxy.get("env") or []
    own_names = {variable["name"] for variable in own}
    defaults = {"ISTIO_META_CLUSTER_ID": cluster}
    network = labels.get(well_known.NETWORK) or network
    if network:
        defaults[well_known.NETWORK_VARIABLE] = network
    proxy["env"] = [
        *own,
        *(
            {"name": name, "value": value}
            for name, value in defaults.items()
            if name not in own_names
        ),
    ]


def _injected(pod_labels: Labels, pod_annotations: Labels, namespace_labels: Labels) -> bool:
    choice = pod_labels.get(well_known.INJECT, pod_annotations.get(well_known.INJECT))
    if choice == "false":
        return False
    namespace_choice = namespace_labels.get(well_known.NAMESPACE_INJECTION)
    if namespace_choice is not None:
        return namespace_choice == "enabled"
    # only the pod's label, not its annotation, turns injection on outside labelled namespaces
    return bool(
        namespace_labels.get(well_known.REVISION)
        or pod_labels.get(well_known.REVISION)
        or pod_labels.get(well_known.INJECT) == "true"
    )
