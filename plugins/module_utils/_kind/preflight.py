# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whether the machine can carry another cluster. Private to this collection."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import CONTROL_PLANE
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine

MIB = 1024 * 1024
# Measured: 16 to 26 inotify instances and 160 to 280 watches a node, before anybody's pods
INSTANCES_PER_NODE, WATCHES_PER_NODE = 32, 1000
RECOMMENDED = {"max_user_instances": 512, "max_user_watches": 524288}
# Measured: a control plane takes 0.6 to 0.9 GB, an empty worker 0.15 GB, images 0.3 GB a node
MEMORY = {CONTROL_PLANE: 700 * MIB, "worker": 200 * MIB}
DISK_BASE, DISK_PER_NODE = 1024 * MIB, 512 * MIB


@dataclass(frozen=True, slots=True)
class HostResources:
    """What a machine and its engine say about themselves; None where they say nothing."""

    engine: str
    nodes_running: int = 0
    inotify: t.Mapping[str, int] = field(default_factory=dict)
    memory: int | None = None
    disk: int | None = None
    disk_path: str = ""
    cgroup: str = ""
    rootless: bool = False
    delegated: bool = True


class Findings(t.NamedTuple):
    """What forbids a cluster, and what only deserves a word."""

    problems: list[str]
    warnings: list[str]


def read_host_resources(engine: Engine) -> HostResources:
    information = engine.information()
    facts = _docker(information) if engine.name == "docker" else _podman(information)
    return HostResources(
        engine=engine.name,
        nodes_running=sum(node.running for node in engine.nodes()),
        inotify={name: value for name in RECOMMENDED if (value := _inotify(name)) is not None},
        memory=_available_memory(),
        disk=_free_disk(facts["disk_path"]),
        **facts,
    )


def judge(readings: HostResources, roles: t.Sequence[str]) -> Findings:
    """Holds the readings against a cluster of nodes with these roles; each line says the cure."""
    problems = [
        *_inotify_problems(readings, len(roles)),
        *_memory_problems(readings, roles),
        *_disk_problems(readings, len(roles)),
        *_cgroup_problems(readings),
    ]
    return Findings(problems, _warnings(readings))


def _inotify_problems(readings: HostResources, new: int) -> t.Iterator[str]:
    total = readings.nodes_running + new
    needs = {"max_user_instances": INSTANCES_PER_NODE, "max_user_watches": WATCHES_PER_NODE}
    for name, per_node in needs.items():
        limit = readings.inotify.get(name)
        if limit is not None and limit < total * per_node:
            yield (
                f"fs.inotify.{name} is {limit}, enough for {limit // per_node} kind nodes, "
                f"and there would be {total}: {_sysctl(name, max(total * per_node, RECOMMENDED[name]))}"
            )


def _memory_problems(readings: HostResources, roles: t.Sequence[str]) -> t.Iterator[str]:
    needed = sum(MEMORY[role] for role in roles)
    if readings.memory is not None and readings.memory < needed:
        yield (
            f"{readings.memory // MIB} MiB of memory are available and about {needed // MIB} MiB "
            "needed: use fewer nodes, or delete clusters (kind get clusters; kind delete cluster "
            "--name NAME)"
        )


def _disk_problems(readings: HostResources, new: int) -> t.Iterator[str]:
    needed = DISK_BASE + new * DISK_PER_NODE
    if readings.disk is not None and readings.disk < needed:
        yield (
            f"{readings.disk // MIB} MiB are free in {readings.disk_path} and about "
            f"{needed // MIB} MiB needed: {readings.engine} system prune --volumes"
        )


def _cgroup_problems(readings: HostResources) -> t.Iterator[str]:
    if readings.rootless and readings.cgroup == "1":
        yield (
            f"{readings.engine} runs without root, which needs cgroup v2: boot with "
            "systemd.unified_cgroup_hierarchy=1"
        )
    elif readings.rootless and not readings.delegated:
        yield (
            f"{readings.engine} runs without root and may not limit memory, processes or CPU: "
            "write [Service] and Delegate=yes to "
            "/etc/systemd/system/user@.service.d/delegate.conf, then systemctl daemon-reload"
        )


def _warnings(readings: HostResources) -> list[str]:
    low = [
        f"fs.inotify.{name} is {readings.inotify[name]}; pods need some, too: {_sysctl(name, value)}"
        for name, value in RECOMMENDED.items()
        if readings.inotify.get(name, value) < value
    ]
    old = [
        "this machine uses cgroup v1, which Kubernetes is about to give up: boot with "
        "systemd.unified_cgroup_hierarchy=1"
    ]
    return low + (old if readings.cgroup == "1" else [])


def _sysctl(name: str, value: int) -> str:
    return f"sysctl -w fs.inotify.{name}={value}"


def _docker(information: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    limits = ("MemoryLimit", "PidsLimit", "CPUShares")
    return {
        "disk_path": str(information.get("DockerRootDir") or ""),
        "cgroup": str(information.get("CgroupVersion") or "1"),
        "rootless": "name=rootless" in (information.get("SecurityOptions") or []),
        "delegated": all(information.get(limit, True) for limit in limits),
    }


def _podman(information: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    host = information["host"]
    controllers = host.get("cgroupControllers") or []
    return {
        "disk_path": str((information.get("store") or {}).get("graphRoot") or ""),
        "cgroup": str(host.get("cgroupVersion") or "").removeprefix("v"),
        "rootless": bool((host.get("security") or {}).get("rootless")),
        "delegated": not controllers or {"cpu", "memory", "pids"} <= set(controllers),
    }


def _inotify(name: str) -> int | None:
    # not on macOS and Windows, where the engine has a machine of its own
    path = Path("/proc/sys/fs/inotify", name)
    return int(path.read_text(encoding="ascii")) if path.exists() else None


def _available_memory() -> int | None:
    path = Path("/proc/meminfo")
    if not path.exists():
        return None
    fields = dict(line.split(":", 1) for line in path.read_text(encoding="ascii").splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024


def _free_disk(path: str) -> int | None:
    if not path or not Path(path).exists():
        return None
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize
