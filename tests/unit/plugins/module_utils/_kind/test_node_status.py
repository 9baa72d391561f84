# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.node_status import (
    ApiNode,
    read_nodes,
    unready,
)

from ..conftest import FakeApi

EARLY = datetime.datetime(2026, 11, 21, 11, 4, 30, tzinfo=datetime.UTC)
LATE = EARLY + datetime.timedelta(seconds=1)


def container(**fields: object) -> Container:
    values = {"addresses": ("172.18.0.5", "fc00::5"), "started": EARLY, **fields}
    return Container("east-worker", "worker", "running", **values)  # type: ignore[arg-type]


def node(**fields: object) -> ApiNode:
    values = {
        "labels": {},
        "addresses": ("172.18.0.5",),
        "ready": True,
        "reason": "",
        "heartbeat": EARLY,
        **fields,
    }
    return ApiNode("east-worker", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        (node(), container(), ""),
        (node(heartbeat=LATE), container(), ""),
        (None, container(), "east-worker has not joined"),
        (node(ready=False, reason="no CNI"), container(), "east-worker is not ready: no CNI"),
        # what the API knows may be from before a restart
        (
            node(addresses=("172.18.0.9",)),
            container(),
            "east-worker has the address 172.18.0.5, the API has 172.18.0.9",
        ),
        (node(), container(started=LATE), "east-worker was started and has not reported yet"),
        (node(heartbeat=None), container(started=LATE), ""),
        (node(), container(started=None), ""),
        (node(addresses=("fc00::5",)), container(addresses=("fc00::5",)), ""),
    ],
)
def test_unready(found: ApiNode | None, wanted: Container, expected: str) -> None:
    nodes = {"east-worker": found} if found else {}
    assert "; ".join(unready(nodes, [wanted])) == expected


def test_nodes_are_read_from_the_api() -> None:
    api = FakeApi()
    ready = {
        "type": "Ready",
        "status": "True",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": "2026-11-21T11:04:30Z",
    }
    addresses = [
        {"type": "InternalIP", "address": "172.18.0.5"},
        {"type": "Hostname", "address": "east-worker"},
        {"type": "InternalIP", "address": "fc00::5"},
    ]
    status = {"conditions": [{"type": "DiskPressure", "status": "False"}, ready]}
    api.add("v1", "Node", "east-worker", metadata={"labels": {"a": "b"}}, status=status)
    api.objects["/api/v1/nodes/east-worker"]["status"]["addresses"] = addresses
    # A node that has just joined has no status
    api.add("v1", "Node", "east-worker2")
    nodes = read_nodes(api)
    assert nodes["east-worker"] == ApiNode(
        *("east-worker", {"a": "b"}, ("172.18.0.5", "fc00::5"), True),
        *("kubelet is posting ready status", EARLY),
    )
    assert not nodes["east-worker2"].ready
    assert nodes["east-worker2"].reason == "it has not reported"
