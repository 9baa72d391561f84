# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether outlier detection can eject a host at all."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.share_reasons import (
    counted,
)

# Envoy's default where the rule says nothing
MAX_EJECTION_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Ejection:
    """How many of a cluster's hosts, over all priorities, may be ejected at one time."""

    hosts: int
    most: int
    reason: str

    @property
    def possible(self) -> bool:
        """Can any host be ejected?"""
        return self.most > 0


def ejection(outlier_detection: t.Mapping[str, t.Any] | None, hosts: int) -> Ejection:
    """Apply ``maxEjectionPercent`` to the number of hosts, as Envoy does since 1.28."""
    if outlier_detection is None:
        return Ejection(hosts, 0, "nothing is ejected without outlierDetection")
    if not _enforced(outlier_detection):
        return Ejection(hosts, 0, "the rule's outlierDetection counts no kind of error")
    # istiod leaves out 0, and Envoy's default then counts
    percent = int(outlier_detection.get("maxEjectionPercent") or MAX_EJECTION_PERCENT)
    most = hosts * min(percent, 100) // 100
    of = f"maxEjectionPercent {percent} of {counted(hosts)}"
    if not outlier_detection.get("maxEjectionPercent"):
        of = f"the default {of}"
    if not most:
        return Ejection(hosts, 0, f"{of} is less than one: nothing is ever ejected")
    return Ejection(hosts, most, f"{of}: at most {most} can be ejected at a time")


def _enforced(outlier_detection: t.Mapping[str, t.Any]) -> bool:
    """Tell whether any kind of error leads to ejection; absent fields keep Envoy's default."""
    if outlier_detection.get("splitExternalLocalOriginErrors"):
        local = outlier_detection.get("consecutiveLocalOriginFailures")
        if local is None or local:
            return True
    server_errors = outlier_detection.get("consecutive5xxErrors")
    if server_errors is None or server_errors:
        return True
    # Envoy counts gateway errors by default, but ejects for them only when asked to
    return bool(outlier_detection.get("consecutiveGatewayErrors"))
