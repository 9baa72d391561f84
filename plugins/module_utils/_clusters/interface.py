# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every provider's cluster can do. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import (
        LoadProfile,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

KubernetesObject: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True, slots=True)
class PodRef:
    """One running pod."""

    namespace: str
    name: str
    address: str = ""
    node: str = ""


class Cluster(t.Protocol):
    """One cluster of a lab, whatever provides it. Every method may raise ``MeshError``."""

    name: str
    # how long after a disturbance every worker thread of a sidecar knows of it
    settle_ms: float

    def objects(
        self, kind: str, namespace: str | None = None, labels: t.Mapping[str, str] | None = None
    ) -> list[KubernetesObject]:
        """The cluster's objects of ``kind`` (``Pod``, ``Service``, ``DestinationRule`` …)."""

    def pods(self, namespace: str, workload: str) -> list[PodRef]:
        """The pods of the Deployment ``workload``, those that serve first. Raises NotFound."""

    def admin(self, pod: PodRef, method: str, path: str) -> str:
        """Calls the admin interface of the pod's Envoy and returns the body."""

    def proxy_log(self, pod: PodRef, lines: int) -> str:
        """The last lines of the access log of the pod's Envoy; nothing where it keeps none."""

    def addresses(self, pod: PodRef, host: str) -> tuple[str, ...]:
        """What the pod's programs get for a host name; nothing for a name that does not resolve.

        Raises MeshError where nobody can tell.
        """

    def greeting(self, pod: PodRef, destination: tuple[str, int], path: str, timeout: float) -> str:
        """What the server at an address and port says to the pod's programs.

        One that speaks first is heard; of an HTTP server the path is asked for. Raises LabBroken
        where nothing is said.
        """

    def sample(
        self, pod: PodRef, plan: LoadProfile, progress: t.Callable[[int], None]
    ) -> list[Record]:
        """Sends the plan's requests from inside the pod, through its sidecar.

        ``progress`` is called, now and then and from any thread, with the number of answers so far.
        """

    def restart_sidecar(self, pod: PodRef) -> None:
        """Restarts the pod's Envoy; the pod keeps its address."""

    def replace_pod(self, pod: PodRef) -> None:
        """Deletes the pod; its Deployment makes a new one with a new address."""

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        """Gives the Deployment another number of pods. Raises NotFound."""

    def wait_serving(self, namespace: str, workload: str, timeout: float) -> list[PodRef]:
        """Waits until every pod of the Deployment serves; returns them."""
