# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.preflight import (
    MIB,
    HostResources,
    check,
    read_host_resources,
)

from .conftest import Replay, recorded

ROLES = ["control-plane", "worker", "worker"]
GOOD: dict[str, t.Any] = {
    "engine": "docker",
    "inotify": {"max_user_instances": 512, "max_user_watches": 524288},
    "memory": 8192 * MIB,
    "disk": 20480 * MIB,
    "disk_path": "/var/lib/docker",
    "cgroup": "2",
}


def test_good_machine() -> None:
    assert check(HostResources(**GOOD), ROLES) == ([], [])


def test_machine_that_says_nothing() -> None:
    assert check(HostResources(engine="docker"), ROLES) == ([], [])


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        (
            {"inotify": {"max_user_instances": 95, "max_user_watches": 524288}},
            ["is 95, enough for 2 kind nodes", "would be 3", "sysctl -w fs.inotify.max_user_inst"],
        ),
        ({"inotify": {"max_user_watches": 2999}}, ["fs.inotify.max_user_watches=524288"]),
        ({"nodes_running": 14}, ["enough for 16 kind nodes, and there would be 17"]),
        ({"memory": 1099 * MIB}, ["1099 MiB", "about 1100 MiB", "kind delete cluster"]),
        ({"disk": 2559 * MIB}, ["in /var/lib/docker", "docker system prune"]),
        ({"cgroup": "1", "rootless": True}, ["needs cgroup v2", "unified_cgroup_hierarchy=1"]),
        ({"rootless": True, "delegated": False}, ["Delegate=yes"]),
    ],
)
def test_problems(readings: dict[str, t.Any], words: list[str]) -> None:
    problems = check(HostResources(**GOOD | readings), ROLES).problems
    assert len(problems) == 1
    for word in words:
        assert word in problems[0]


@pytest.mark.parametrize(
    "readings",
    [
        {"inotify": {"max_user_instances": 96}},
        {"inotify": {"max_user_watches": 3000}},
        {"nodes_running": 13},
        {"memory": 1100 * MIB},
        {"disk": 2560 * MIB},
        {"cgroup": "1"},
        {"rootless": True},
        {"delegated": False},
    ],
)
def test_just_enough(readings: dict[str, t.Any]) -> None:
    assert check(HostResources(**GOOD | readings), ROLES).problems == []


@pytest.mark.parametrize(
    ("readings", "word"),
    [
        ({"cgroup": "1"}, "cgroup v1"),
        ({"inotify": {"max_user_instances": 128}}, "fs.inotify.max_user_instances=512"),
        ({"inotify": {"max_user_watches": 8192}}, "fs.inotify.max_user_watches=524288"),
    ],
)
def test_warnings(readings: dict[str, t.Any], word: str) -> None:
    (warning,) = check(HostResources(**GOOD | readings), ROLES).warnings
    assert word in warning


@pytest.mark.parametrize(
    ("engine", "changes", "expected"),
    [
        ("docker", {}, ("/var/lib/docker", "1", False, True)),
        (
            "docker",
            {"SecurityOptions": ["name=rootless", "name=cgroupns"], "CgroupVersion": "2"},
            ("/var/lib/docker", "2", True, True),
        ),
        ("docker", {"PidsLimit": False}, ("/var/lib/docker", "1", False, False)),
        ("podman", {}, ("/var/lib/containers/storage", "1", False, True)),
        (
            "podman",
            {
                "host": {
                    "cgroupVersion": "v2",
                    "cgroupControllers": ["memory", "pids"],
                    "security": {"rootless": True},
                }
            },
            ("/var/lib/containers/storage", "2", True, False),
        ),
    ],
)
def test_readings(
    replay: Replay, engine: str, changes: dict[str, t.Any], expected: tuple[t.Any, ...]
) -> None:
    replay.say(f"{engine} info", recorded(f"{engine}-info") | changes)
    replay.say(f"{engine} ps -a -q --filter label=io.x-k8s.kind.cluster", "d53b\nc22f\n")
    replay.say(f"{engine} inspect", recorded("docker-inspect"))
    readings = read_host_resources(Engine(engine, replay))
    assert expected == (
        readings.disk_path,
        readings.cgroup,
        readings.rootless,
        readings.delegated,
    )
    assert readings.nodes_running == 2
