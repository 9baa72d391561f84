# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check whether the machine can carry another cluster."""

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
    """The resources of a machine and its engine; None where unknown."""

    engine: str
    nodes_running: int = 0
    inotify: t.Mapping[str, int] = field(default_factory=dict)
    memory: int | None = None
    disk: int | None = None
    disk_path: str = ""
    cgroup: str = ""
    rootless: bool = False
    delegated: bool = True


class PreflightResult(t.NamedTuple):
    """Problems forbid a cluster, warnings do not."""

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


def check(resources: HostResources, roles: t.Sequence[str]) -> PreflightResult:
    """Compare the resources with what nodes of these roles need; each line names a remedy."""
    problems = [
        *_inotify_problems(resources, len(roles)),
        *_memory_problems(resources, roles),
        *_disk_problems(resources, len(roles)),
        *_cgroup_problems(resources),
    ]
    return PreflightResult(problems, _warnings(resources))


def _inotify_problems(resources: HostResources, new: int) -> t.Iterator[str]:
    total = resources.nodes_running + new
    needs = {"max_user_instances": INSTANCES_PER_NODE, "max_user_watches": WATCHES_PER_NODE}
    for name, per_node in needs.items():
        limit = resources.inotify.get(name)
        if limit is not None and limit < total * per_node:
            yield (
                f"fs.inotify.{name} is {limit}, enough for {limit // per_node} kind nodes, "
                f"and there would be {total}: {_sysctl(name, max(total * per_node, RECOMMENDED[name]))}"
            )


def _memory_problems(resources: HostResources, roles: t.Sequence[str]) -> t.Iterator[str]:
    needed = sum(MEMORY[role] for role in roles)
    if resources.memory is not None and resources.memory < needed:
        yield (
            f"{resources.memory // MIB} MiB of memory are available and about {needed // MIB} MiB "
            "needed: use fewer nodes, or delete clusters (kind get clusters; kind delete cluster "
            "--name NAME)"
        )


def _disk_problems(resources: HostResources, new: int) -> t.Iterator[str]:
    needed = DISK_BASE + new * DISK_PER_NODE
    if resources.disk is not None and resources.disk < needed:
        yield (
            f"{resources.disk // MIB} MiB are free in {resources.disk_path} and about "
            f"{needed // MIB} MiB needed: {resources.engine} system prune --volumes"
        )


def _cgroup_problems(resources: HostResources) -> t.Iterator[str]:
    if resources.rootless and resources.cgroup == "1":
        yield (
            f"{resources.engine} runs without root, which needs cgroup v2: boot with "
            "systemd.unified_cgroup_hierarchy=1"
        )
    elif resources.rootless and not resources.delegated:
        yield (
            f"{resources.engine} runs without root and may not limit memory, processes or CPU: "
            "write [Service] and Delegate=yes to "
            "/etc/systemd/system/user@.service.d/delegate.conf, then systemctl daemon-reload"
        )


def _warnings(resources: HostResources) -> list[str]:
    low = [
        f"fs.inotify.{name} is {resources.inotify[name]}; pods need some, too: {_sysctl(name, value)}"
        for name, value in RECOMMENDED.items()
        if resources.inotify.get(name, value) < value
    ]
    old = [
        "this machine uses cgroup v1, which Kubernetes is about to give up: boot with "
        "systemd.unified_cgroup_hierarchy=1"
    ]
    return low + (old if resources.cgroup == "1" else [])


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
