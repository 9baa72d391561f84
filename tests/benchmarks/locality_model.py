# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the failover order takes to compute: 100,000 endpoints in 300 localities, for one client and for 300.

    python tests/benchmarks/locality_model.py

Prints processor seconds for each kind of rule: one client on its own (grouping included), then a client in
each of the 300 localities. It is priorities and weights, expected shares of all localities,
and the order of failover. The last column is the same for one client with every endpoint's share.
Exits with 1 if one client takes more than 1 s or all of them more than 30 s.
"""

from __future__ import annotations

import argparse
import sys
import time
import typing as t

from _results import Results
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover_order import (
    FailoverOrder,
    failover_order,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.grouping import (
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)

REGIONS, ZONES, SUBZONES = 10, 10, 3
ONE_CLIENT, ALL_CLIENTS = 1.0, 30.0
PREFER_ZONE = [
    "topology.istio.io/network",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
]
DISTRIBUTE = [
    {"from": f"r{n}/*", "to": {f"r{n}/*": 80, f"r{(n + 1) % REGIONS}/*": 20}}
    for n in range(REGIONS)
]
RULES: dict[str, t.Mapping[str, t.Any] | None] = {
    "no rule": None,
    "failover": {"failover": [{"from": "r0", "to": "r1"}]},
    "distribute": {"distribute": DISTRIBUTE},
    "failoverPriority": {"failoverPriority": PREFER_ZONE},
    "failoverPriority and hostname": {"failoverPriority": [*PREFER_ZONE, "kubernetes.io/hostname"]},
}


def localities() -> list[str]:
    """The names of all localities."""
    return [
        f"r{region}/z{zone}/s{subzone}"
        for region in range(REGIONS)
        for zone in range(ZONES)
        for subzone in range(SUBZONES)
    ]


def service(count: int) -> list[Endpoint]:
    """So many endpoints, spread over all localities, two networks and 3,000 nodes."""
    places = localities()
    return [
        Endpoint(
            address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            port=8080,
            locality=places[number % len(places)],
            weight=1 + number % 3,
            network="n0" if number % len(places) < len(places) // 2 else "n1",
            cluster="c0",
            node=f"node{number % 3000}",
        )
        for number in range(count)
    ]


def failover_steps(
    client: Client, endpoints: t.Sequence[Endpoint] | GroupedEndpoints, policy: Policy
) -> FailoverOrder:
    """Everything that is said about one client."""
    return failover_order(build_load_assignment(client, endpoints, policy))


def measured(
    name: str, endpoints: list[Endpoint], policy: Policy, gateways: bool
) -> tuple[float, float]:
    """Prints one line; returns the longest time of one client, and that of all."""
    known = [NetworkGateway("n1", "9.9.9.9")] if gateways else []
    clients = [Client(place, network="n0", cluster="c0", node="node7") for place in localities()]
    start = time.process_time()
    failover_steps(clients[0], GroupedEndpoints(endpoints, known), policy)
    one = time.process_time() - start
    start = time.process_time()
    grouped = GroupedEndpoints(endpoints, known)
    for client in clients:
        failover_steps(client, grouped, policy)
    everyone = time.process_time() - start
    start = time.process_time()
    shares = (
        failover_steps(clients[0], GroupedEndpoints(endpoints, known), policy)
        .steps[0]
        .shares.endpoints
    )
    detailed = time.process_time() - start
    label = f"{name}, gateway" if gateways else name
    print(f"{label:40} {one:8.3f} {everyone:8.3f} {detailed:8.3f}  ({len(shares)} endpoints)")
    return max(one, detailed), everyone


def main() -> int:
    """Measures every kind of rule, with and without a gateway."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--endpoints", type=int, default=100_000)
    endpoints = service(parser.parse_args().endpoints)
    print(f"{'rule':40} {'1 client':>8} {'300':>8} {'each ep.':>8}")
    times = [
        measured(name, endpoints, Policy(locality_lb=setting, outlier_detection={}), gateways)
        for name, setting in RULES.items()
        for gateways in (False, True)
    ]
    results = Results("locality_model", {"one client": ONE_CLIENT, "all clients": ALL_CLIENTS})
    for what, seconds in zip(
        ("one client", "all clients"), map(max, zip(*times, strict=True)), strict=True
    ):
        results.add(what, f"{seconds:.2f} s of CPU time, the slowest rule", seconds)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
