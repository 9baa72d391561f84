# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether fortio's own pod and traffic_sample see the same shares.

    ansible-playbook playbooks/load_balancing.yml -i inventories/east-west -e mesh_provider=kind -e federation_keep=true
    python tests/benchmarks/shares.py LAB_DIRECTORY [--clusters EAST WEST] [--connections 4] [--image IMAGE]

The lab is left as the playbook's last step has it. Both tools send in turn, as many requests over as many connections, each
from a pod of its own. The servers' sidecars count for both; traffic_sample counts answers besides.
"""

from __future__ import annotations

import argparse
import collections
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "tools"))

import checkout
from _fortio import Fortio
from _results import Results

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.kubernetes import (
    KubernetesCluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import responses, served

URL = "http://httpbin.sample.svc.cluster.local:8000/hostname"
PATTERN = r'"hostname":\s*"(?P<instance>[^"]+)"'
CLIENT = ("load", "load")
SERVER = ("sample", "httpbin")
REQUESTS = 1000
ROUNDS = 3
# by how much of all requests the tools may differ
GOALS = {"difference": 0.01}


class Shares:
    """What the servers counted of one tool, over all rounds."""

    def __init__(self, servers: list[served.Server]) -> None:
        self._servers = servers
        self.clusters: collections.Counter[str] = collections.Counter()
        self.pods: collections.Counter[str] = collections.Counter()

    def meter(self) -> served.RequestCounter:
        return served.RequestCounter(self._servers)

    def add(self, meter: served.RequestCounter) -> None:
        counts = meter.counts()
        self.clusters.update(counts[served.CLUSTER])
        self.pods.update(counts[served.INSTANCE])

    def of(self, cluster: str) -> float:
        return self.clusters[cluster] / self.clusters.total()

    def __str__(self) -> str:
        parts = [f"{n} {count} ({self.of(n):.2%})" for n, count in self.clusters.items()]
        by_pod = "/".join(str(count) for count in self.pods.values())
        return f"{', '.join(parts)}; by pod {by_pod}"


def sample(cluster: KubernetesCluster, connections: int) -> collections.Counter[str]:
    """Answers by pod, as traffic_sample identifies them."""
    (client, *_more) = cluster.pods(*CLIENT)
    profile = LoadProfile(URL, requests=REQUESTS, concurrency=connections)
    records = cluster.sample(client, profile, lambda _count: None)
    failed = [record for record in records if record.failed]
    if failed:
        sys.exit(f"{len(failed)} of {REQUESTS} requests failed: {failed[0]}")
    names = responses.by_pattern(PATTERN)
    return collections.Counter(names(record.body)["instance"] for record in records)


def main(given: argparse.Namespace) -> int:
    results = Results("shares", GOALS)
    files = {n: str(given.lab / "clusters" / n / "kubeconfig") for n in given.clusters}
    east, west = (
        KubernetesCluster({"cluster": name, "kubeconfig": file, "context": None})
        for name, file in files.items()
    )
    servers = [s for cluster in (east, west) for s in served.servers_of(cluster, *SERVER)]
    fortio = Fortio(("kubectl", "--kubeconfig", files[east.name]), CLIENT[0], given.image)
    load = ("-c", str(given.connections), "-qps", "0", "-n", str(REQUESTS), "-quiet", URL)
    own, other = Shares(servers), Shares(servers)
    answers: collections.Counter[str] = collections.Counter()
    try:
        for _round in range(ROUNDS):
            meter = own.meter()
            answers += sample(east, given.connections)
            own.add(meter)
            meter = other.meter()
            fortio.load(*load)
            other.add(meter)
    finally:
        fortio.delete()
    results.add("traffic_sample", f"servers counted {own}")
    counted = "/".join(str(answers[name]) for name in own.pods)
    results.add("answers", f"the client counted by pod {counted}")
    results.add("fortio", f"servers counted {other}")
    difference = abs(own.of(east.name) - other.of(east.name))
    results.add("difference", f"{difference:.2%} of all requests", difference)
    return results.finish()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("lab", type=Path)
    parser.add_argument("--clusters", nargs=2, default=("east", "west"))
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--image", default="docker.io/fortio/fortio:1.68.0")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(arguments()))
