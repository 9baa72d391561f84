# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Since when a service's endpoints have not changed, as the clients' sidecars see it.

Envoy holds back a change of endpoints or their health for up to a second after the one before, so
a second ejection within it reaches the worker threads late, and requests fail that need not.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.outlier_detector import (
    MERGE_WINDOW_MS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_health import (
    endpoint_health,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

# Envoy's window, and some time for the threads
MERGE_WINDOW_S = MERGE_WINDOW_MS / 1000 + 0.2
_INTERVAL_S = 0.05
_TIMEOUT_S = 60.0
# What Envoy's worker threads were told so far, at once and held back, of all clusters
_COUNTERS = r"^cluster_manager\.cluster_(added|modified|removed|updated|updated_via_merge)$"
_COUNTED = re.compile(r"cluster_manager\.cluster_updated: \d+")


@dataclass(frozen=True, slots=True)
class UnchangedEndpoints:
    """What the sidecars say of a service's endpoints, and since when they have said so."""

    # a digest
    state: str
    # in seconds of the machine's monotonic clock
    since: float


class EndpointWatch:
    """Watches a service's endpoints in the sidecars of its clients.

    Where sidecars count their updates, equal counters mean that nothing has changed since, so ``earlier``, which a sample
    before this one has seen, still holds. Where they do not, only a watch without a pause can tell.
    """

    def __init__(
        self,
        cluster: Cluster,
        clients: t.Sequence[PodRef],
        host: str,
        port: int,
        earlier: UnchangedEndpoints | None = None,
    ) -> None:
        self._cluster = cluster
        self._clients = clients
        self._target = (host, port)
        self._known = earlier

    def observe(self) -> None:
        """Look at the endpoints where that tells more than a watch, so that a later wait is shorter."""
        if not self._cluster.counts_updates:
            return
        try:
            self._observe()
        except MeshError:
            # an event has replaced a client: the next wait begins anew, or says what is wrong
            self._known = None

    def unchanged(self) -> UnchangedEndpoints | None:
        """Return what is known for a later sample; None where its wait has to begin anew."""
        return self._known if self._cluster.counts_updates else None

    def wait(self, stop: threading.Event) -> None:
        """Wait until no client's sidecar has seen a change for the length of the merge window.

        Raises MeshError when the changes do not end; returns early when ``stop`` is set.
        """
        if not self._cluster.counts_updates:
            self._known = None
        began = time.monotonic()
        changed = self._observe()
        while time.monotonic() - changed < MERGE_WINDOW_S:
            if stop.wait(_INTERVAL_S):
                return
            changed = self._observe()
            if changed - began > _TIMEOUT_S:
                host, port = self._target
                raise MeshError(
                    f"events: the endpoints of {host}:{port} changed in the client's sidecar without "
                    f"a pause of {MERGE_WINDOW_S:g} s for {_TIMEOUT_S:g} s"
                )

    def _observe(self) -> float:
        """Return since when the endpoints are as they are now, of the monotonic clock."""
        state, now = self._state(), time.monotonic()
        # the clock of another machine, or of this one before it started anew, may be ahead
        if self._known is None or self._known.state != state or self._known.since > now:
            self._known = UnchangedEndpoints(state, now)
        return self._known.since

    def _state(self) -> str:
        parts = [str(self._target)]
        for client in self._clients:
            parts += [client.namespace, client.name, *self._endpoints(client)]
            if self._cluster.counts_updates:
                parts.append(self._counters(client))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _endpoints(self, client: PodRef) -> list[str]:
        text = self._cluster.admin(client, "GET", "/clusters")
        return sorted(endpoint_health(text, *self._target))

    def _counters(self, client: PodRef) -> str:
        text = self._cluster.admin(client, "GET", f"/stats?filter={_COUNTERS}")
        if not _COUNTED.search(text):
            raise MeshError(f"the sidecar of pod {client.name} does not count its updates")
        return text
