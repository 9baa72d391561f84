# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import (
    Container,
    parse_inspect,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.facts import (
    api_facts,
    network_facts,
    node_facts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.networks import Network
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import parse_spec

from .conftest import recorded

SPEC = parse_spec({"name": "east", "nodes": [{"region": "east", "zone": "z1", "subzone": "r1"}]})


def test_nodes() -> None:
    plane, worker = node_facts(SPEC, parse_inspect(recorded("docker-inspect"), "kind"))
    assert plane["locality"] == ""
    assert worker == {
        "name": "east-worker",
        "role": "worker",
        "region": "east",
        "zone": "z1",
        "subzone": "r1",
        "locality": "east/z1/r1",
        "labels": SPEC.nodes[1].labels,
        "address": "172.18.0.5",
        "addresses": ["172.18.0.5", "fc00:f853:ccd:e793::5"],
    }


def test_nodes_that_are_not_there() -> None:
    assert [node["address"] for node in node_facts(SPEC, [])] == ["", ""]


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([("a", "control-plane", "10.0.0.2")], ("https://10.0.0.2:6443", "https://a:6443")),
        ([("a", "control-plane", "fc00::2")], ("https://[fc00::2]:6443", "https://a:6443")),
        ([("a", "control-plane", "")], ("", "https://a:6443")),
        # several control planes are behind a load balancer
        (
            [("a", "control-plane", "10.0.0.2"), ("b", "external-load-balancer", "10.0.0.3")],
            ("https://10.0.0.3:6443", "https://b:6443"),
        ),
        ([], ("", "")),
    ],
)
def test_api(containers: list[tuple[str, str, str]], expected: tuple[str, str]) -> None:
    found = api_facts(
        [
            Container(name, role, "running", addresses=(address,) if address else ())
            for name, role, address in containers
        ]
    )
    assert (found["internal_api"], found["internal_api_name"]) == expected


def test_network() -> None:
    network = Network("kind", ("fc00::/64", "172.18.0.0/16"), ("172.18.0.1",))
    assert network_facts(network) == {
        "network": "172.18.0.0/16",
        "network_name": "kind",
        "network_subnets": ["fc00::/64", "172.18.0.0/16"],
        "network_reserved": ["172.18.0.1"],
    }
    assert network_facts(None)["network_subnets"] == []
