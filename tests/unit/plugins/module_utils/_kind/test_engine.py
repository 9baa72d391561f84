# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import shutil
import tarfile

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine, find_engine

from .conftest import Replay, recorded

pytestmark = pytest.mark.usefixtures("no_environment")

DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


def archive(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_containers(replay: Replay) -> None:
    replay.say("docker ps -a -q --filter label=io.x-k8s.kind.cluster=east", "d53b\nc22f\n")
    replay.say("docker inspect d53b c22f", recorded("docker-inspect"))
    names = [node.name for node in Engine("docker", replay).containers("east")]
    assert names == ["east-control-plane", "east-worker"]


def test_no_containers(replay: Replay) -> None:
    replay.say("docker ps")
    assert Engine("docker", replay).containers("east") == []
    assert len(replay.commands) == 1


def test_a_container_that_vanished_is_left_out(replay: Replay) -> None:
    replay.say("docker ps", "d53b\ngone\n")
    replay.say(
        "docker inspect",
        recorded("docker-inspect")[:1],
        code=1,
        errors="Error: No such object: gone",
    )
    assert len(Engine("docker", replay).containers("east")) == 1


@pytest.mark.parametrize(
    ("engine", "cure"), [("docker", "systemctl start docker"), ("podman", "podman machine start")]
)
def test_engine_that_is_down(replay: Replay, engine: str, cure: str) -> None:
    replay.say(engine, code=1, errors=DOWN)
    with pytest.raises(MeshError, match="Is the docker daemon running") as caught:
        Engine(engine, replay).containers("east")
    assert cure in str(caught.value)
    with pytest.raises(MeshError, match=cure):
        Engine(engine, replay).information()


def test_network(replay: Replay) -> None:
    replay.say("docker network inspect kind", recorded("docker-network"))
    network = Engine("docker", replay).network()
    assert network
    assert network.ipv4 == "172.18.0.0/16"


@pytest.mark.parametrize("printed", ["[]", "", "[]\n"])
def test_no_network(replay: Replay, printed: str) -> None:
    replay.say("docker network", printed, code=1, errors="Error: No such network: kind")
    assert Engine("docker", replay).network() is None


def test_network_of_the_environment(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIND_EXPERIMENTAL_PODMAN_NETWORK", "mine")
    replay.say("podman network inspect mine", [])
    assert Engine("podman", replay).network() is None
    assert Engine("docker", replay).network_name == "kind"


def test_read(replay: Replay) -> None:
    replay.say("docker cp east-control-plane:/kind/version -", archive("version", b"v1.34.2"))
    assert Engine("docker", replay).read("east-control-plane", "/kind/version") == b"v1.34.2"


def test_read_what_is_not_there(replay: Replay) -> None:
    replay.say(
        "docker cp",
        code=1,
        errors="Error response from daemon: Could not find the file /kind/x in container east",
    )
    assert Engine("docker", replay).read("east", "/kind/x") is None


def test_write(replay: Replay) -> None:
    replay.say("docker cp - east-worker:/")
    files = {"/etc/containerd/certs.d/quay.io/hosts.toml": "a", "/kind/record.json": "b"}
    Engine("docker", replay).write("east-worker", files)
    with tarfile.open(fileobj=io.BytesIO(replay.data[0])) as tar:
        members = {member.name: member for member in tar.getmembers()}
        assert list(members) == [
            "etc/containerd/certs.d",
            "etc/containerd/certs.d/quay.io",
            "etc/containerd/certs.d/quay.io/hosts.toml",
            "kind/record.json",
        ]
        content = tar.extractfile("kind/record.json")
        assert content
        assert content.read() == b"b"
    assert members["etc/containerd/certs.d"].isdir()


@pytest.mark.parametrize(("state", "verb"), [("paused", "unpause"), ("exited", "start")])
def test_start(replay: Replay, state: str, verb: str) -> None:
    documents = recorded("docker-inspect")[:1]
    documents[0]["State"]["Status"] = state
    replay.say("docker ps", "d53b\n")
    replay.say("docker inspect", documents)
    replay.say(f"docker {verb} east-control-plane")
    engine = Engine("docker", replay)
    engine.start(engine.containers("east")[0])
    assert replay.commands[-1] == f"docker {verb} east-control-plane"


def test_what_fails_says_why(replay: Replay) -> None:
    replay.say(
        "docker exec", code=1, errors="Error response from daemon: Container d53b is not running"
    )
    with pytest.raises(MeshError, match=r"docker exec east-worker ls failed: .* is not running"):
        Engine("docker", replay).execute("east-worker", "ls")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    names: set[str] = set()
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in names else None)
    return names


def test_no_engine(replay: Replay, installed: set[str]) -> None:
    with pytest.raises(NotFound, match="no docker and no podman in PATH"):
        find_engine("auto", "east", replay)
    installed.add("podman")
    with pytest.raises(NotFound, match="no docker in PATH"):
        find_engine("docker", "east", replay)


def test_chosen_or_only_engine_is_taken_unasked(
    replay: Replay, installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.update({"docker", "podman"})
    assert find_engine("podman", "east", replay).name == "podman"
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    assert find_engine("auto", "east", replay).name == "podman"
    assert find_engine("docker", "east", replay).name == "docker"
    monkeypatch.delenv("KIND_EXPERIMENTAL_PROVIDER")
    installed.remove("docker")
    assert find_engine("auto", "east", replay).name == "podman"
    assert replay.commands == []


def test_engine_of_the_environment_that_is_not_supported(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "nerdctl")
    with pytest.raises(MeshError, match="'nerdctl' is not supported; choose docker or podman"):
        find_engine("auto", "east", replay)


@pytest.mark.parametrize(
    ("docker", "podman", "expected"),
    [
        (("", 0), ("", 0), "docker"),
        (("", 0), ("8fb8\n", 0), "podman"),
        (("", 1), ("", 0), "podman"),
        (("d53b\n", 0), ("8fb8\n", 0), "docker"),
    ],
)
def test_the_engine_that_has_the_cluster_or_works(
    replay: Replay,
    installed: set[str],
    docker: tuple[str, int],
    podman: tuple[str, int],
    expected: str,
) -> None:
    installed.update({"docker", "podman"})
    for name, (output, code) in {"docker": docker, "podman": podman}.items():
        replay.say(f"{name} ps", output, code=code, errors=DOWN if code else "")
        replay.say(f"{name} inspect", recorded(f"{name}-inspect"))
    assert find_engine("auto", "east", replay).name == expected


def test_no_engine_works(replay: Replay, installed: set[str]) -> None:
    installed.update({"docker", "podman"})
    replay.say("docker ps", code=1, errors=DOWN)
    replay.say("podman ps", code=125, errors="cannot connect to Podman")
    with pytest.raises(MeshError, match=r"docker does not answer.*podman does not answer"):
        find_engine("auto", "east", replay)


def test_podman_needs_a_word_for_several_images(replay: Replay) -> None:
    replay.say("podman save")
    replay.say("docker save")
    Engine("podman", replay).save(["a", "b"], "/tmp/x.tar")
    Engine("docker", replay).save(["a", "b"], "/tmp/x.tar")
    assert replay.commands == [
        "podman save --multi-image-archive -o /tmp/x.tar a b",
        "docker save -o /tmp/x.tar a b",
    ]
