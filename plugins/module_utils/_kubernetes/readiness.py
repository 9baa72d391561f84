# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge from an object's status whether it is ready."""

from __future__ import annotations

import math
import typing as t

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

# An operator retries with growing pauses: by then it has failed a dozen times
_FAILED_S = 20.0
# A restarted operator waits up to 15 s for the lease of its predecessor
_UNSEEN_S = 60.0


def not_ready_reason(obj: KubernetesObject) -> str:
    """Return why the object is not ready; nothing when it is, or its kind always is."""
    check = _CHECKS.get(obj["kind"])
    return check(obj) if check else ""


def is_watched(obj: KubernetesObject) -> bool:
    """Return whether objects of this kind are not ready at once."""
    return obj["kind"] in _CHECKS


def grace_period(obj: KubernetesObject) -> float:
    """Return after how many seconds in this state an object will not become ready any more."""
    if obj["kind"] not in _OPERATED:
        return math.inf
    if _unobserved(obj):
        return _UNSEEN_S
    return _FAILED_S if condition(obj, "Reconciled").get("status") == "False" else math.inf


def condition(obj: KubernetesObject, name: str) -> KubernetesObject:
    conditions = _status(obj).get("conditions") or []
    return next((found for found in conditions if found["type"] == name), {})


def _status(obj: KubernetesObject) -> KubernetesObject:
    return obj.get("status") or {}


def _unobserved(obj: KubernetesObject) -> str:
    observed = _status(obj).get("observedGeneration") or 0
    return (
        "" if observed >= (obj["metadata"].get("generation") or 0) else "not seen by its controller"
    )


def _rollout(replicas: int, **counted: int) -> str:
    for what, count in counted.items():
        if count < replicas:
            return f"{count} of {replicas} pods {what}"
    return ""


def _deployment(obj: KubernetesObject) -> str:
    status, replicas = _status(obj), obj["spec"].get("replicas", 1)
    surplus = (status.get("replicas") or 0) - replicas
    return (
        _unobserved(obj)
        or _rollout(
            replicas,
            updated=status.get("updatedReplicas") or 0,
            available=status.get("availableReplicas") or 0,
        )
        or (f"{surplus} old pods left" if surplus > 0 else "")
    )


def _stateful_set(obj: KubernetesObject) -> str:
    status, replicas = _status(obj), obj["spec"].get("replicas", 1)
    return _unobserved(obj) or _rollout(
        replicas, updated=status.get("updatedReplicas") or 0, ready=status.get("readyReplicas") or 0
    )


def _daemon_set(obj: KubernetesObject) -> str:
    status = _status(obj)
    desired = status.get("desiredNumberScheduled") or 0
    return _unobserved(obj) or _rollout(
        desired,
        updated=status.get("updatedNumberScheduled") or 0,
        ready=status.get("numberReady") or 0,
    )


def _job(obj: KubernetesObject) -> str:
    return "" if condition(obj, "Complete").get("status") == "True" else "not complete"


def _service(obj: KubernetesObject) -> str:
    if obj["spec"].get("type") != "LoadBalancer":
        return ""
    ingress = (_status(obj).get("loadBalancer") or {}).get("ingress")
    return "" if ingress else "no load balancer address"


def _definition(obj: KubernetesObject) -> str:
    return "" if condition(obj, "Established").get("status") == "True" else "not established"


def _secret(obj: KubernetesObject) -> str:
    if obj.get("type") != "kubernetes.io/service-account-token":
        return ""
    return "" if (obj.get("data") or {}).get("token") else "no token"


def _namespace(obj: KubernetesObject) -> str:
    return "being deleted" if _status(obj).get("phase") == "Terminating" else ""


def _operated(obj: KubernetesObject) -> str:
    """Check an object whose operator reports readiness for a generation."""
    if unobserved := _unobserved(obj):
        return f"{unobserved}: does the Sail operator run?"
    # A failed reconciliation has the cause. Dependencies may fail while it is ready, and not every
    # version of the operator reports them
    for name in ("Reconciled", "DependenciesHealthy", "Ready"):
        found = condition(obj, name)
        if found.get("status") != "True" and (found or name == "Ready"):
            words = ("not ready", found.get("reason"), found.get("message"))
            return ": ".join(str(word) for word in words if word)
    return ""


_OPERATED = ("Istio", "IstioCNI", "IstioRevision", "ZTunnel")
_CHECKS: dict[str, t.Callable[[KubernetesObject], str]] = {
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Job": _job,
    "Namespace": _namespace,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
    **dict.fromkeys(_OPERATED, _operated),
}
