# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locality model's answer to one case, in the schema of the istiod oracle."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils.errors import InvalidInput, MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.assign import assign
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.parse import parse_locality
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.shares import (
    Shares,
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.types import (
    HEALTHY,
    Assignment,
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.validate import (
    Refusal,
    check_setting,
    check_traffic_policy,
)

Case: t.TypeAlias = dict[str, t.Any]

DEFAULT_CLUSTER = "Kubernetes"
TLS_MODE = "security.istio.io/tlsMode"
PORT = 8080


def answer(case: Case, mode: str = "full") -> Case:
    """The model's answer to one case, in the oracle's schema."""
    result: Case = {"name": case["name"]} if case.get("name") else {}
    result["mode"] = mode = case.get("mode") or mode
    try:
        assignment = assign(*_question(case, mode))
        refused = [each for each in _refusals(case, assignment) if not each.warning]
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


def _question(case: Case, mode: str) -> tuple[Client, list[Endpoint], Policy, list[NetworkGateway]]:
    client = Client(
        locality=case.get("proxyLocality") or "",
        labels=case.get("proxyLabels") or {},
        network=case.get("proxyNetwork") or "",
        cluster=case.get("proxyCluster") or DEFAULT_CLUSTER,
    )
    gateways = [
        NetworkGateway(
            each.get("network", ""),
            each["addr"],
            each.get("port") or 15443,
            each.get("cluster", ""),
        )
        for each in case.get("gateways") or ()
    ]
    endpoints = list(_endpoints(case, client.cluster, bool(gateways)))
    if mode == "direct":
        endpoints = [each for each in endpoints if each.health == HEALTHY]
    return client, endpoints, _policy(case), gateways


def _policy(case: Case) -> Policy:
    policy = Policy(
        locality_lb=case.get("localityLbSetting"),
        zone_aware_lb=case.get("zoneAwareLbSetting"),
        outlier_detection={} if case.get("outlierDetection") else None,
        traffic_distribution=case.get("trafficDistribution") or "",
    )
    if "meshLocalityLbSetting" in case:
        policy = replace(policy, mesh_locality_lb=case["meshLocalityLbSetting"])
    return policy


def _endpoints(case: Case, cluster: str, with_gateways: bool) -> t.Iterator[Endpoint]:
    number = 0
    for each in case.get("endpoints") or ():
        count = each.get("count") or 1
        labels = each.get("labels") or {}
        tls_mode = labels.get(TLS_MODE) or ("istio" if with_gateways else "")
        for _unused in range(count):
            number += 1
            own = each.get("address") if count == 1 else None
            yield Endpoint(
                address=own or _made_up_address(number),
                port=PORT,
                locality=each.get("locality") or "",
                weight=int(each.get("weight") or 1),
                labels=labels,
                network=each.get("network") or "",
                cluster=each.get("cluster") or cluster,
                health=_health(each.get("health") or HEALTHY),
                mtls=tls_mode == "istio",
            )


def _made_up_address(number: int) -> str:
    # the oracle's scheme, so that the answers can be compared address by address
    return f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


def _health(text: str) -> str:
    health = text.upper()
    if health not in ("HEALTHY", "UNHEALTHY", "DRAINING", "TERMINATING"):
        raise InvalidInput(f"health {text!r}: write HEALTHY, UNHEALTHY, DRAINING or TERMINATING")
    return health


def _refusals(case: Case, assignment: Assignment) -> tuple[Refusal, ...]:
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
        return check_setting(case["meshLocalityLbSetting"], outlier_detection=True)
    return check_traffic_policy(policy)


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
