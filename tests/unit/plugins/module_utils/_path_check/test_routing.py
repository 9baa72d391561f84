# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a sidecar sends what goes to a host and port."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.cluster_status import full_names
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import config_dump
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.routing import (
    find_route,
    virtual_host,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import Request
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import (
    builders as b,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import istiod
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check.test_config_dump import (
    recorded,
)

HELLO = "outbound|5000||helloworld.sample.svc.cluster.local"


def request(host: str, port: int, *, scheme: str = "http", path: str = "/") -> Request:
    names = full_names(host, "sleep")
    return Request(f"{scheme}://{host}:{port}{path}", scheme, host, port, path, names)


ISTIOD: dict[str, tuple[Request, tuple[str, ...], str, tuple[str, ...]]] = {
    "a service": (request(b.HOST, 8000), ("240.240.0.1",), "cluster", (b.CLUSTER,)),
    "another host on a port that there is": (
        request("other.example.com", 8000),
        ("192.0.2.1",),
        "passthrough",
        ("PassthroughCluster",),
    ),
    "a port that nobody has": (
        request(b.HOST, 8001),
        ("240.240.0.1",),
        "passthrough",
        ("PassthroughCluster",),
    ),
    "TCP, by its address": (
        request("db2.example.com", 3306),
        ("240.240.0.2",),
        "cluster",
        ("outbound|3306||db2.example.com",),
    ),
    "TCP, at another address": (
        request("db1.example.com", 3306),
        ("240.240.0.9",),
        "passthrough",
        ("PassthroughCluster",),
    ),
    "TLS, by its server name": (
        request("api.example.com", 443, scheme="https"),
        ("192.0.2.2",),
        "cluster",
        ("outbound|443||api.example.com",),
    ),
    "TLS, of somebody else": (
        request("www.example.com", 443, scheme="https"),
        ("192.0.2.3",),
        "passthrough",
        ("PassthroughCluster",),
    ),
}


@pytest.mark.parametrize(("wanted", "addresses", "kind", "clusters"), ISTIOD.values(), ids=ISTIOD)
def test_routes_of_istiod(
    wanted: Request, addresses: tuple[str, ...], kind: str, clusters: tuple[str, ...]
) -> None:
    chains = config_dump.chains(istiod.outbound())
    route = find_route(chains, config_dump.route_tables(istiod.routes()), wanted, addresses)
    assert (route.kind, route.clusters) == (kind, clusters)


@pytest.mark.parametrize(
    "wanted", [request("other.example.com", 8000), request(b.HOST, 8001)], ids=["host", "port"]
)
def test_registry_only(wanted: Request) -> None:
    chains = config_dump.chains(istiod.outbound(catch_all="BlackHoleCluster"))
    route = find_route(
        chains, config_dump.route_tables(istiod.routes("block_all")), wanted, ("192.0.2.1",)
    )
    assert route.kind == "blocked"


def test_ports_of_a_host() -> None:
    chains, tables = (
        config_dump.chains(istiod.outbound()),
        config_dump.route_tables(istiod.routes()),
    )
    assert find_route(chains, tables, request(b.HOST, 1), ()).ports == (8000,)
    assert find_route(chains, tables, request("httpbin.sample", 1), ()).ports == (8000,)
    assert find_route(chains, tables, request("db2.example.com", 1), ()).ports == (3306,)
    assert find_route(chains, tables, request("nobody.example.com", 1), ()).ports == ()


RECORDED = {
    "short name": ("helloworld.sample", 5000, "cluster", (HELLO,)),
    "full name": ("helloworld.sample.svc.cluster.local", 5000, "cluster", (HELLO,)),
    "address": ("10.255.10.2", 5000, "cluster", (HELLO,)),
    "another host": ("other.sample", 5000, "blocked", ()),
    "another port": ("helloworld.sample", 5001, "missing", ()),
}


@pytest.mark.parametrize(("host", "port", "kind", "clusters"), RECORDED.values(), ids=RECORDED)
def test_recorded_routes(host: str, port: int, kind: str, clusters: tuple[str, ...]) -> None:
    chains = config_dump.chains(recorded("client-listeners"))
    tables = config_dump.route_tables(recorded("client-routes"))
    route = find_route(chains, tables, request(host, port), ("10.255.10.2",))
    assert (route.kind, route.clusters) == (kind, clusters)


def test_the_table_is_not_there_yet() -> None:
    route = find_route(config_dump.chains(istiod.outbound()), {}, request(b.HOST, 8000), ())
    assert route.kind == "missing"
    assert "no routes yet" in route.evidence[0]


def hosts(*domains: tuple[str, ...]) -> dict[str, t.Any]:
    return {"virtual_hosts": [{"name": each[0], "domains": list(each)} for each in domains]}


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("a.example.com", "a.example.com"),
        ("b.example.com", "*.example.com"),
        ("x.b.example.com", "*.b.example.com"),
        ("example.com", "*"),
        ("A.Example.com", "a.example.com"),
        ("prefixed.net", "prefixed.*"),
    ],
)
def test_virtual_hosts(host: str, found: str) -> None:
    table = hosts(
        ("*",), ("*.example.com",), ("*.b.example.com",), ("a.example.com",), ("prefixed.*",)
    )
    chosen = virtual_host(table, request(host, 80))
    assert chosen is not None
    assert chosen["name"] == found


def test_no_virtual_host() -> None:
    assert virtual_host(hosts(("a.example.com:8080",)), request("a.example.com", 80)) is None
    assert virtual_host(hosts(("a.example.com:8080",)), request("a.example.com", 8080)) is not None


PATHS: dict[str, tuple[list[dict[str, t.Any]], str, tuple[str, ...]]] = {
    "two shares": (
        [
            {
                "match": {"prefix": "/"},
                "route": {
                    "weighted_clusters": {
                        "clusters": [
                            {"name": "one", "weight": 1},
                            {"name": "two", "weight": 9},
                            {"name": "none", "weight": 0},
                        ]
                    }
                },
            }
        ],
        "cluster",
        ("one", "two"),
    ),
    "by header, else": (
        [
            {"match": {"prefix": "/", "headers": [{}]}, "route": {"cluster": "canary"}},
            {"match": {"prefix": "/"}, "route": {"cluster": "stable"}},
            {"match": {"prefix": "/"}, "route": {"cluster": "never"}},
        ],
        "cluster",
        ("canary", "stable"),
    ),
    "by path": (
        [
            {"match": {"path": "/other"}, "route": {"cluster": "other"}},
            {"match": {"path_separated_prefix": "/head"}, "route": {"cluster": "head"}},
            {"match": {"path_separated_prefix": "/headers"}, "route": {"cluster": "headers"}},
        ],
        "cluster",
        ("headers",),
    ),
    "no route": ([{"match": {"path": "/other"}, "route": {"cluster": "other"}}], "missing", ()),
    "a fault": ([{"match": {"prefix": "/"}, "direct_response": {"status": 418}}], "answered", ()),
    "a redirect": ([{"match": {"prefix": "/"}, "redirect": {"path": "/"}}], "answered", ()),
}


@pytest.mark.parametrize(("routes", "kind", "clusters"), PATHS.values(), ids=PATHS)
def test_paths(routes: list[dict[str, t.Any]], kind: str, clusters: tuple[str, ...]) -> None:
    table = {"name": "8000", "virtual_hosts": [{"name": "x", "domains": ["*"], "routes": routes}]}
    wanted = request(b.HOST, 8000, path="/headers/x?y=/other")
    route = find_route(config_dump.chains(istiod.outbound()), {"8000": table}, wanted, ())
    assert (route.kind, route.clusters) == (kind, clusters)
