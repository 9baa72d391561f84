# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast and how large the loopback lab is.

    python tests/benchmarks/loopback.py

Runs the failover playbook from nothing in a lab of its own, then asks for:
the playbook's time, and its CPU time beside that of as many tasks that do nothing; the time from no Envoy to all of
them serving; traffic_sample's rate over one kept-alive connection, beside that of wrk on the same path in the same
run; the memory of each Envoy.
wrk cannot send the PROXY header that tells a sidecar the destination, so an Envoy in front of the sidecar adds it: wrk
takes one hop more. Without wrk in PATH that line is left out. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import contextlib
import json
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
from _playbooks import play, work
from _results import Results

checkout.make_importable()

from _envoys import memory
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.loopback import (
    LoopbackCluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import processes
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_state import LabState

URL = "http://helloworld.sample:5000/hello"
REQUESTS = 5000
FRONT = ("127.0.13.1", 5000)
# what is measured → the most (or, for rates, the least) that it may be
# On two hosts together; about as many as the main job has
TASKS = 110
GOALS = {"playbook_s": 20.0, "lab_s": 3.0, "rate": 1000.0, "memory_mib": 70.0}


def empty_tasks() -> float:
    """CPU time of Ansible with as many tasks on two hosts that do nothing, in the same minute."""
    tasks = [
        {"ansible.builtin.set_fact": {f"nothing{number}": True}} for number in range(TASKS // 2)
    ]
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "nothing.yml")
        path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        before = work()
        subprocess.run(
            [
                Path(sys.executable).with_name("ansible-playbook"),
                path,
                "-i",
                "east,west,",
                "-c",
                "local",
            ],
            cwd=CHECKOUT,
            capture_output=True,
            check=True,
        )
        return work() - before


def lab_from_nothing(lab: Lab) -> float:
    """Ends all Envoys and measures until all of them serve again."""
    found = processes.running(lab.directory)
    processes.stop([process for several in found.values() for process in several])
    began = time.monotonic()
    with lab.locked():
        rollout = LabState.load(lab).reconcile(write=True)
    rollout.wait()
    return time.monotonic() - began


def sample_rate(cluster: LoopbackCluster) -> float:
    (client,) = cluster.pods("sleep", "sleep")
    profile = LoadProfile(URL, requests=REQUESTS, keepalive=True)
    cluster.sample(client, LoadProfile(URL, requests=200), lambda _count: None)
    began = time.monotonic()
    records = cluster.sample(client, profile, lambda _count: None)
    seconds = time.monotonic() - began
    failed = [record for record in records if record.status != 200]
    if failed:
        sys.exit(f"{len(failed)} of {REQUESTS} requests failed: {failed[0]}")
    return REQUESTS / seconds


@contextlib.contextmanager
def front(sidecar: tuple[str, int]) -> t.Iterator[None]:
    """An Envoy that adds the PROXY header for wrk."""
    address, port = FRONT
    tcp_proxy = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
    transport = "type.googleapis.com/envoy.extensions.transport_sockets"
    config = {
        "static_resources": {
            "listeners": [
                {
                    "address": {"socket_address": {"address": address, "port_value": port}},
                    "filter_chains": [
                        {
                            "filters": [
                                {
                                    "name": "tcp",
                                    "typed_config": {
                                        "@type": tcp_proxy,
                                        "stat_prefix": "front",
                                        "cluster": "sidecar",
                                    },
                                }
                            ]
                        }
                    ],
                }
            ],
            "clusters": [
                {
                    "name": "sidecar",
                    "load_assignment": {
                        "cluster_name": "sidecar",
                        "endpoints": [
                            {
                                "lb_endpoints": [
                                    {
                                        "endpoint": {
                                            "address": {
                                                "socket_address": {
                                                    "address": sidecar[0],
                                                    "port_value": sidecar[1],
                                                }
                                            }
                                        }
                                    }
                                ]
                            }
                        ],
                    },
                    "transport_socket": {
                        "name": "envoy.transport_sockets.upstream_proxy_protocol",
                        "typed_config": {
                            "@type": f"{transport}.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
                            "config": {"version": "V1"},
                            "transport_socket": {
                                "name": "raw",
                                "typed_config": {"@type": f"{transport}.raw_buffer.v3.RawBuffer"},
                            },
                        },
                    },
                }
            ],
        }
    }
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "front.json")
        path.write_text(json.dumps(config))
        process = subprocess.Popen(
            [processes.envoy_path(), "-c", path, "--concurrency", "1", "--disable-hot-restart"],
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(1)
            yield
        finally:
            process.terminate()
            process.wait()


def wrk_rate() -> float | None:
    """Requests a second of wrk over one connection, None without wrk."""
    program = shutil.which("wrk")
    if program is None:
        return None
    address, port = FRONT
    done = subprocess.run(
        [
            program,
            "-t1",
            "-c1",
            "-d4s",
            "-H",
            "Host: helloworld.sample:5000",
            f"http://{address}:{port}/hello",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    if "Non-2xx" in done.stdout:
        sys.exit(f"wrk was refused:\n{done.stdout}")
    match = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    return float(match[1]) if match else sys.exit(f"wrk said:\n{done.stdout}")


def main() -> int:
    results = Results("loopback", GOALS)
    with tempfile.TemporaryDirectory() as directory:
        lab = Lab(Path(directory, "lab"))
        try:
            seconds, used = play("failover", "east-west", lab.directory)
            results.add("playbook_s", f"{seconds:.1f} s for failover.yml from nothing", seconds)
            results.add("playbook_cpu_s", f"{used:.1f} s of CPU time for it", used)
            bare = empty_tasks()
            text = f"{used / bare:.2f} times the {bare:.1f} s of CPU time of {TASKS} empty tasks"
            results.add("playbook_ratio", text, used / bare)
            for name in ("failover", "up"):
                again, used = play(name, "east-west", lab.directory)
                over = f"for {name}.yml over the running lab"
                results.add(f"{name}_again_s", f"{again:.1f} s {over}", again)
                results.add(f"{name}_again_cpu_s", f"{used:.1f} s of CPU time for it", used)
            seconds = min(lab_from_nothing(lab) for _run in range(3))
            count = len(processes.running(lab.directory))
            results.add("lab_s", f"{seconds:.2f} s until {count} Envoys serve", seconds)
            cluster = LoopbackCluster(str(lab.directory), "east")
            # without the rule, and so without its maxRequestsPerConnection
            with lab.locked():
                state = LabState.load(lab)
                store = state.store("east")
                store.remove(
                    [m for m in store.manifests.values() if m["kind"] == "DestinationRule"]
                )
                state.reconcile(write=True).wait()
            measure_rate(cluster, results)
            sizes = [one.resident for one in memory(lab.directory)]
            average = sum(sizes) / len(sizes)
            results.add(
                "memory_mib",
                f"{max(sizes):.1f} MiB the largest, {average:.1f} on average",
                max(sizes),
            )
        finally:
            play("down", "east-west", lab.directory)
    return results.finish()


def measure_rate(cluster: LoopbackCluster, results: Results) -> None:
    rate = sample_rate(cluster)
    results.add(
        "rate", f"{rate:.0f} requests/s of traffic_sample, one connection", rate, least=True
    )
    (client,) = cluster.pods("sleep", "sleep")
    with front((client.address, 15001)):
        other = wrk_rate()
    if other is None:
        results.add("ratio", "no wrk in PATH, so nothing to compare with")
    else:
        text = f"{rate / other:.2f} of wrk's {other:.0f} requests/s, one connection"
        results.add("ratio", text, rate / other)


if __name__ == "__main__":
    sys.exit(main())
