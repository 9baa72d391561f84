# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.node_status import (
    ApiNode,
    unready,
)

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
