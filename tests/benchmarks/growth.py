# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the loopback lab grows, and how long a rule takes until it is everywhere.

    python tests/benchmarks/growth.py [pods …]

For 10, 25, 50 and 100 pods, each in a cluster of its own: the time from no pod to all of them serving, and their
memory. They are the pods of five services, spread over four zones, and every sidecar knows every service and endpoint.
A time a pod that does not rise with their number is linear growth; to grow faster than that misses the goal.
In the last of them a rule for one service is applied, then changed: the time until every sidecar works with it, without
Ansible and as a task of a playbook. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from base64 import b64encode
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "tools"))

import checkout

checkout.make_importable()

from _envoys import memory
from _results import Results
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import processes
from ansible_collections.eastwest.mesh.plugins.modules import (
    loopback_cluster,
    manifest,
    mesh_certs,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import run_module

COUNTS = (10, 25, 50, 100)
ZONES = ("zone1", "zone2", "zone3", "zone4")
SERVICES = 5
# Ten times the pods may take this many times ten times the time: what is measured varies
SLACK = 1.1
RULE_S = 1.0

Values: t.TypeAlias = dict[str, t.Any]


class Missed(Exception):
    """A module failed."""


class Took(t.NamedTuple):
    """How long something took, and how much CPU time."""

    seconds: float
    work: float | None = None

    def __str__(self) -> str:
        text = f"{self.seconds:6.2f} s"
        return text if self.work is None else f"{text}, {self.work:5.2f} s of CPU time"


def run(module: t.Any, options: Values) -> Values:
    result = run_module(module, options)
    if result.get("failed"):
        raise Missed(result["msg"])
    return result


def cacerts(directory: Path) -> Values:
    made = run(mesh_certs, {"directory": str(directory), "intermediates": [{"name": "big"}]})
    ca = made["intermediates"][0]
    files = {
        "root-cert.pem": ca["root_path"],
        "ca-cert.pem": ca["path"],
        "ca-key.pem": ca["key_path"],
        "cert-chain.pem": ca["chain_path"],
    }
    data = {name: b64encode(Path(path).read_bytes()).decode() for name, path in files.items()}
    return named("v1", "Secret", "cacerts", "istio-system", data=data)


def named(version: str, kind: str, name: str, namespace: str = "", **rest: t.Any) -> Values:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def namespaces() -> list[Values]:
    sample = named("v1", "Namespace", "sample")
    sample["metadata"]["labels"] = {"istio-injection": "enabled"}
    return [named("v1", "Namespace", "istio-system"), sample]


def workloads(pods: int) -> t.Iterator[Values]:
    for number in range(SERVICES):
        app = f"hello{number}"
        yield named(
            "v1",
            "Service",
            app,
            "sample",
            spec={"selector": {"app": app}, "ports": [{"name": "http", "port": 5000}]},
        )
        own = len(range(number, pods, SERVICES))
        for index, zone in enumerate(ZONES):
            yield deployment(f"{app}-{zone}", app, zone, len(range(index, own, len(ZONES))))


def deployment(name: str, app: str, zone: str, replicas: int) -> Values:
    labels = {"app": app, "version": zone}
    return named(
        "apps/v1",
        "Deployment",
        name,
        "sample",
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {
                    "labels": labels,
                    "annotations": {"eastwest.mesh/app": "helloworld"},
                },
                "spec": {
                    "nodeSelector": {"topology.kubernetes.io/zone": zone},
                    "containers": [{"name": "helloworld", "ports": [{"containerPort": 5000}]}],
                },
            },
        },
    )


def rule(weights: t.Mapping[str, int], requests: int) -> Values:
    """Every sidecar of the region works with the weights, and with the number of requests."""
    to = {f"region/{zone}/*": weight for zone, weight in weights.items()}
    return named(
        "networking.istio.io/v1",
        "DestinationRule",
        "hello0",
        "sample",
        spec={
            "host": "hello0.sample.svc.cluster.local",
            "trafficPolicy": {
                "connectionPool": {"http": {"maxRequestsPerConnection": requests}},
                "loadBalancer": {
                    "simple": "ROUND_ROBIN",
                    "localityLbSetting": {"distribute": [{"from": "region/*", "to": to}]},
                },
                "outlierDetection": {"consecutive5xxErrors": 1},
            },
        },
    )


def work(directory: Path) -> float:
    """Seconds of CPU time of this process and of all Envoys, which other work on the machine changes little."""
    nanoseconds = 0
    for several in processes.running(directory).values():
        for process in several:
            nanoseconds += int(Path(f"/proc/{process}/schedstat").read_text().split()[0])
    return time.process_time() + nanoseconds / 1e9


class LargeLab:
    """A lab of one cluster."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.options = {"lab_directory": str(directory), "cluster": "big"}
        nodes = [{"region": "region", "zone": zone} for zone in ZONES]
        # a service subnet for more services than there are
        self._make = {**self.options, "nodes": nodes, "service_subnet": "10.96.0.0/16"}

    def begin(self, certificates: Path) -> None:
        run(loopback_cluster, dict(self._make))
        self.apply([*namespaces(), cacerts(certificates)])

    def apply(self, definitions: t.Iterable[Values]) -> Took:
        """Applies and waits."""
        began, before = time.monotonic(), work(self.directory)
        run(manifest, {**self.options, "definition": list(definitions)})
        return Took(time.monotonic() - began, work(self.directory) - before)

    def end(self) -> None:
        run(loopback_cluster, {**self.options, "state": "absent"})

    def apply_by_playbook(self, definition: Values) -> Took:
        """The time of a task that applies."""
        task = {**self.options, "definition": [definition]}
        now = "{{ now().timestamp() }}"
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.set_fact": {"began": now}},
                {"eastwest.mesh.manifest": task},
                {
                    "ansible.builtin.debug": {
                        "msg": "took {{ now().timestamp() - began | float }} s"
                    }
                },
            ],
        }
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "apply.yml")
            path.write_text(json.dumps([play]))
            done = subprocess.run(
                [Path(sys.executable).with_name("ansible-playbook"), path],
                cwd=CHECKOUT,
                env={**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false"},
                capture_output=True,
                text=True,
                check=False,
            )
        match = re.search(r"took ([\d.]+) s", done.stdout)
        if done.returncode or not match:
            raise Missed(done.stdout + done.stderr)
        return Took(float(match[1]))


def measure(pods: int, last: bool) -> tuple[Took, float, list[Took]]:
    """From no pod to all of them, and their MiB; with ``last`` also the times of applying a rule."""
    with tempfile.TemporaryDirectory() as directory:
        lab = LargeLab(Path(directory, "lab"))
        try:
            lab.begin(Path(directory, "certificates"))
            took = lab.apply(workloads(pods))
            sizes = memory(lab.directory)
            resident, own = sum(one.resident for one in sizes), sum(one.own for one in sizes)
            print(
                f"{pods:>4} pods {took}, {took.seconds / pods * 1000:3.0f} ms a pod,"
                f" {resident:5.0f} MiB resident, {own / pods:4.1f} MiB a pod of its own",
                flush=True,
            )
            return took, own, rule_times(lab) if last else []
        finally:
            lab.end()


def rule_times(lab: LargeLab) -> list[Took]:
    return [
        lab.apply([rule({"zone1": 70, "zone2": 30}, 1)]),
        lab.apply([rule({"zone3": 100}, 2)]),
        lab.apply_by_playbook(rule({"zone1": 70, "zone2": 30}, 1)),
    ]


def main() -> int:
    counts = [int(argument) for argument in sys.argv[1:]] or COUNTS
    found: dict[int, tuple[float, float]] = {}
    rules: list[Took] = []
    for pods in counts:
        took, own, rules = measure(pods, last=pods == counts[-1])
        found[pods] = took.seconds / pods, own / pods
    few, many = min(found), max(found)
    growths, times = ("time a pod", "memory a pod"), ("a new rule", "a changed one", "by a task")
    results = Results("growth", {**dict.fromkeys(growths, SLACK), **dict.fromkeys(times, RULE_S)})
    for what, before, after in zip(growths, found[few], found[many], strict=True):
        results.add(what, f"{after / before:.2f}, {many} to {few}", after / before)
    for what, took in zip(times, rules, strict=True):
        results.add(what, f"{took} until every sidecar has it", took.seconds)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
