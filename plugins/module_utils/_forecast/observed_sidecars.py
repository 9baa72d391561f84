# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidecars that refuse requests or give faults now, as they report it themselves.

No object of Kubernetes shows it, and the run that drained them or set the faults may have been killed.
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
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.response_faults import (
    ResponseFaults,
    read_response_faults,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import PodKey
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads

_EJECTED = (
    "has it refuse, as it does to clients that have ejected it; where no outlierDetection ejects it,"
    " what is sent there fails"
)
_SERVING = "has it serve, and knows nothing of these answers"
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


@dataclass(frozen=True, slots=True)
class ObservedFaults:
    """The faults of responses that sidecars give."""

    response_faults: t.Mapping[PodKey, ResponseFaults]

    @property
    def failing(self) -> frozenset[PodKey]:
        """The pods whose sidecars answer every request with an error."""
        return frozenset(key for key, found in self.response_faults.items() if found.serves_nothing)

    @property
    def faults(self) -> tuple[str, ...]:
        """Return the faults of responses in words, with what the forecast makes of them."""
        return tuple(
            f"the sidecar of pod {'/'.join(key)} {found} by an event; the forecast"
            f" {_EJECTED if found.serves_nothing else _SERVING}"
            for key, found in sorted(self.response_faults.items())
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


def observe_faults(
    clusters: t.Iterable[Cluster],
    objects: t.Mapping[str, t.Iterable[KubernetesObject]],
    pods: t.Container[PodKey],
) -> ObservedFaults:
    """Ask the sidecars of those pods that the clusters have for the faults that they give."""
    faults: dict[PodKey, ResponseFaults] = {}
    for cluster in clusters:
        asked = [pod for pod in _with_proxy(objects[cluster.name]) if _key(cluster, pod) in pods]
        for pod, found in zip(asked, read_response_faults(cluster, asked), strict=True):
            if str(found):
                faults[_key(cluster, pod)] = found
    return ObservedFaults(faults)


def _with_proxy(objects: t.Iterable[KubernetesObject]) -> t.Iterator[PodRef]:
    for obj in objects:
        if obj.get("kind") == "Pod" and workloads.runs_proxy(obj):
            yield pod_ref(obj)


def _key(cluster: Cluster, pod: PodRef) -> PodKey:
    return cluster.name, pod.namespace, pod.name
