# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.remote_secrets import (
    remote_secret_problems,
)


def problems(server: str, provider: str = "existing", **host: t.Any) -> list[str]:
    own = {
        "cluster_provider": provider,
        "remote_secret_clusters": ["west"],
        "remote_secret_server": server,
        **host,
    }
    return list(remote_secret_problems(Lab({"east": own, "west": {}}, ["east"]), "east"))


@pytest.mark.parametrize(
    "server",
    [
        "https://api.east.example:6443",
        "https://192.0.2.1:6443",
        "https://localhost-api.example.com",
        # not made yet
        "",
    ],
)
def test_good(server: str) -> None:
    assert problems(server) == []


@pytest.mark.parametrize(
    "server",
    [
        "https://127.0.0.1:6443",
        "https://127.9.9.9",
        "https://localhost:6443",
        "https://LOCALHOST",
        "https://kubernetes.docker.internal:6443",
        "https://0.0.0.0:6443",
        "https://[::1]:6443",
        "https://[::]:6443",
        "https://a.localhost",
        "http://api.east.example",
        "api.east.example:6443",
        "https://",
    ],
)
def test_unreachable(server: str) -> None:
    assert problems(server) == [
        f"remote_secret_server of east is '{server}'; give the https URL at which the pods of the"
        " other clusters reach its API, in its host_vars or in the kubeconfig"
    ]
    assert problems("", _remote_secret_seen={"api": server}) == problems(server)
    assert problems(server, "loopback") == []
    assert problems(server, remote_secret_clusters=[]) == []


def test_unknown_clusters() -> None:
    assert problems("", remote_secret_clusters=["west", "north"]) == [
        "remote_secret_clusters of east names north; there are east, west"
    ]
