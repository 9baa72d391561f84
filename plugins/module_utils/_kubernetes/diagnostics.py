# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explain why an object does not become ready, from its pods and its last event."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

_ROLLED_OUT = ("Deployment", "DaemonSet", "StatefulSet", "Job")
# An operator's pods are in the namespace that its object names
_OPERATED = {"Istio": "app=istiod", "IstioCNI": "k8s-app=istio-cni-node"}
_ADVICE = {
    "Service": (
        "Does the platform have load balancers, and do their pools have a free address?"
        " Without any, install MetalLB (metallb_pools of the role metallb), or use a Service of"
        " type NodePort (gateway_service_type of the role gateway)"
    ),
}


def explain(api: KubernetesClient, obj: KubernetesObject) -> str:
    """Return the causes that the cluster knows, on one line; nothing where there are none."""
    parts = [_pod_problem(api, obj), _last_warning(api, obj), _ADVICE.get(obj["kind"], "")]
    return "; ".join(part for part in parts if part)


def _pod_problem(api: KubernetesClient, obj: KubernetesObject) -> str:
    """Return the problem of the first pod that is not ready."""
    if obj["kind"] in _OPERATED:
        namespace, selector = obj["spec"]["namespace"], _OPERATED[obj["kind"]]
    elif obj["kind"] in _ROLLED_OUT:
        namespace, selector = obj["metadata"]["namespace"], workloads.selector_of(obj)
    else:
        return ""
    try:
        pods = api.find_all("Pod", namespace, selector)
    except MeshError as exc:
        return str(exc)
    unready = [p for p in pods if not workloads.is_ready(p) and not workloads.is_ending(p)]
    return workloads.pod_problem(unready[0]) if unready else workloads.replica_failure(obj)


def _last_warning(api: KubernetesClient, obj: KubernetesObject) -> str:
    metadata = obj["metadata"]
    what = f"involvedObject.kind={obj['kind']},involvedObject.name={metadata['name']}"
    try:
        events = api.find_all("Event", metadata.get("namespace") or "default", fields=what)
    except MeshError:
        return ""
    warnings = [event for event in events if event.get("type") == "Warning"]
    if not warnings:
        return ""
    last = max(warnings, key=lambda e: e.get("lastTimestamp") or e.get("eventTime") or "")
    return f"{last.get('reason')}: {' '.join(str(last.get('message')).split())}"
