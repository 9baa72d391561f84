# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an object lacks to be of use, as its status says. Private to this collection."""

from __future__ import annotations

import math
import typing as t

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

# An operator tries again after 5 ms, 10 ms and so on: what it refuses for so long has had a dozen chances
_REFUSED_S = 20.0
# One that has just been started again waits up to 15 s for the lease of the one before it
_UNSEEN_S = 60.0


def not_ready_reason(obj: KubernetesObject) -> str:
    """What is missing, in words; nothing when it is ready or of a kind that always is."""
    judge = _JUDGES.get(obj["kind"])
    return judge(obj) if judge else ""


def is_watched(obj: KubernetesObject) -> bool:
    """Whether objects of this kind become ready some time after they were made."""
    return obj["kind"] in _JUDGES


def grace_period(obj: KubernetesObject) -> float:
    """For how many seconds an object may look the way it does, before nothing good comes of it."""
    if obj["kind"] not in _OPERATED:
        return math.inf
    if _seen(obj):
        return _UNSEEN_S
    return _REFUSED_S if condition(obj, "Reconciled").get("status") == "False" else math.inf


def condition(obj: KubernetesObject, name: str) -> KubernetesObject:
    conditions = _status(obj).get("conditions") or []
    return next((found for found in conditions if found["type"] == name), {})


def _status(obj: KubernetesObject) -> KubernetesObject:
    return obj.get("status") or {}


def _seen(obj: KubernetesObject) -> str:
    seen = _status(obj).get("observedGeneration") or 0
    return "" if seen >= (obj["metadata"].get("generation") or 0) else "not seen by its controller"


def _rollout(wanted: int, **counted: int) -> str:
    for what, count in counted.items():
        if count < wanted:
            return f"{count} of {wanted} pods {what}"
    return ""


def _deployment(obj: KubernetesObject) -> str:
    status, wanted = _status(obj), obj["spec"].get("replicas", 1)
    surplus = (status.get("replicas") or 0) - wanted
    return (
        _seen(obj)
        or _rollout(
            wanted,
            updated=status.get("updatedReplicas") or 0,
            available=status.get("availableReplicas") or 0,
        )
        or (f"{surplus} old pods left" if surplus > 0 else "")
    )


def _stateful_set(obj: KubernetesObject) -> str:
    status, wanted = _status(obj), obj["spec"].get("replicas", 1)
    return _seen(obj) or _rollout(
        wanted, updated=status.get("updatedReplicas") or 0, ready=status.get("readyReplicas") or 0
    )


def _daemon_set(obj: KubernetesObject) -> str:
    status = _status(obj)
    wanted = status.get("desiredNumberScheduled") or 0
    return _seen(obj) or _rollout(
        wanted,
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
    """What an operator makes: ready when it says so of the current generation."""
    if unseen := _seen(obj):
        return f"{unseen}: does the Sail operator run?"
    # Why it is not ready stands where reconciling failed. What it depends on may fail while it is ready,
    # and not every version of the operator says so
    for name in ("Reconciled", "DependenciesHealthy", "Ready"):
        found = condition(obj, name)
        if found.get("status") != "True" and (found or name == "Ready"):
            words = ("not ready", found.get("reason"), found.get("message"))
            return ": ".join(str(word) for word in words if word)
    return ""


_OPERATED = ("Istio", "IstioCNI", "IstioRevision", "ZTunnel")
_JUDGES: dict[str, t.Callable[[KubernetesObject], str]] = {
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
