# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explain by the objects of a cluster why a host has no endpoint there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import HEALTHY
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.proxies import (
    proxy_role,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    pod_health,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    describe,
    disabling_policy,
    members,
    service_of,
    target_port,
)


@dataclass(frozen=True, slots=True)
class Explanation:
    detail: str
    advice: str


def explain(
    state: ClusterState | None, hosts: t.Collection[str], port: int, *, gateway: bool = False
) -> Explanation | None:
    """Return the reason; ``gateway``: of a gateway, which passes on mTLS only."""
    service = service_of(state, hosts) if state else None
    if state is None or service is None or not spec_of(service).get("selector"):
        return None
    name, pods = describe(service), members(state, service)
    if not pods:
        selector = ", ".join(f"{k}={v}" for k, v in spec_of(service)["selector"].items())
        return Explanation(
            f"no pod matches the selector of {name} ({selector})",
            "scale the workload up, or compare the Service's selector with the pods' labels",
        )
    ready = [pod for pod in pods if pod_health(pod) == HEALTHY]
    if not ready:
        return Explanation(
            f"{name} has pods, but none is ready", f"find out why {describe(pods[0])} is not ready"
        )
    return _without_mtls(state, service, ready, port) if gateway else None


def _without_mtls(
    state: ClusterState, service: KubernetesObject, pods: list[KubernetesObject], port: int
) -> Explanation | None:
    name = describe(service)
    if not any(proxy_role(pod) for pod in pods):
        return Explanation(
            f"the pods of {name} have no sidecar, and a gateway passes on mTLS only",
            "inject a sidecar (label istio-injection=enabled) and restart the pods",
        )
    ports = spec_of(service).get("ports") or ()
    number = next((target_port(each, pods) for each in ports if each["port"] == port), 0)
    policies = {disabling_policy(state, pod, number) for pod in pods}
    if "" in policies:
        return None
    names = ", ".join(sorted(policies))
    return Explanation(
        f"the pods of {name} take no mTLS ({names}: DISABLE), and a gateway passes on nothing else",
        f"set the mode of {names} to PERMISSIVE or STRICT",
    )
