# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of responses that sidecars give now, as their Envoys report them.

No object of Kubernetes shows them, and the run that set them may have been killed.
"""

from __future__ import annotations

import json
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import sidecars
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

_PARALLEL_CALLS = 8


class ResponseFaults(t.NamedTuple):
    """What a sidecar does to requests: percentages of them, an HTTP status, milliseconds."""

    fail_percent: int = 0
    status: int = 503
    delay_percent: int = 0
    delay_ms: int = 0

    def __str__(self) -> str:
        parts = []
        if self.fail_percent:
            parts.append(f"answers {self.fail_percent} % of the requests with {self.status}")
        if self.delay_percent:
            parts.append(f"delays {self.delay_percent} % of the requests by {self.delay_ms} ms")
        return " and ".join(parts)

    @property
    def serves_nothing(self) -> bool:
        return self.fail_percent >= 100


def read_response_faults(cluster: Cluster, pods: t.Sequence[PodRef]) -> list[ResponseFaults]:
    """Return the faults of these pods, in their order; none of a sidecar that does not answer."""
    if not cluster.has_faults:
        return [ResponseFaults()] * len(pods)
    with ThreadPoolExecutor(max_workers=_PARALLEL_CALLS) as pool:
        return list(pool.map(lambda pod: _read(cluster, pod), pods))


def _read(cluster: Cluster, pod: PodRef) -> ResponseFaults:
    try:
        text = cluster.admin(pod, "GET", "/runtime")
    except MeshError:
        # out of order as a whole, which its state says
        return ResponseFaults()
    entries = (json.loads(text) if text else {}).get("entries") or {}
    given = {
        name: int(entry["final_value"])
        for name, key in sidecars.FAULT_KEYS.items()
        if (entry := entries.get(key)) and entry.get("final_value")
    }
    return ResponseFaults(**given)
