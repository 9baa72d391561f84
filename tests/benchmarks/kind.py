# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the lab is on kind, beside the tools that it is made with.

    python tests/benchmarks/kind.py [VARIABLES.yml …]

Needs Docker, kind, kubectl, istioctl, kubernetes.core (make kubernetes), no kind clusters named east and west, and some
minutes; so it does not run with the others. Files of variables go to the playbooks, such as docs/kind.md has for machines
without access to image registries.

1. Times playbooks/up.yml from nothing, and again over the running lab.
2. Sends requests from the client's pod in three ways: traffic_sample, fortio, a loop of kubectl exec and curl.
3. Takes the lab down and makes the same one with the bare tools, one after the other. What they apply is what the roles
   apply. They go second, so what is cached by then is to their advantage.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
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
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import dump
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import facts
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.config import build_config
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import find_engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import parse_spec
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile

CLUSTERS = ("east", "west")
URL = "http://helloworld.sample:5000/hello"
REQUESTS = 3000
LOOP_S = 15
FORTIO_S = 8
PATIENCE = "--timeout=300s"
# what is measured → the most (or, for rates, the least) that it may be
GOALS = {"ratio": 1.15, "again_s": 60.0, "exec": 80.0, "fortio": 1 / 3}


class Lab:
    """A lab of the playbooks, in a directory of its own."""

    def __init__(self, directory: Path, variables: t.Sequence[str]) -> None:
        self.directory = directory / "lab"
        given = [part for name in variables for part in ("-e", f"@{Path(name).resolve()}")]
        self._options = [
            *("-i", "inventories/east-west", "-e", "mesh_provider=kind"),
            *("-e", f"mesh_lab_directory={self.directory}", *given),
        ]

    def play(self, playbook: str, **variables: t.Any) -> float:
        """Runs a playbook; seconds."""
        own = Path(sys.executable).parent
        command = [own / "ansible-playbook", playbook, *self._options, "-e", json.dumps(variables)]
        began = time.monotonic()
        run(command, cwd=CHECKOUT, env={**os.environ, "PATH": f"{own}:{os.environ['PATH']}"})
        return time.monotonic() - began

    def kubeconfig(self, cluster: str) -> str:
        return str(self.directory / "clusters" / cluster / "kubeconfig")


class Bare:
    """The tools, for one cluster."""

    def __init__(self, name: str, directory: Path, wanted: t.Mapping[str, t.Any]) -> None:
        self.name = name
        self._wanted = wanted
        self._kubeconfig = str(directory / f"{name}.kubeconfig")
        self._files = directory

    def kubectl(self, *arguments: str, text: str = "") -> str:
        return run(["kubectl", "--kubeconfig", self._kubeconfig, *arguments], text=text)

    def steps(self) -> t.Iterator[tuple[str, t.Callable[[], None]]]:
        yield "kind", self._create
        if self._wanted["load_images"]:
            yield "images", self._load
        yield "metallb", self._metallb
        yield "istio", self._istio
        yield "gateway", self._gateway
        yield "workloads", self._workloads

    def _create(self) -> None:
        spec = parse_spec(
            {
                "name": self.name,
                "nodes": [{"role": "worker", "labels": {}, **n} for n in self._wanted["nodes"]],
                **{
                    n: self._wanted[n] or None
                    for n in ("node_image", "pod_subnet", "service_subnet")
                },
            }
        )
        config = self._write("kind", dump(build_config(spec)))
        place = ("--kubeconfig", self._kubeconfig)
        run(["kind", "create", "cluster", "--name", self.name, "--config", config, *place])
        self.kubectl("wait", "--for=condition=Ready", "nodes", "--all", PATIENCE)

    def _load(self) -> None:
        run(["kind", "load", "docker-image", "--name", self.name, *self._wanted["load_images"]])

    def _metallb(self) -> None:
        self.kubectl("apply", "-f", "-", text=self._wanted["metallb"])
        for name in ("deployment/controller", "daemonset/speaker"):
            self.kubectl("-n", "metallb-system", "rollout", "status", name, PATIENCE)
        deadline = time.monotonic() + 120
        while True:
            # the webhook answers some time after its pod is ready
            with (
                contextlib.suppress(SystemExit)
                if time.monotonic() < deadline
                else contextlib.nullcontext()
            ):
                self.kubectl("apply", "-f", "-", text=self._wanted["pools"])
                return
            time.sleep(1)

    def _istio(self) -> None:
        self.kubectl("apply", "-f", "-", text=self._wanted["namespace"])
        operator = self._write("operator", dump(self._wanted["istio"]))
        place = ("--kubeconfig", self._kubeconfig)
        run([self._wanted["istioctl"] or "istioctl", "install", "-y", "-f", operator, *place])
        self.kubectl("apply", "-f", "-", text=self._wanted["mtls"])

    def _gateway(self) -> None:
        self.kubectl("apply", "-f", "-", text=self._wanted["gateway"])
        name = "istio-eastwestgateway"
        self.kubectl("-n", "istio-system", "rollout", "status", f"deployment/{name}", PATIENCE)
        address = "--for=jsonpath={.status.loadBalancer.ingress}"
        self.kubectl("-n", "istio-system", "wait", f"service/{name}", address, PATIENCE)

    def _workloads(self) -> None:
        self.kubectl("apply", "-f", "-", text=self._wanted["workloads"])
        for name, namespace in self._wanted["deployments"].items():
            self.kubectl("-n", namespace, "rollout", "status", f"deployment/{name}", PATIENCE)

    def _write(self, name: str, text: str) -> str:
        path = self._files / f"{self.name}-{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)


def run(command: t.Sequence[str | Path], text: str = "", **options: t.Any) -> str:
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, **options
    )
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def sample_rate(cluster: KubernetesCluster) -> float:
    (client,) = cluster.pods("sleep", "sleep")
    began = time.monotonic()
    records = cluster.sample(client, LoadProfile(URL, requests=REQUESTS), lambda _count: None)
    seconds = time.monotonic() - began
    failed = [record for record in records if record.status != 200]
    if failed:
        sys.exit(f"{len(failed)} of {REQUESTS} requests failed: {failed[0]}")
    return REQUESTS / seconds


def loop_rate(kubectl: t.Sequence[str]) -> float:
    command = [
        *kubectl,
        "-n",
        "sleep",
        "exec",
        "deploy/sleep",
        "-c",
        "sleep",
        "--",
        "curl",
        "-sf",
        URL,
    ]
    began = time.monotonic()
    sent = 0
    while time.monotonic() - began < LOOP_S:
        run(command)
        sent += 1
    return sent / (time.monotonic() - began)


def fortio_rate(kubectl: t.Sequence[str], image: str) -> float:
    # Beside the client, in its namespace, and so with a sidecar of the same kind
    fortio = Fortio(kubectl, "sleep", image)
    said = fortio.load("-c", "1", "-qps", "0", "-t", f"{FORTIO_S}s", "-quiet", URL)
    match = re.search(r"([\d.]+) qps", said)
    if not match:
        sys.exit(f"fortio said:\n{said}")
    return float(match[1])


def measure_rates(lab: Lab, image: str, results: Results) -> None:
    cluster = KubernetesCluster(
        {"cluster": "east", "kubeconfig": lab.kubeconfig("east"), "context": None}
    )
    kubectl = ("kubectl", "--kubeconfig", lab.kubeconfig("east"))
    sample, fortio, loop = sample_rate(cluster), fortio_rate(kubectl, image), loop_rate(kubectl)
    results.add("sample", f"{sample:.0f} requests/s of traffic_sample, one connection")
    ratio = sample / loop
    text = f"{ratio:.0f} times the {loop:.2f} requests/s of kubectl exec … curl"
    results.add("exec", text, ratio, least=True)
    ratio = sample / fortio
    results.add("fortio", f"{ratio:.2f} of fortio's {fortio:.0f} requests/s", ratio, least=True)


def measure_bare(directory: Path, results: Results) -> float:
    total = 0.0
    for name in CLUSTERS:
        bare = Bare(name, directory, json.loads((directory / f"{name}.json").read_text("utf-8")))
        took = []
        for step, work in bare.steps():
            began = time.monotonic()
            work()
            seconds = time.monotonic() - began
            took.append(f"{step} {seconds:.0f}")
            total += seconds
        results.add(name, f"seconds of the bare tools: {', '.join(took)}")
    return total


def main() -> int:
    results = Results("kind", GOALS)
    there = set(run(["kind", "get", "clusters"]).split()) & set(CLUSTERS)
    missing = [name for name in ("kubectl", "istioctl") if not shutil.which(name)]
    if there or missing:
        sys.exit(f"kind clusters in the way: {sorted(there)}; not in PATH: {missing}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        lab = Lab(directory, sys.argv[1:])
        try:
            first = lab.play("playbooks/up.yml")
            results.add("up_s", f"{first:.0f} s for playbooks/up.yml from nothing", first)
            again = lab.play("playbooks/up.yml")
            results.add("again_s", f"{again:.0f} s for it over the running lab", again)
            network = facts.network_facts(find_engine("auto", "east").network())
            lab.play(
                "tests/benchmarks/kind_manifests.yml",
                benchmark_directory=name,
                cluster_network_subnets=network["network_subnets"],
                cluster_network_reserved=network["network_reserved"],
            )
            image = json.loads((directory / "east.json").read_text("utf-8"))["fortio"]
            measure_rates(lab, image, results)
        finally:
            lab.play("playbooks/down.yml")
        try:
            bare = measure_bare(directory, results)
        finally:
            for cluster in CLUSTERS:
                place = ("--kubeconfig", str(directory / f"{cluster}.kubeconfig"))
                run(["kind", "delete", "cluster", "--name", cluster, *place])
        results.add("bare_s", f"{bare:.0f} s for the bare tools, one after the other", bare)
        results.add("ratio", f"{first / bare:.2f} times the bare tools' time", first / bare)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
