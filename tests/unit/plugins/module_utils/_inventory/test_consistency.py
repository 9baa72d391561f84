# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.consistency import (
    consistency_problems,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab

SERVICE = {"name": "web", "port": 5000, "port_name": "http-web"}
WEB = {"name": "web-a", "namespace": "shop", "app": "helloworld", "service": SERVICE}
IMPORT = {
    "name": "web-west",
    "namespace": "shop",
    "from": "west",
    "ports": [{"name": "http-web"}],
    "labels": {"app": "helloworld"},
    "locality": "west/zone3",
}
WEST = {
    "mesh_network": "west-network",
    "cluster_nodes": [{"region": "west", "zone": "zone3", "subzone": "rack"}],
    "gateway_exposed_hosts": ["web.shop.svc.cluster.local"],
}


def problems(east: dict[str, t.Any], west: dict[str, t.Any] | None = None) -> list[str]:
    hosts = {
        "east": {
            "mesh_network": "east-network",
            "workload_list": [WEB],
            "import_service_list": [IMPORT],
            **east,
        },
        "west": {**WEST, **(west or {})},
    }
    return list(consistency_problems(Lab(hosts, ["east", "west"]), "east"))


def imported(**fields: t.Any) -> dict[str, t.Any]:
    return {"import_service_list": [{**IMPORT, **fields}]}


@pytest.mark.parametrize(
    ("east", "west"),
    [
        ({}, {}),
        ({}, {"gateway_exposed_hosts": ["*.local"]}),
        ({}, {"gateway_exposed_hosts": ["shop/web.shop.svc.cluster.local"]}),
        (imported(allow_unexposed=True), {"gateway_exposed_hosts": []}),
        # what the inventory does not say cannot be judged
        (imported(network="west-by-egress"), {"mesh_network": "east-network"}),
        ({"workload_list": []}, {}),
        (imported(**{"from": None, "address": "192.0.2.1"}), {}),
        (imported(locality="us/west/zone3"), {"cluster_nodes": [{}]}),
        (imported(locality="west/zone3/rack"), {}),
        (
            imported(mode="remote", host="api.shop", labels={}),
            {"gateway_exposed_hosts": ["*.shop"]},
        ),
        ({"istio_trust_domain_aliases": ["w.local"]}, {"mesh_trust_domain": "w.local"}),
        ({"workload_list": [WEB, {**WEB, "name": "web-b"}]}, {}),
    ],
)
def test_good(east: dict[str, t.Any], west: dict[str, t.Any]) -> None:
    assert problems(east, west) == []


@pytest.mark.parametrize(
    ("east", "west", "expected"),
    [
        (
            {"mesh_network": ""},
            {"mesh_network": ""},
            "import_service_list: web-west: its network is '', and that of east is '', so the gateway of east"
            " would send it round in a loop; give each of both another mesh_network",
        ),
        (
            {},
            {"mesh_network": "east-network"},
            "import_service_list: web-west: its network is 'east-network', and that of east is 'east-network',"
            " so the gateway of east would send it round in a loop; give each of both another mesh_network",
        ),
        ({"workload_list": [WEB, WEB]}, {}, "workload_list has shop/web-a twice"),
        (
            {"workload_list": [WEB, {**WEB, "name": "b", "service": {**SERVICE, "port": 81}}]},
            {},
            "workload_list: the Service shop/web has the port 5000 for web-a and 81 for b; its workloads share one",
        ),
        (
            {"workload_list": [WEB, {**WEB, "name": "b", "app": "httpbin"}]},
            {},
            "workload_list: the Service shop/web has the app helloworld for web-a and httpbin for b;"
            " its workloads share one",
        ),
        (
            imported(labels={"app": "web"}),
            {},
            "import_service_list: web-west: no Service of namespace shop selects the labels {'app': 'web'};"
            " it has web (app: helloworld)",
        ),
        (
            imported(namespace="shp"),
            {},
            "import_service_list: web-west: no Service of namespace shp selects the labels"
            " {'app': 'helloworld'}; it has none",
        ),
        (
            imported(ports=[{"name": "http"}]),
            {},
            "import_service_list: web-west: the Service has no port 'http'; it has http-web",
        ),
        (
            imported(locality="west/zone4"),
            {},
            "import_service_list: web-west: locality is 'west/zone4', where no node of west is;"
            " its nodes are in west/zone3/rack",
        ),
        (
            {},
            {"gateway_exposed_hosts": ["wbe.shop.svc.cluster.local"]},
            "import_service_list: web-west: the gateway of west does not expose web.shop.svc.cluster.local;"
            " gateway_exposed_hosts of west has wbe.shop.svc.cluster.local",
        ),
        (
            {"gateway_exposed_hosts": ["api.*"]},
            {},
            "gateway_exposed_hosts[0]: 'api.*' is not a host name or pattern;"
            " an asterisk stands at the beginning only, as in *.example.com",
        ),
        (
            imported(mode="remote", host="api.shop", labels={}),
            {"gateway_exposed_hosts": ["api.*"]},
            "import_service_list: web-west: the gateway of west does not expose api.shop;"
            " gateway_exposed_hosts of west has api.*",
        ),
        (
            imported(mode="remote", host="api.shop"),
            {},
            "import_service_list: web-west: the gateway of west does not expose api.shop;"
            " gateway_exposed_hosts of west has web.shop.svc.cluster.local",
        ),
        (
            {},
            {"mesh_trust_domain": "w.local"},
            "import_service_list: web-west: west is in the trust domain w.local, which east (cluster.local)"
            " does not know; add it to istio_trust_domain_aliases of east",
        ),
    ],
)
def test_bad(east: dict[str, t.Any], west: dict[str, t.Any], expected: str) -> None:
    assert problems(east, west) == [expected]
