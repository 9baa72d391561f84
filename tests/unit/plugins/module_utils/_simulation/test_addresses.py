# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
)


def allocator(block, *taken):
    found = AddressAllocator(IPv4Network(block), "pods")
    for address in taken:
        found.reserve(address)
    return found


@pytest.mark.parametrize(
    ("block", "taken", "expected"),
    [
        ("127.9.0.0/24", [], ["127.9.0.1", "127.9.0.2"]),
        ("127.9.0.0/24", ["127.9.0.7", "127.9.0.3"], ["127.9.0.8", "127.9.0.9"]),
        ("127.9.0.0/23", ["127.9.0.253"], ["127.9.0.254", "127.9.1.1"]),
        ("127.9.0.0/24", ["127.9.0.254"], ["127.9.0.1", "127.9.0.2"]),
        ("127.9.0.0/24", ["127.9.0.254", "127.9.0.1"], ["127.9.0.2"]),
    ],
)
def test_the_next_address_after_the_highest(block, taken, expected):
    found = allocator(block, *taken)
    assert [found.allocate() for _unused in expected] == expected


def test_every_address_is_given_once():
    found = allocator("127.9.0.0/23")
    given = [found.allocate() for _unused in range(508)]
    assert len(set(given)) == 508
    assert not [a for a in given if a.endswith((".0", ".255"))]
    with pytest.raises(MeshError, match=r"no address is left for pods in 127.9.0.0/23"):
        found.allocate()


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.9.0.5", True), ("127.8.0.5", False), ("::1", False), ("x", False)],
)
def test_only_addresses_of_the_block_are_reserved_and_once(address, expected):
    found = allocator("127.9.0.0/24")
    assert found.reserve(address) is expected
    assert found.reserve(address) is False


def cluster_ip(lab, objects, name):
    return lab.find(objects, "Service", name)["spec"]["clusterIP"]


def test_services_get_and_keep_cluster_addresses(lab):
    objects = lab.run(lab.service("a"), lab.service("b"), lab.service("c", clusterIP="10.255.0.9"))
    # going on after the highest that is asked for
    assert [cluster_ip(lab, objects, n) for n in "abc"] == [
        "10.255.0.10",
        "10.255.0.11",
        "10.255.0.9",
    ]
    assert lab.find(objects, "Service", "a")["spec"]["clusterIPs"] == ["10.255.0.10"]
    more = lab.again(objects, lab.service("d"))
    assert [cluster_ip(lab, more, n) for n in "abcd"][:3] == [
        cluster_ip(lab, objects, n) for n in "abc"
    ]


def test_headless_services_stay_headless(lab):
    objects = lab.run(lab.service("a", clusterIP="None"), lab.service("b", clusterIP="None"))
    assert cluster_ip(lab, objects, "a") == "None"


@pytest.mark.parametrize(
    ("services", "message"),
    [
        ({"a": "10.1.0.1"}, "Service sample/a: .*10.1.0.1 is not in .* 10.255.0.0/24"),
        (
            {"a": "10.255.0.5", "b": "10.255.0.5"},
            "Service sample/b: .*10.255.0.5 is already that of Service sample/a",
        ),
    ],
)
def test_impossible_cluster_addresses_are_refused(lab, services, message):
    with pytest.raises(InvalidInput, match=message):
        lab.run(*(lab.service(name, clusterIP=ip) for name, ip in services.items()))


def test_a_full_service_subnet_is_named(lab):
    with pytest.raises(MeshError, match=r"cluster addresses of Services in 10.255.0.0/30"):
        lab.run(
            *(lab.service(name) for name in "abcd"), service_network=IPv4Network("10.255.0.0/30")
        )


def entry(lab, name="se", hosts=("db.example.com",), resolution="DNS", labels=None, **spec):
    body = {"hosts": list(hosts), **spec}
    if resolution:
        body["resolution"] = resolution
    return lab.obj("ServiceEntry", name, "sample", spec=body, labels=labels or {})


def allocated(lab, objects, name="se"):
    status = lab.find(objects, "ServiceEntry", name).get("status") or {}
    return {a["host"]: a["value"] for a in status.get("addresses", ())}


SWITCH = "networking.istio.io/enable-autoallocate-ip"


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ({}, ["db.example.com"]),
        ({"resolution": "STATIC"}, ["db.example.com"]),
        ({"resolution": "NONE"}, []),
        ({"resolution": None}, []),
        ({"addresses": ["10.1.1.1"]}, []),
        ({"labels": {SWITCH: "false"}}, []),
        ({"labels": {SWITCH: "true"}}, ["db.example.com"]),
        ({"hosts": ["*.example.com"]}, []),
        (
            {"hosts": ["a.example.com", "*.b.example.com", "c.example.com"]},
            ["a.example.com", "c.example.com"],
        ),
    ],
)
def test_which_hosts_get_an_allocated_address(lab, options, hosts):
    found = allocated(lab, lab.run(entry(lab, **options)))
    assert list(found) == hosts
    assert all(address.startswith("240.240.") for address in found.values())


def test_allocated_addresses_stay_and_are_distinct(lab):
    first = lab.run(entry(lab, "a", ["a.example.com"]), entry(lab, "b", ["b.example.com"]))
    assert allocated(lab, first, "a") == {"a.example.com": "240.240.0.1"}
    assert allocated(lab, first, "b") == {"b.example.com": "240.240.0.2"}
    second = lab.again(first, entry(lab, "a", ["new.example.com", "a.example.com"]))
    assert allocated(lab, second, "a") == {
        "new.example.com": "240.240.0.3",
        "a.example.com": "240.240.0.1",
    }
    assert allocated(lab, second, "b") == allocated(lab, first, "b")
    third = lab.again(second, entry(lab, "b", labels={SWITCH: "false"}))
    assert "status" not in lab.find(third, "ServiceEntry", "b")
