# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

ADDRESSES = "metallb.io/loadBalancerIPs"


def balanced(lab, name="gw", **spec):
    return lab.service(name, type="LoadBalancer", **spec)


def address(lab, objects, name="gw"):
    status = lab.find(objects, "Service", name).get("status") or {}
    ingress = status.get("loadBalancer", {}).get("ingress") or [{}]
    return ingress[0].get("ip")


@pytest.mark.parametrize(
    ("pools", "advertised", "expected"),
    [
        ({"p": ["127.9.240.0/24"]}, [], "127.9.240.1"),
        ({"p": ["127.9.240.0/24"]}, ["p"], "127.9.240.1"),
        ({"p": ["127.9.240.9-127.9.240.12"]}, [], "127.9.240.9"),
        ({"p": ["127.9.240.255-127.9.241.4"]}, [], "127.9.241.1"),
        ({"p": ["127.9.240.7/32"]}, [], "127.9.240.7"),
        ({"b": ["127.9.240.7/32"], "a": ["127.9.240.8/32"]}, [], "127.9.240.8"),
        ({"b": ["127.9.240.7/32"], "a": ["127.9.240.8/32"]}, ["b"], "127.9.240.7"),
    ],
)
def test_addresses_come_from_announced_pools(lab, pools, advertised, expected):
    made = [lab.pool(name, *addresses) for name, addresses in pools.items()]
    objects = lab.run(*made, lab.advertisement(*advertised), balanced(lab))
    assert address(lab, objects) == expected
    assert lab.again(objects) == objects


def pooled(lab, *addresses):
    return [lab.pool("p", *(addresses or ("127.9.240.0/24",))), lab.advertisement()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"annotations": {ADDRESSES: "127.9.240.20"}}, "127.9.240.20"),
        (
            {"annotations": {"metallb.universe.tf/loadBalancerIPs": "127.9.240.21"}},
            "127.9.240.21",
        ),
        ({"loadBalancerIP": "127.9.240.22"}, "127.9.240.22"),
        (
            {"loadBalancerIP": "127.9.240.22", "annotations": {ADDRESSES: "127.9.240.23"}},
            "127.9.240.23",
        ),
    ],
)
def test_an_address_can_be_asked_for(lab, options, expected):
    objects = lab.run(*pooled(lab), balanced(lab, **options))
    assert address(lab, objects) == expected


def test_asking_later_moves_the_service(lab):
    objects = lab.run(*pooled(lab), balanced(lab))
    moved = lab.again(objects, balanced(lab, loadBalancerIP="127.9.240.30"))
    assert address(lab, moved) == "127.9.240.30"


def test_an_asked_for_address_is_not_given_to_another_before(lab):
    objects = lab.run(
        *pooled(lab), balanced(lab, "a"), balanced(lab, "b", loadBalancerIP="127.9.240.1")
    )
    assert (address(lab, objects, "a"), address(lab, objects, "b")) == (
        "127.9.240.2",
        "127.9.240.1",
    )


def test_addresses_stay_when_services_come_and_go(lab):
    objects = lab.run(*pooled(lab), balanced(lab, "b"), balanced(lab, "c"))
    objects = lab.again(objects, balanced(lab, "a"))
    assert [address(lab, objects, n) for n in "abc"] == [
        "127.9.240.3",
        "127.9.240.1",
        "127.9.240.2",
    ]
    rest = [o for o in objects if o["metadata"]["name"] != "b"]
    assert address(lab, lab.again(rest, balanced(lab, "d")), "d") == "127.9.240.1"


def test_another_pool_means_another_address(lab):
    objects = lab.run(*pooled(lab), balanced(lab))
    moved = lab.again(objects, lab.pool("p", "127.9.241.0/24"))
    assert address(lab, moved) == "127.9.241.1"


def test_a_service_of_another_type_has_none(lab):
    objects = lab.run(*pooled(lab), balanced(lab))
    assert address(lab, lab.again(objects, lab.service("gw"))) is None


def test_a_pool_by_annotation_and_pools_kept_for_that(lab):
    objects = lab.run(
        lab.pool("a", "127.9.240.0/24", autoAssign=False),
        lab.pool("b", "127.9.241.0/24"),
        lab.advertisement(),
        balanced(lab, "free"),
        balanced(lab, "named", annotations={"metallb.io/address-pool": "a"}),
    )
    assert address(lab, objects, "free") == "127.9.241.1"
    assert address(lab, objects, "named") == "127.9.240.1"


@pytest.mark.parametrize(
    ("pools", "advertised", "services", "message"),
    [
        ({}, None, {"gw": {}}, "cluster east has no IPAddressPool"),
        ({"p": "127.9.240.0/24"}, None, {"gw": {}}, r"no L2Advertisement .* \(IPAddressPool p\)"),
        ({"p": "127.9.240.0/24"}, ["q"], {"gw": {}}, r"no L2Advertisement .* \(IPAddressPool p\)"),
        (
            {"p": "127.9.240.1/32"},
            [],
            {"gw": {}, "other": {}},
            "Service sample/other: no address is left .*127.9.240.1 by Service sample/gw",
        ),
        ({"p": "127.9.240.0/32"}, [], {"gw": {}}, "no address is left"),
        (
            {"p": "127.9.240.0/24"},
            [],
            {"gw": {"loadBalancerIP": "127.9.241.1"}},
            "asks for 127.9.241.1, which no announced pool of cluster east holds",
        ),
        (
            {"p": "127.9.240.0/24"},
            [],
            {"gw": {"loadBalancerIP": "gateway"}},
            "Service sample/gw asks for 'gateway'",
        ),
        (
            {"p": "127.9.240.0/24"},
            [],
            {
                "gw": {"loadBalancerIP": "127.9.240.1"},
                "other": {"loadBalancerIP": "127.9.240.1"},
            },
            "Service sample/other asks for 127.9.240.1, which Service sample/gw holds",
        ),
        (
            {"p": "127.9.240.0/24"},
            [],
            {"gw": {"annotations": {"metallb.io/address-pool": "q"}}},
            "pool q, which cluster east does not have; its pools: p",
        ),
    ],
)
def test_what_cannot_be_given_is_refused(lab, pools, advertised, services, message):
    made = [lab.pool(name, text) for name, text in pools.items()]
    if advertised is not None:
        made.append(lab.advertisement(*advertised))
    with pytest.raises(InvalidInput, match=message):
        lab.run(*made, *(balanced(lab, name, **spec) for name, spec in services.items()))


@pytest.mark.parametrize(
    ("own", "other", "message"),
    [
        (["127.9.240.0/24", "127.9.240.5-127.9.240.6"], [], "p0 of cluster east.*p1 of cluster e"),
        (["127.9.240.0/24"], ["127.9.240.128/25"], "p0 of cluster east.*p0 of cluster west"),
        (["127.9.240.1-127.9.240.9"], ["127.9.240.9/32"], "must not overlap"),
    ],
)
def test_overlapping_pools_are_refused(lab, own, other, message):
    mine = [lab.pool(f"p{i}", text) for i, text in enumerate(own)]
    theirs = {"west": [lab.pool(f"p{i}", text) for i, text in enumerate(other)]}
    with pytest.raises(InvalidInput, match=message):
        lab.run(*mine, other_clusters=theirs)


def test_pools_lie_in_the_labs_network(lab):
    network = IPv4Network("127.9.240.0/20")
    assert lab.run(lab.pool("p", "127.9.240.0/24"), load_balancer_network=network)
    for text in ("172.18.64.0/18", "127.9.255.250-127.10.0.2", "fd00::/120"):
        with pytest.raises(
            InvalidInput, match=r"IPAddressPool p of cluster east: .*127.9.240.0/20"
        ):
            lab.run(lab.pool("p", text), load_balancer_network=network)
    theirs = {"west": [lab.pool("q", "172.18.64.0/18")]}
    with pytest.raises(InvalidInput, match="IPAddressPool q of cluster west"):
        lab.run(other_clusters=theirs, load_balancer_network=network)
