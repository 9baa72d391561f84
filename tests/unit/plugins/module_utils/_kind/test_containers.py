# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import (
    Container,
    parse_inspect,
)

from .conftest import recorded


def test_running_nodes_of_docker() -> None:
    plane, worker = parse_inspect(reversed(recorded("docker-inspect")), "kind")
    assert plane == Container(
        name="east-control-plane",
        role="control-plane",
        state="running",
        image="kindest/node:v1.34.2",
        addresses=("172.18.0.6", "fc00:f853:ccd:e793::6"),
        started=plane.started,
    )
    assert (worker.name, worker.role, worker.address) == ("east-worker", "worker", "172.18.0.5")


def test_created_container_of_podman_has_no_address_and_never_started() -> None:
    (plane,) = parse_inspect(recorded("podman-inspect"), "kind")
    assert (plane.name, plane.role) == ("pod-control-plane", "control-plane")
    assert (plane.state, plane.running, plane.address) == ("created", False, "")
    assert plane.started is None


@pytest.mark.parametrize("state", ["exited", "paused", "created", "dead"])
def test_only_running_runs(state: str) -> None:
    document = recorded("docker-inspect")[0]
    document["State"]["Status"] = state
    assert not parse_inspect([document], "kind")[0].running


def test_another_network_has_no_addresses() -> None:
    assert parse_inspect(recorded("docker-inspect"), "other")[0].addresses == ()


def test_ipv6_only() -> None:
    document = recorded("docker-inspect")[0]
    document["NetworkSettings"]["Networks"]["kind"]["IPAddress"] = ""
    assert parse_inspect([document], "kind")[0].address == "fc00:f853:ccd:e793::6"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "2026-11-21T11:04:29.923492418Z",
            datetime.datetime(2026, 11, 21, 11, 4, 29, tzinfo=datetime.UTC),
        ),
        (
            "2026-11-21T12:04:29.5+01:00",
            datetime.datetime(2026, 11, 21, 11, 4, 29, tzinfo=datetime.UTC),
        ),
        ("0001-01-01T00:00:00Z", None),
        ("2026-11-21T11:04:29", None),
        ("", None),
    ],
)
def test_start(text: str, expected: datetime.datetime | None) -> None:
    document = recorded("docker-inspect")[0]
    document["State"]["StartedAt"] = text
    started = parse_inspect([document], "kind")[0].started
    assert started == expected
