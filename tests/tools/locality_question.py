# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case in the oracle's schema as the question that the locality model answers."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    TRAFFIC_DISTRIBUTION,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)

Case: t.TypeAlias = dict[str, t.Any]
Question: t.TypeAlias = tuple[Client, list[Endpoint], Policy, list[NetworkGateway]]

DEFAULT_CLUSTER = "Kubernetes"
TLS_MODE = "security.istio.io/tlsMode"
LOCALITY_LABELS = ("topology.istio.io/locality", "istio-locality")
PORT = 8080
IPV4 = frozenset({4})


def question(case: Case, mode: str) -> Question:
    """Reads client, endpoints, policy and gateways."""
    direct = mode == "direct"
    if direct and case.get("gateways"):
        raise InvalidInput("gateways need mode full")
    client = Client(
        locality=case.get("proxyLocality") or "",
        labels=case.get("proxyLabels") or {},
        network=case.get("proxyNetwork") or "",
        cluster=case.get("proxyCluster") or DEFAULT_CLUSTER,
        ip_families=IPV4,
    )
    endpoints = list(_endpoints(case, client.cluster))
    if direct:
        endpoints = [each for each in endpoints if each.health == HEALTHY]
    else:
        if _registry(case) == "serviceentry":
            endpoints = [_as_service_entry(each, client.cluster) for each in endpoints]
        endpoints = [each for each in endpoints if is_ip_address(each.address)]
    return client, endpoints, _policy(case), list(_gateways(case))


def _registry(case: Case) -> str:
    """Where the oracle puts the endpoints, unless the case says it."""
    in_memory = any(
        each.get("cluster") or each.get("health") for each in case.get("endpoints") or ()
    )
    return str(case.get("registry") or ("memory" if in_memory else "serviceentry"))


def _as_service_entry(endpoint: Endpoint, cluster: str) -> Endpoint:
    """A ServiceEntry's endpoint has no health or cluster of its own; labels may tell its place."""
    locality = endpoint.locality
    if not locality:
        given = next(filter(None, map(endpoint.labels.get, LOCALITY_LABELS)), "")
        locality = given if "/" in given else given.replace(".", "/")
    return replace(endpoint, locality=locality, cluster=cluster, health=HEALTHY)


def _policy(case: Case) -> Policy:
    distribution = case.get("trafficDistribution") or ""
    if distribution and distribution not in TRAFFIC_DISTRIBUTION:
        raise InvalidInput(f'unknown trafficDistribution "{distribution}"')
    policy = Policy(
        locality_lb=case.get("localityLbSetting"),
        zone_aware_lb=case.get("zoneAwareLbSetting"),
        outlier_detection={} if case.get("outlierDetection") else None,
        traffic_distribution=distribution,
    )
    if "meshLocalityLbSetting" in case:
        policy = replace(policy, mesh_locality_lb=case["meshLocalityLbSetting"])
    return policy


def _gateways(case: Case) -> t.Iterator[NetworkGateway]:
    for each in case.get("gateways") or ():
        # istiod leaves out a gateway whose name it cannot resolve, and nothing can be resolved here
        if is_ip_address(each["addr"]):
            port = each.get("port") or 15443
            yield NetworkGateway(
                each.get("network", ""), each["addr"], port, each.get("cluster", "")
            )


def _endpoints(case: Case, cluster: str) -> t.Iterator[Endpoint]:
    number = 0
    default_mode = "istio" if case.get("gateways") else ""
    for each in case.get("endpoints") or ():
        count = each.get("count") or 1
        labels = each.get("labels") or {}
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
                mtls=(labels.get(TLS_MODE) or default_mode) == "istio",
            )


def _made_up_address(number: int) -> str:
    # the oracle's scheme, so that the answers can be compared address by address
    return f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


def _health(text: str) -> str:
    health = text.upper()
    if health not in ("HEALTHY", "UNHEALTHY", "DRAINING", "TERMINATING"):
        raise InvalidInput(f"health {text!r}: write HEALTHY, UNHEALTHY, DRAINING or TERMINATING")
    return health
