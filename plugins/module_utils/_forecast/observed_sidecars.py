# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidecars that refuse requests now, as they report it themselves.

No object of Kubernetes shows that a sidecar is drained, and the run that drained it may have been killed.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import sidecars
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    Cluster,
    PodRef,
    pod_ref,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import PodKey
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads

_REFUSING = (sidecars.DRAINED, sidecars.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class ObservedSidecars:
    """The pods whose sidecars refuse requests, and those that could not be asked."""

    refusing: frozenset[PodKey] = frozenset()
    unknown: tuple[PodKey, ...] = ()

    @property
    def doubt(self) -> str:
        """Return what the forecast supposes about sidecars that could not be asked, or nothing."""
        if not self.unknown:
            return ""
        pods = ", ".join(sorted("/".join(key) for key in self.unknown))
        return (
            f"the credentials do not permit to ask these sidecars whether they are drained: {pods};"
            " the forecast supposes that they serve"
        )


def destination_pods(forecasts: t.Iterable[ServiceForecast]) -> set[PodKey]:
    """Return the pods that may answer."""
    return {
        (destination.cluster, destination.namespace, destination.name)
        for forecast in forecasts
        for destination in forecast.answers.destinations
        if destination.pod
    }


def observe_sidecars(
    clusters: t.Iterable[Cluster],
    objects: t.Mapping[str, t.Iterable[KubernetesObject]],
    pods: t.Container[PodKey],
) -> ObservedSidecars:
    """Ask the sidecars of those pods that the clusters have."""
    refusing: set[PodKey] = set()
    unknown: list[PodKey] = []
    for cluster in clusters:
        asked = [pod for pod in _with_proxy(objects[cluster.name]) if _key(cluster, pod) in pods]
        states = sidecars.read_states(cluster, asked) if asked else []
        for pod, state in zip(asked, states, strict=True):
            if state in _REFUSING:
                refusing.add(_key(cluster, pod))
            elif state == sidecars.UNKNOWN:
                unknown.append(_key(cluster, pod))
    return ObservedSidecars(frozenset(refusing), tuple(unknown))


def _with_proxy(objects: t.Iterable[KubernetesObject]) -> t.Iterator[PodRef]:
    for obj in objects:
        if obj.get("kind") == "Pod" and workloads.runs_proxy(obj):
            yield pod_ref(obj)


def _key(cluster: Cluster, pod: PodRef) -> PodKey:
    return cluster.name, pod.namespace, pod.name
