# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a service asks for close endpoints without a DestinationRule."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    annotations_of,
    namespace_of,
    spec_of,
)

VALUES = ("PreferClose", "PreferSameZone", "PreferSameNode")
_FOLDED = {value.lower(): value for value in VALUES}


def traffic_distribution(cluster: ClusterState, obj: KubernetesObject) -> str:
    """Return one of ``VALUES``, or nothing. A Service's field beats annotations."""
    if obj.get("kind") == "Service":
        # an unknown value of the field does not end the search, one of an annotation does
        declared = spec_of(obj).get("trafficDistribution")
        if declared in VALUES:
            return str(declared)
    namespace = cluster.get("Namespace", namespace_of(obj))
    for source in (obj, namespace):
        annotation = annotations_of(source).get(well_known.TRAFFIC_DISTRIBUTION) if source else None
        if annotation is not None:
            return _FOLDED.get(annotation.lower(), "")
    return ""
