# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an object does not become ready: its pods' states and what was last said about it.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

_ROLLED_OUT = ("Deployment", "DaemonSet", "StatefulSet", "Job")
# an operator's pods stand in the namespace that its object names
_OPERATED = {"Istio": "app=istiod", "IstioCNI": "k8s-app=istio-cni-node"}
_ADVICE = {
    "Service": (
        "Does the platform have load balancers, and do their pools have a free address?"
        " Without any, install MetalLB (metallb_pools of the role metallb), or use a Service of"
        " type NodePort (gateway_service_type of the role gateway)"
    ),
}


def explain(api: Api, obj: KubernetesObject) -> str:
    """What the cluster knows about it, in one line; nothing when that cannot be found out."""
    parts = [_pods(api, obj), _last_event(api, obj), _ADVICE.get(obj["kind"], "")]
    return "; ".join(part for part in parts if part)


def _pods(api: Api, obj: KubernetesObject) -> str:
    """The complaint of the first pod that is not ready."""
    if obj["kind"] in _OPERATED:
        namespace, selector = obj["spec"]["namespace"], _OPERATED[obj["kind"]]
    elif obj["kind"] in _ROLLED_OUT:
        namespace, selector = obj["metadata"]["namespace"], workloads.selector_of(obj)
    else:
        return ""
    refused = workloads.refusal(obj).removeprefix(": ")
    try:
        pods = api.find_all("Pod", namespace, selector)
    except MeshError as exc:
        return str(exc)
    unready = [p for p in pods if not workloads.is_ready(p) and not workloads.is_ending(p)]
    return workloads.complaint(unready[0]) if unready else refused


def _last_event(api: Api, obj: KubernetesObject) -> str:
    metadata = obj["metadata"]
    what = f"involvedObject.kind={obj['kind']},involvedObject.name={metadata['name']}"
    path = f"/api/v1/namespaces/{metadata.get('namespace') or 'default'}/events"
    try:
        found = api.request("list Event", "GET", path, query={"fieldSelector": what}) or {}
    except MeshError:
        return ""
    warnings = [event for event in found.get("items") or [] if event.get("type") == "Warning"]
    if not warnings:
        return ""
    last = max(warnings, key=lambda e: e.get("lastTimestamp") or e.get("eventTime") or "")
    return f"{last.get('reason')}: {' '.join(str(last.get('message')).split())}"
