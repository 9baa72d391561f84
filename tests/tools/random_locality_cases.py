# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes up locality cases for the istiod oracle and for the collection's model.

    python tests/tools/random_locality_cases.py --seed 7 --count 1000 > cases.ndjson

The same seed gives the same cases. Few names are used, so that localities, labels and networks
often coincide, and odd ones (empty parts, too many parts, wildcards in odd places) are common.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import typing as t

Case: t.TypeAlias = dict[str, t.Any]

LOCALITIES = (
    *("", "east", "east/a", "east/a/", "east/a/1", "east/a/2", "east/b", "east/b/1", "west"),
    *("west/", "west/a", "west/a/1", "west/c", "north/x/9", "north", "/a", "//1", "east//1"),
    *("east/a/1/rack", "east/a/1/", "west.c"),
)
KEYS = (
    *("east", "east/*", "east/a", "east/a/*", "east/a/1", "east/b", "west", "west/*", "west/a/*"),
    *("north", "*", "south/*", "east/a/1/rack", "east/a/1/row", "east/z*", "north/x/9"),
)
REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
SUBZONE = "topology.istio.io/subzone"
NETWORK = "topology.istio.io/network"
CLUSTER = "topology.istio.io/cluster"
HOSTNAME = "kubernetes.io/hostname"
OWN_LABELS = {"app": ("x", "y"), "version": ("v1", "v2"), HOSTNAME: ("n1", "n2")}
ENTRIES = (
    *(REGION, ZONE, SUBZONE, NETWORK, CLUSTER, HOSTNAME, "app", "version", "nobody"),
    *("app=x", "version=v2", "version=", f"{NETWORK}=net2", f"{REGION}=west", "app=x=y"),
)
NETWORKS = ("net1", "net2", "net3")
CLUSTERS = ("c1", "c2", "Kubernetes")


def random_cases(seed: int, count: int, *, gateways: bool = True) -> t.Iterator[Case]:
    """Yields ``count`` cases."""
    dice = random.Random(seed)
    for number in range(count):
        yield {"name": f"{seed}/{number}", **_case(dice, gateways)}


def _case(dice: random.Random, gateways: bool) -> Case:
    networks = dice.random() < 0.5
    in_clusters = dice.random() < 0.2
    case = _client(dice, networks) | _policy(dice)
    case["endpoints"] = [
        _endpoint(dice, networks, in_clusters)
        for _unused in range(dice.choice((0, 1, 2, 3, 4, 5, 6, 8)))
    ]
    if gateways and networks and dice.random() < 0.5:
        case["gateways"] = list(_gateways(dice))
    if gateways and dice.random() < 0.1:
        # the oracle's two paths treat health differently; the full one is what istiod does
        case["mode"] = "full"
        for endpoint in case["endpoints"]:
            endpoint["health"] = dice.choice(("HEALTHY", "UNHEALTHY", "DRAINING", "TERMINATING"))
    return case


def _client(dice: random.Random, networks: bool) -> Case:
    client: Case = {"proxyLocality": dice.choice(LOCALITIES)}
    if dice.random() < 0.4:
        client["proxyLabels"] = _labels(dice)
    if networks and dice.random() < 0.8:
        client["proxyNetwork"] = dice.choice(NETWORKS)
    if dice.random() < 0.2:
        client["proxyCluster"] = dice.choice(CLUSTERS)
    return client


def _policy(dice: random.Random) -> Case:
    policy: Case = {}
    if dice.random() < 0.7:
        policy["outlierDetection"] = True
    if dice.random() < 0.75:
        policy["localityLbSetting"] = _setting(dice)
    if dice.random() < 0.3:
        policy["meshLocalityLbSetting"] = None if dice.random() < 0.2 else _setting(dice)
    if dice.random() < 0.2:
        policy["trafficDistribution"] = dice.choice(
            ("PreferClose", "PreferSameZone", "PreferSameNode")
        )
    if dice.random() < 0.05:
        policy["zoneAwareLbSetting"] = _zone_aware(dice)
    return policy


def _labels(dice: random.Random) -> dict[str, str]:
    labels = {
        name: dice.choice(values) for name, values in OWN_LABELS.items() if dice.random() < 0.5
    }
    if dice.random() < 0.1:
        labels[dice.choice((REGION, ZONE, SUBZONE))] = dice.choice(("east", "west", "a", "1"))
    if dice.random() < 0.1:
        labels[NETWORK] = dice.choice(NETWORKS)
    return labels


def _endpoint(dice: random.Random, networks: bool, in_clusters: bool) -> Case:
    endpoint: Case = {"locality": dice.choice(LOCALITIES)}
    if dice.random() < 0.4:
        endpoint["weight"] = dice.choice((0, 1, 2, 3, 7, 10, 30, 100, 1000))
    if dice.random() < 0.3:
        endpoint["count"] = dice.randint(1, 4)
    if dice.random() < 0.5:
        endpoint["labels"] = _labels(dice)
    if networks and dice.random() < 0.8:
        endpoint["network"] = dice.choice(NETWORKS)
        if dice.random() < 0.15:
            endpoint.setdefault("labels", {})["security.istio.io/tlsMode"] = "disabled"
    if in_clusters:
        endpoint["cluster"] = dice.choice(CLUSTERS)
    return endpoint


def _gateways(dice: random.Random) -> t.Iterator[Case]:
    for number in range(dice.randint(1, 5)):
        gateway: Case = {"network": dice.choice(NETWORKS), "addr": f"9.9.9.{9 - number}"}
        if dice.random() < 0.5:
            gateway["cluster"] = dice.choice(CLUSTERS)
        if dice.random() < 0.2:
            gateway["port"] = 15000 + number
        yield gateway


def _setting(dice: random.Random) -> Case:
    setting: Case = {}
    if dice.random() < 0.3:
        setting["enabled"] = dice.random() < 0.7
    kind = dice.random()
    if kind < 0.4:
        setting["distribute"] = [_distribute(dice) for _unused in range(dice.randint(1, 3))]
    if 0.35 < kind < 0.7:
        setting["failover"] = list(_failover(dice))
    if kind > 0.6:
        setting["failoverPriority"] = [
            dice.choice(ENTRIES) for _unused in range(dice.randint(1, 5))
        ]
        if dice.random() < 0.3:
            setting["failoverPriority"].insert(0, NETWORK)
    return setting


def _distribute(dice: random.Random) -> Case:
    keys = dice.sample(KEYS, dice.randint(1, 4))
    cuts = sorted(dice.sample(range(1, 100), len(keys) - 1))
    weights = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    if dice.random() < 0.1:
        weights[0] = dice.choice((0, 50, 101))
    source = dice.choice((*KEYS, *LOCALITIES))
    return {"from": source, "to": dict(zip(keys, weights, strict=True))}


def _failover(dice: random.Random) -> t.Iterator[Case]:
    regions = ("east", "west", "north", "south", "")
    for _unused in range(dice.randint(1, 3)):
        yield {"from": dice.choice(regions), "to": dice.choice(regions)}


def _zone_aware(dice: random.Random) -> Case:
    setting: Case = {}
    if dice.random() < 0.4:
        setting["enabled"] = dice.random() < 0.5
    if dice.random() < 0.5:
        setting["failover"] = list(_failover(dice))
    if dice.random() < 0.4:
        setting["failoverPriority"] = [
            dice.choice(ENTRIES) for _unused in range(dice.randint(1, 3))
        ]
    return setting


def main() -> None:
    """Prints cases as JSON lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument(
        "--no-gateways", action="store_true", help="only cases for the oracle's direct mode"
    )
    options = parser.parse_args()
    for case in random_cases(options.seed, options.count, gateways=not options.no_gateways):
        sys.stdout.write(json.dumps(case) + "\n")


if __name__ == "__main__":
    main()
