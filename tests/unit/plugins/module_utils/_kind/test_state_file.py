# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import io
import tarfile

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec, NodeSpec
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.state_file import (
    merge,
    read_record,
    state_node,
    without_mirrors,
    write_record,
)

from .conftest import Replay

PLANE = NodeSpec("east-control-plane", "control-plane", {})
WORKER = NodeSpec("east-worker", "worker", {"a": "b"}, [{"host_path": "/srv"}], [{"host_port": 1}])
SPEC = ClusterSpec(
    "east", [WORKER, PLANE], "node:1", "10.10.0.0/16", registry_mirrors={"quay.io": ["x"]}
)


def archive(content: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("eastwest-mesh.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()


def test_comes_back_as_it_was_written(replay: Replay) -> None:
    engine = Engine("docker", replay)
    replay.say("docker cp - east-control-plane:/")
    write_record(engine, "east-control-plane", SPEC)
    # what docker is given to unpack has the same form as what it gives back
    replay.say("docker cp east-control-plane:/kind/eastwest-mesh.json -", replay.data[0])
    assert read_record(engine, "east-control-plane") == SPEC


def test_none(replay: Replay) -> None:
    replay.say("docker cp", code=1, errors="Could not find the file")
    assert read_record(Engine("docker", replay), "east-control-plane") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 1, "name": "east", "nodes": [{"nom": "x"}]}', "is damaged"),
        ('{"format": 99, "name": "east", "nodes": []}', "another version"),
    ],
)
def test_damaged(replay: Replay, content: str, message: str) -> None:
    replay.say("docker cp", archive(content))
    with pytest.raises(LabBroken, match=message):
        read_record(Engine("docker", replay), "east-control-plane")


def test_merge_keeps_what_was_not_asked_for() -> None:
    wanted = ClusterSpec("east", [PLANE], pod_subnet="10.20.0.0/16")
    assert merge(SPEC, wanted) == dataclasses.replace(
        SPEC, nodes=[PLANE], pod_subnet="10.20.0.0/16", registry_mirrors={}
    )


def test_keeper_and_mirrors() -> None:
    assert state_node(SPEC) == "east-control-plane"
    assert without_mirrors(SPEC).registry_mirrors == {}
