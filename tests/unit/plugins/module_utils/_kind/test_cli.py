# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.cli import KindCli
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.process import CommandTimedOut

from .conftest import Replay

V1_WARNING = (
    "cgroup v1 is deprecated in Kubernetes and will not be supported in a future kind release, "
    "please upgrade to cgroup v2\n"
)
STARTING = f"""{V1_WARNING}Creating cluster "rec" ...
 • Ensuring node image (kindest/node:v1.34.2) 🖼️  ...
 ✓ Ensuring node image (kindest/node:v1.34.2) 🖼️
 • Preparing nodes 📦 📦   ...
 ✓ Preparing nodes 📦 📦\x20
 • Starting control-plane 🕹️  ...
"""
NO_IMAGE = f"""{V1_WARNING}Creating cluster "noimg" ...
 • Ensuring node image (kindest/node:v9) 🖼️  ...
 ✗ Ensuring node image (kindest/node:v9) 🖼️
ERROR: failed to create cluster: failed to pull image "kindest/node:v9": command "docker pull kindest/node:v9" failed with error: exit status 1

Command Output: Error response from daemon: Get "https://registry-1.docker.io/v2/": no such host
"""
EXISTS = (
    V1_WARNING
    + 'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "rec"\n'
)
LOCKED = """Deleting cluster "rec" ...
failed to update kubeconfig: failed to lock config file: open ./kc.lock: file exists
Deleted nodes: ["rec-worker" "rec-control-plane"]
ERROR: failed to delete cluster "rec": failed to lock config file: open ./kc.lock: file exists
"""
NO_PLANE = (
    "ERROR: could not locate any control plane nodes for cluster named 'nope'. "
    "Use the --name option to select a different cluster\n"
)
STOPPED = (
    'ERROR: failed to get cluster internal kubeconfig: command "docker exec --privileged '
    'rec-control-plane cat /etc/kubernetes/admin.conf" failed with error: exit status 1\n\n'
    "Command Output: Error response from daemon: Container d53b114f68c3 is not running\n"
)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{Path(name).name}")


@pytest.fixture
def kind(replay: Replay) -> KindCli:
    return KindCli(Engine("docker", replay), runner=replay)


def test_missing(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NotFound, match=r"there is no kind in PATH; install kind 0\.20\.0"):
        KindCli(Engine("docker", replay), runner=replay)
    with pytest.raises(NotFound, match="there is no /opt/kind; install"):
        KindCli(Engine("docker", replay), "/opt/kind", runner=replay)


def test_version(replay: Replay, kind: KindCli) -> None:
    replay.say("kind version", "kind v0.33.0 go1.26.8 linux/amd64\n")
    assert kind.version() == (0, 33, 0)
    kind.check_version()


def test_oldest_version(replay: Replay, kind: KindCli) -> None:
    replay.say("kind version", "kind v0.20.0 go1.20.4 linux/amd64\n")
    kind.check_version()


def test_version_of_a_build_between_releases(replay: Replay, kind: KindCli) -> None:
    replay.say("kind version", "kind v0.34.0-alpha+1a2b3c go1.26.8 linux/amd64\n")
    assert kind.version() == (0, 34, 0)


def test_too_old(replay: Replay, kind: KindCli) -> None:
    replay.say("kind version", "kind v0.9.0 go1.15.2 linux/amd64\n")
    with pytest.raises(MeshError, match=r"kind is version 0\.9\.0; 0\.20\.0 or newer is needed"):
        kind.check_version()


def test_not_kind_at_all(replay: Replay, kind: KindCli) -> None:
    replay.say("kind version", "KIND 3\n")
    with pytest.raises(MeshError, match="'KIND 3', which is no version"):
        kind.version()


def test_create(replay: Replay, kind: KindCli) -> None:
    config = {"kind": "Cluster", "name": "east", "nodes": [{"role": "worker"}]}
    written: list[t.Any] = []

    def look(command: t.Sequence[str]) -> None:
        path = Path(command[command.index("--config") + 1])
        kubeconfig = Path(command[command.index("--kubeconfig") + 1])
        written.append(yaml.safe_load(path.read_text(encoding="utf-8")))
        assert kubeconfig.parent == path.parent

    replay.on_call = look
    replay.say("kind create cluster --name east --config", errors=STARTING)
    kind.create(config, 60)
    assert written == [config]
    assert replay.environments == [{"KIND_EXPERIMENTAL_PROVIDER": "docker"}]


@pytest.mark.parametrize(
    ("printed", "reason", "hint"),
    [
        (NO_IMAGE, 'failed to pull image "kindest/node:v9"', "docker pull kindest/node:v9"),
        (EXISTS, 'already exist for a cluster with the name "rec"', ""),
        (LOCKED, "failed to lock config file", "rm ./kc.lock"),
        (NO_PLANE, "could not locate any control plane", ""),
        (STOPPED, "Container d53b114f68c3 is not running", ""),
        ("ERROR: x\nFailed to create: too many open files", "x", "max_user_instances=512"),
        ("ERROR: write /x: no space left on device", "write", "docker system prune"),
        ("ERROR: Bind for 127.0.0.1:80 failed: port is already allocated", "Bind", "host_port"),
        ("strange", "strange", ""),
    ],
)
def test_failures(replay: Replay, kind: KindCli, printed: str, reason: str, hint: str) -> None:
    replay.say("kind create cluster", code=1, errors=printed)
    with pytest.raises(MeshError) as caught:
        kind.create({"name": "east"}, 60)
    text = str(caught.value)
    assert text.startswith("kind create cluster failed: ")
    assert reason in text
    assert hint in text
    assert "cgroup v1" not in text
    assert "Ensuring node image" not in text


def test_create_takes_too_long(kind: KindCli, replay: Replay) -> None:
    def never(command: t.Sequence[str]) -> None:
        raise CommandTimedOut(command, 9, STARTING)

    replay.on_call = never
    with pytest.raises(MeshError, match=r"within 9 s .*output: • Starting control-plane"):
        kind.create({"name": "east"}, 9)


def test_delete(replay: Replay, kind: KindCli) -> None:
    replay.say("kind delete cluster", errors='Deleting cluster "east" ...\n')
    kind.delete("east", "/labs/kubeconfig")
    assert replay.commands == ["kind delete cluster --name east --kubeconfig /labs/kubeconfig"]
    kind.delete("east")
    # never the user's own file
    assert "--kubeconfig /" in replay.commands[1]
    assert "/labs" not in replay.commands[1]


def test_kubeconfig(replay: Replay, kind: KindCli) -> None:
    replay.say("kind get kubeconfig --name east", "apiVersion: v1\nkind: Config\nclusters: []\n")
    assert kind.kubeconfig("east")["clusters"] == []
    replay.say("kind export kubeconfig --name east --kubeconfig /labs/kubeconfig")
    kind.export_kubeconfig("east", "/labs/kubeconfig")


def test_load_from_docker(replay: Replay, kind: KindCli) -> None:
    replay.say("kind load")
    kind.load_images("east", ["curl:1", "httpbin:2"], ["east-worker", "east-worker2"])
    assert replay.commands == [
        "kind load docker-image curl:1 httpbin:2 --name east --nodes east-worker,east-worker2"
    ]


def test_load_from_podman_goes_through_an_archive(replay: Replay) -> None:
    replay.say("podman save")
    replay.say("kind load image-archive")
    kind = KindCli(Engine("podman", replay), runner=replay)
    kind.load_images("east", ["curl:1"], ["east-worker"])
    save, load = replay.commands
    archive = save.split()[4]
    assert save == f"podman save --multi-image-archive -o {archive} curl:1"
    assert load == f"kind load image-archive {archive} --name east --nodes east-worker"
    assert replay.environments[-1] == {"KIND_EXPERIMENTAL_PROVIDER": "podman"}


def test_image_that_is_not_here(replay: Replay, kind: KindCli) -> None:
    replay.say("kind load", code=1, errors='ERROR: image: "nope:1" not present locally\n')
    with pytest.raises(MeshError, match='kind load docker-image failed: image: "nope:1" not pres'):
        kind.load_images("east", ["nope:1"], ["east-worker"])
