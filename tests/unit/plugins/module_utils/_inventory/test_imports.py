# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.imports import (
    import_manifests,
    import_problems,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab

LOCAL = {
    "name": "web-west",
    "namespace": "shop",
    "from": "west",
    "ports": [{"name": "http"}, {"name": "tcp-b"}],
    "labels": {"app": "web"},
    "locality": "west/zone3",
    "service_account": "web",
}
REMOTE = {
    "name": "api",
    "namespace": "shop",
    "mode": "remote",
    "from": "west",
    "host": "api.shop.svc.cluster.local",
    "ports": [{"name": "http", "number": 80, "protocol": "HTTP"}],
}
NAMED = {"gateway_address": "gw.west.example", "gateway_addresses": ["192.0.2.7", "192.0.2.8"]}
WEST = {
    "mesh_network": "west-network",
    "gateway_address": "192.0.2.1",
    "gateway_addresses": ["192.0.2.1"],
    "gateway_external_port": 15443,
}


def lab(
    *entries: dict[str, t.Any],
    west: dict[str, t.Any] | None = None,
    state: str = "present",
    active: tuple[str, ...] = ("east", "west"),
    check_mode: bool = False,
) -> Lab:
    east = {"import_service_list": list(entries), "import_service_state": state}
    return Lab({"east": east, "west": WEST if west is None else west}, active, check_mode)


def build(*entries: dict[str, t.Any], **options: t.Any) -> list[dict[str, t.Any]]:
    return import_manifests(lab(*entries, **options), "east")


def test_local() -> None:
    (entry,) = build(LOCAL)
    assert (entry["kind"], entry["metadata"]) == (
        "WorkloadEntry",
        {"name": "web-west", "namespace": "shop"},
    )
    assert entry["spec"] == {
        "address": "192.0.2.1",
        "ports": {"http": 15443, "tcp-b": 15443},
        "labels": {"security.istio.io/tlsMode": "istio", "app": "web"},
        "network": "west-network",
        "locality": "west/zone3",
        "serviceAccount": "web",
    }


def test_remote() -> None:
    (entry,) = build({**REMOTE, "weight": "4", "network": "by-egress"})
    assert entry["kind"] == "ServiceEntry"
    assert entry["spec"] == {
        "hosts": ["api.shop.svc.cluster.local"],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": [{"name": "http", "number": 80, "protocol": "HTTP"}],
        "endpoints": [
            {
                "address": "192.0.2.1",
                "ports": {"http": 15443},
                "labels": {"security.istio.io/tlsMode": "istio"},
                "network": "by-egress",
                "weight": 4,
            }
        ],
    }


def test_a_gateway_with_a_host_name() -> None:
    assert build(LOCAL, west=NAMED)[0]["spec"]["address"] == "192.0.2.7"
    spec = build(REMOTE, west={**NAMED, "gateway_external_port": 30443})[0]["spec"]
    assert spec["resolution"] == "DNS"
    assert spec["endpoints"][0]["address"] == "gw.west.example"
    assert spec["endpoints"][0]["ports"] == {"http": 30443}


@pytest.mark.parametrize(
    ("entry", "west", "expected"),
    [
        (
            LOCAL,
            {"gateway_address": "gw.west.example", "gateway_addresses": []},
            "web-west needs an IP address of the gateway of west, but there is 'gw.west.example',"
            " which has none; with a host name use mode: remote",
        ),
        (
            LOCAL,
            {},
            "web-west needs an IP address of the gateway of west, but there is none; run the role"
            " gateway on that cluster first, in the same playbook",
        ),
        (
            REMOTE,
            {},
            "api needs an address of the gateway of west, but there is none; run the role"
            " gateway on that cluster first, in the same playbook",
        ),
        (
            {**LOCAL, "address": "web"},
            {},
            "web-west needs an IP address of the gateway of west, but there is 'web',"
            " which has none; with a host name use mode: remote",
        ),
    ],
)
def test_no_address(entry: dict[str, t.Any], west: dict[str, t.Any], expected: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        build(entry, west=west)
    assert str(raised.value) == f"import_service_list of east: {expected}"


def test_check_mode_leaves_out_what_has_no_address_yet() -> None:
    own = {**LOCAL, "name": "own", "address": "192.0.2.9"}
    names = [obj["metadata"]["name"] for obj in build(LOCAL, own, west={}, check_mode=True)]
    assert names == ["own"]


def test_a_removal_needs_no_address() -> None:
    assert len(build(LOCAL, REMOTE, west={}, state="absent")) == 2


def test_unknown_cluster() -> None:
    assert list(import_problems(lab({**LOCAL, "from": "north"}), "east")) == [
        "import_service_list of east names the cluster north; there are east, west"
    ]


@pytest.mark.parametrize(
    ("options", "entry"),
    [
        ({}, LOCAL),
        ({"west": {}}, LOCAL),
        ({"active": ("east",)}, LOCAL),
        ({"active": ("east",), "west": {}}, {**LOCAL, "address": "192.0.2.1"}),
        ({"active": ("east",), "west": {}, "state": "absent"}, LOCAL),
    ],
)
def test_addresses_that_are_known_or_will_be(
    options: dict[str, t.Any], entry: dict[str, t.Any]
) -> None:
    assert list(import_problems(lab(entry, **options), "east")) == []


def test_address_that_no_task_will_find() -> None:
    (found,) = import_problems(lab(LOCAL, active=("east",), west={}), "east")
    assert found.startswith(
        "import_service_list of east names the cluster west, whose gateway this run has not looked at"
    )
