# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface that the clusters of all providers implement."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import (
        LoadProfile,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

KubernetesObject: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True, slots=True)
class PodRef:
    """A running pod."""

    namespace: str
    name: str
    address: str = ""
    node: str = ""


def pod_ref(pod: KubernetesObject) -> PodRef:
    """Return the reference of a pod's object."""
    metadata = pod["metadata"]
    address = (pod.get("status") or {}).get("podIP") or ""
    return PodRef(
        metadata["namespace"], metadata["name"], address, pod["spec"].get("nodeName") or ""
    )


class Cluster(t.Protocol):
    """A cluster of a lab. Every method may raise ``MeshError``."""

    name: str
    # The time after which all worker threads of a sidecar have applied a change
    settle_ms: float
    # Whether sidecars can give faults in place of their apps
    has_faults: bool
    # Whether sidecars count the updates of their endpoints, and are quickly asked
    counts_updates: bool
    # Which faults of whole proxies can be caused, of PROXY_FAULTS
    supported_proxy_faults: t.Collection[str]

    def objects(
        self, kind: str, namespace: str | None = None, labels: t.Mapping[str, str] | None = None
    ) -> list[KubernetesObject]:
        """Return the objects of a kind (``Pod``, ``Service``, ``DestinationRule`` …)."""

    def pods(self, namespace: str, workload: str) -> list[PodRef]:
        """Return the pods of the Deployment ``workload``, ready ones first. Raises NotFound."""

    def admin(self, pod: PodRef, method: str, path: str) -> str:
        """Call the admin interface of the pod's Envoy, and return the body."""

    def proxy_log(self, pod: PodRef, lines: int) -> str:
        """Return the last lines of the access log of the pod's Envoy; nothing where there is none."""

    def dns_lookup(self, pod: PodRef, host: str) -> tuple[str, ...]:
        """Resolve a host name in the pod; return no address for a name that does not exist.

        Raises MeshError where the pod cannot resolve names.
        """

    def tcp_probe(
        self, pod: PodRef, destination: tuple[str, int], path: str, timeout: float
    ) -> str:
        """Connect to an address and port from inside the pod, and return the first bytes.

        An HTTP server is asked for the path. Raises LabBroken where nothing arrives.
        """

    def tls_probe(
        self, pod: PodRef, destination: tuple[str, int], server_name: str, timeout: float
    ) -> TlsProbe:
        """Begin a TLS handshake with an address and port from the pod's proxy."""

    def sample(
        self, pod: PodRef, profile: LoadProfile, progress: t.Callable[[int], None]
    ) -> list[Record]:
        """Send the profile's requests from inside the pod, through its sidecar.

        ``progress`` is called from any thread with the number of responses so far.
        """

    def restart_sidecar(self, pod: PodRef) -> None:
        """Restart the pod's Envoy; the pod keeps its address."""

    def cause_proxy_faults(self, pods: t.Sequence[PodRef], fault: str) -> None:
        """Cause one of ``supported_proxy_faults`` of the pods' Envoys, for as long as this process lives."""

    def end_proxy_faults(self, pods: t.Sequence[PodRef]) -> None:
        """End what ``cause_proxy_faults`` did to the pods that are still there, and wait."""

    def proxy_faults_left(self, *, mend: bool) -> list[str]:
        """Return the faults of proxies that killed runs left, in words; end them with ``mend``."""

    def replace_pod(self, pod: PodRef) -> None:
        """Delete the pod; its Deployment makes another one with another address."""

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        """Set the Deployment's number of pods. Raises NotFound."""

    def wait_serving(self, namespace: str, workload: str, timeout: float) -> list[PodRef]:
        """Wait until every pod of the Deployment serves, and return the pods."""
