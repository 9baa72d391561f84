# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the analysis of a large mesh takes, through the module, and how much memory.

    python tests/benchmarks/mesh_analysis.py [--keep DIRECTORY]

The first mesh is a dump as kubectl prints it: 1,000 Services, 10,000 pods with sidecars, 300 DestinationRules, of which
30 lack outlier detection. The second is a repository of 200 files, one of them with a broken rule, analysed by the playbook.
What counts is processor time, which a busy machine does not change much. Exits with 1 if the dump takes more than 20 s
or 1 GiB, or the repository more than 5 s.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from _results import Results

CHECKOUT = Path(__file__).resolve().parents[2]
SERVICES, PODS_OF_A_SERVICE, RULES, BROKEN, NODES, NAMESPACES, ZONES = (
    1000,
    10,
    300,
    30,
    300,
    50,
    12,
)
GOALS = {"dump_cpu_s": 20.0, "dump_mib": 1024.0, "repository_cpu_s": 5.0}
FILES, SCREEN_LINES = 200, 40

NODE = """\
- apiVersion: v1
  kind: Node
  metadata:
    labels:
      kubernetes.io/hostname: node-{number}
      topology.kubernetes.io/region: region-{region}
      topology.kubernetes.io/zone: region-{region}-{zone}
    name: node-{number}
  status:
    addresses:
    - address: 10.0.{high}.{low}
      type: InternalIP
"""
NAMESPACE = """\
- apiVersion: v1
  kind: Namespace
  metadata:
    labels:
      istio-injection: enabled
    name: team-{number}
"""
SERVICE = """\
- apiVersion: v1
  kind: Service
  metadata:
    creationTimestamp: "2026-09-01T10:00:00Z"
    name: app-{number}
    namespace: {namespace}
    resourceVersion: "{number}"
    uid: 4c6c2f1e-0000-0000-0000-{number:012d}
  spec:
    clusterIP: 10.96.{high}.{low}
    clusterIPs:
    - 10.96.{high}.{low}
    internalTrafficPolicy: Cluster
    ipFamilies:
    - IPv4
    ports:
    - name: http
      port: 80
      protocol: TCP
      targetPort: 8080
    selector:
      app: app-{number}
    sessionAffinity: None
    type: ClusterIP
  status:
    loadBalancer: {{}}
"""
POD = """\
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      istio.io/rev: default
      sidecar.istio.io/status: '{{"initContainers":["istio-init"],"containers":["istio-proxy"],"revision":"default"}}'
    creationTimestamp: "2026-09-01T10:00:00Z"
    generateName: app-{service}-5d8f9c7b6d-
    labels:
      app: app-{service}
      pod-template-hash: 5d8f9c7b6d
      security.istio.io/tlsMode: istio
      service.istio.io/canonical-name: app-{service}
      service.istio.io/canonical-revision: v1
      version: v1
    name: app-{service}-5d8f9c7b6d-{number:05d}
    namespace: {namespace}
    ownerReferences:
    - apiVersion: apps/v1
      blockOwnerDeletion: true
      controller: true
      kind: ReplicaSet
      name: app-{service}-5d8f9c7b6d
      uid: 4c6c2f1e-0000-0000-0001-{service:012d}
    resourceVersion: "{number}"
    uid: 4c6c2f1e-0000-0000-0002-{number:012d}
  spec:
    containers:
    - image: registry.example.com/app:1.0
      imagePullPolicy: IfNotPresent
      name: app
      ports:
      - containerPort: 8080
        name: http
        protocol: TCP
      resources:
        requests:
          cpu: 100m
          memory: 128Mi
      volumeMounts:
      - mountPath: /var/run/secrets/kubernetes.io/serviceaccount
        name: kube-api-access
        readOnly: true
    - args:
      - proxy
      - sidecar
      - --domain
      - $(POD_NAMESPACE).svc.cluster.local
      - --proxyLogLevel=warning
      env:
      - name: PILOT_CERT_PROVIDER
        value: istiod
      - name: CA_ADDR
        value: istiod.istio-system.svc:15012
      - name: POD_NAME
        valueFrom:
          fieldRef:
            apiVersion: v1
            fieldPath: metadata.name
      - name: ISTIO_META_CLUSTER_ID
        value: Kubernetes
      image: docker.io/istio/proxyv2:1.27.0
      name: istio-proxy
      ports:
      - containerPort: 15090
        name: http-envoy-prom
        protocol: TCP
      readinessProbe:
        failureThreshold: 4
        httpGet:
          path: /healthz/ready
          port: 15021
          scheme: HTTP
        periodSeconds: 15
    dnsPolicy: ClusterFirst
    nodeName: node-{node}
    restartPolicy: Always
    serviceAccountName: default
    volumes:
    - emptyDir: {{}}
      name: workload-socket
    - name: kube-api-access
      projected:
        defaultMode: 420
        sources:
        - serviceAccountToken:
            expirationSeconds: 3607
            path: token
  status:
    conditions:
    - lastProbeTime: null
      lastTransitionTime: "2026-09-01T10:00:10Z"
      status: "True"
      type: Ready
    containerStatuses:
    - containerID: containerd://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      image: registry.example.com/app:1.0
      lastState: {{}}
      name: app
      ready: true
      restartCount: 0
      state:
        running:
          startedAt: "2026-09-01T10:00:05Z"
    hostIP: 10.0.0.1
    phase: Running
    podIP: 10.{third}.{high}.{low}
    podIPs:
    - ip: 10.{third}.{high}.{low}
    qosClass: Burstable
"""
RULE = """\
- apiVersion: networking.istio.io/v1
  kind: DestinationRule
  metadata:
    creationTimestamp: "2026-09-01T10:00:00Z"
    name: app-{number}
    namespace: {namespace}
  spec:
    host: app-{number}.{namespace}.svc.cluster.local
    trafficPolicy:
      loadBalancer:
        simple: ROUND_ROBIN
        localityLbSetting:
          failover:
          - from: region-0
            to: region-1
"""
EJECTION = """\
      outlierDetection:
        consecutive5xxErrors: 5
        maxEjectionPercent: 100
"""


def dump() -> t.Iterator[str]:
    """The text of one List, as kubectl prints it."""
    yield "apiVersion: v1\nitems:\n"
    for number in range(NODES):
        zone = number % ZONES
        yield NODE.format(
            number=number,
            region=zone % 3,
            zone="abcd"[zone // 3],
            high=number >> 8,
            low=number & 255,
        )
    yield from (NAMESPACE.format(number=number) for number in range(NAMESPACES))
    for number in range(SERVICES):
        namespace = f"team-{number % NAMESPACES}"
        yield SERVICE.format(number=number, namespace=namespace, high=number >> 8, low=number & 255)
        if number < RULES:
            yield RULE.format(number=number, namespace=namespace) + (
                EJECTION if number >= BROKEN else ""
            )
        for pod in range(number * PODS_OF_A_SERVICE, (number + 1) * PODS_OF_A_SERVICE):
            yield POD.format(
                service=number,
                number=pod,
                namespace=namespace,
                node=(pod * 7) % NODES,
                third=1 + (pod >> 16),
                high=pod >> 8 & 255,
                low=pod & 255,
            )
    yield 'kind: List\nmetadata:\n  resourceVersion: ""\n'


def repository(root: Path) -> None:
    """A directory of services and rules, a file each, of which one rule is broken."""
    for number in range(FILES // 2):
        name, namespace = f"app-{number}", f"team-{number % 5}"
        where = root / namespace
        where.mkdir(exist_ok=True)
        manifests = SERVICE.format(number=number, namespace=namespace, high=0, low=number)
        items = manifests + deployment(name, namespace)
        (where / f"{name}.yaml").write_text(
            f"apiVersion: v1\nkind: List\nitems:\n{items}", encoding="utf-8"
        )
        rule = RULE.format(number=number, namespace=namespace)
        rule += "" if number == FILES // 4 else EJECTION
        text = f"apiVersion: v1\nkind: List\nitems:\n{rule}"
        (where / f"{name}-rule.yaml").write_text(text, encoding="utf-8")
    zones = "".join(
        NODE.format(number=zone, region=zone % 3, zone="abcd"[zone // 3], high=0, low=zone)
        for zone in range(ZONES)
    )
    (root / "nodes.yaml").write_text(
        f"apiVersion: v1\nkind: List\nitems:\n{zones}", encoding="utf-8"
    )


def deployment(name: str, namespace: str) -> str:
    return f"""\
- apiVersion: apps/v1
  kind: Deployment
  metadata: {{name: {name}, namespace: {namespace}}}
  spec:
    replicas: 3
    selector: {{matchLabels: {{app: {name}}}}}
    template:
      metadata: {{labels: {{app: {name}}}}}
      spec: {{containers: [{{name: app, image: app, ports: [{{containerPort: 8080}}]}}]}}
"""


def run_module(source: str) -> dict[str, t.Any]:
    """Run the module in a process of its own; return its result."""
    module = CHECKOUT / "plugins" / "modules" / "mesh_analysis_info.py"
    sys.path.insert(0, str(CHECKOUT / "tests" / "tools"))
    import checkout

    given = json.dumps({"ANSIBLE_MODULE_ARGS": {"source": source}})
    code = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT / 'tests' / 'tools')!r}); import checkout; "
        "checkout.make_importable(); from ansible.module_utils import basic; "
        f"basic._ANSIBLE_ARGS = {given.encode()!r}; basic._ANSIBLE_PROFILE = 'legacy'; "
        f"from {checkout.COLLECTION}.plugins.modules import {module.stem} as module; module.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the module failed: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


class Stopwatch:
    """Measures the time of child processes."""

    def __init__(self) -> None:
        self._started, self._work = time.perf_counter(), self._children()

    @staticmethod
    def _children() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def read(self) -> tuple[float, float]:
        """Return seconds on the clock, and of processor time."""
        return time.perf_counter() - self._started, self._children() - self._work


def measure_dump(directory: Path, results: Results) -> bool:
    file = directory / "dump.yaml"
    file.write_text("".join(dump()), encoding="utf-8")
    watch = Stopwatch()
    result = run_module(str(file))
    seconds, work = watch.read()
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    size = f"{file.stat().st_size / 1e6:.0f} MB"
    results.add("dump_cpu_s", f"{work:.1f} s of CPU time, {seconds:.1f} s, for {size}", work)
    results.add("dump_mib", f"{most / 2**20:.0f} MiB for it, {result['counts']}", most / 2**20)
    return bool(result["counts"]["error"] == BROKEN)


def measure_repository(directory: Path, results: Results) -> bool:
    root = directory / "repository"
    root.mkdir()
    repository(root)
    playbook = CHECKOUT / "playbooks" / "analyze.yml"
    command = ["ansible-playbook", str(playbook), "-e", f"source={root}"]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    watch = Stopwatch()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    seconds, work = watch.read()
    screen = done.stdout.splitlines()[:SCREEN_LINES]
    found = any("EW304" in line for line in screen)
    results.add(
        "repository_cpu_s",
        f"{work:.1f} s of CPU time, {seconds:.1f} s, for {FILES + 1} files, "
        f"cause {'' if found else 'not '}on the first screen",
        work,
    )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", type=Path, help="write the meshes here, and leave them")
    options = parser.parse_args()
    results = Results("mesh_analysis", GOALS)
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        right = [measure(directory, results) for measure in (measure_dump, measure_repository)]
    return results.finish() or int(not all(right))


if __name__ == "__main__":
    sys.exit(main())
