# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locality model's answer to one case, in the schema of the istiod oracle."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    Shares,
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Assignment
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_settings import (
    locality_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.traffic_policies import (
    load_balancer_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Violations,
)
from locality_question import Case, question


def answer(case: Case, mode: str = "full") -> Case:
    """The model's answer to one case, in the oracle's schema."""
    result: Case = {"name": case["name"]} if case.get("name") else {}
    result["mode"] = mode = case.get("mode") or mode
    try:
        assignment = build_load_assignment(*question(case, mode))
        refused = [each for each in _violations(case, assignment) if not each.warning]
    except MeshError as error:
        return result | {"error": str(error), "localities": []}
    if refused:
        result["invalid"] = "; ".join(f"{each.field}: {each.message}" for each in refused)
    if assignment.nondeterministic:
        result["nondeterministic"] = True
    result["localities"] = _localities(assignment)
    result["localityWeightedLbConfig"] = assignment.locality_weighted
    result["zoneAwareLbConfig"] = assignment.zone_aware
    result["outlierDetectionInCDS"] = assignment.outlier_detection is not None
    result["shares"] = _shares(expected_shares(assignment))
    return result


def _violations(case: Case, assignment: Assignment) -> Violations:
    settings = {
        name: case[name]
        for name in ("localityLbSetting", "zoneAwareLbSetting")
        if case.get(name) is not None
    }
    policy: Case = {"loadBalancer": settings}
    if case.get("outlierDetection"):
        policy["outlierDetection"] = {}
    if assignment.nondeterministic and not settings:
        # the oracle asks the webhook about the DestinationRule only, but the mesh's keys overlap
        return locality_violations(case["meshLocalityLbSetting"], outlier_detection=True)
    return load_balancer_violations(policy, "loadBalancer")


def _localities(assignment: Assignment) -> list[Case]:
    return [
        {
            "locality": str(parse_locality(group.locality)),
            "priority": group.priority,
            "weight": group.weight,
            "endpoints": len(group.endpoints),
            "addresses": [endpoint.address for endpoint in group.endpoints],
            "endpointWeights": [endpoint.weight for endpoint in group.endpoints],
        }
        for group in assignment.groups
    ]


def _shares(shares: Shares) -> Case:
    return {
        "lost": shares.lost,
        "model": shares.model,
        "localityModel": shares.locality_model,
        "priorities": [
            {
                "priority": each.priority,
                "hosts": each.hosts,
                "healthy": each.healthy,
                "health": each.health,
                "load": each.load,
                "panic": each.panic,
                "reason": each.reason,
            }
            for each in shares.priorities
        ],
        "localities": [
            {
                "locality": each.locality,
                "priority": each.priority,
                "share": each.share,
                "reason": each.reason,
            }
            for each in shares.localities
        ],
        "endpoints": [
            {
                "address": each.endpoint.address,
                "locality": each.locality,
                "priority": each.priority,
                "share": each.share,
            }
            for each in shares.endpoints
        ],
    }
