# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sidecar answers for names, and how it tells TCP services apart."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.manifests import as_cluster
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.proxy_config import (
    ProxyConfigGenerator,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.auto_addresses import (
    allocate_addresses,
)

KEYS = ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem")


def entry(name: str, port: int, protocol: str, allocate: bool) -> dict[str, t.Any]:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {
            "name": name,
            "namespace": "sample",
            "labels": {"networking.istio.io/enable-autoallocate-ip": str(allocate).lower()},
        },
        "spec": {
            "hosts": [f"{name}.example"],
            "resolution": "STATIC",
            "ports": [{"number": port, "name": "it", "protocol": protocol}],
            "endpoints": [{"address": "10.0.0.1"}],
        },
    }


def listeners(*entries: dict[str, t.Any], capture: bool = True) -> dict[str, t.Any]:
    mesh = f'defaultConfig: {{proxyMetadata: {{ISTIO_META_DNS_CAPTURE: "{str(capture).lower()}"}}}}'
    template = {
        "metadata": {"labels": {"app": "client"}, "annotations": {"eastwest.mesh/app": "sleep"}},
        "spec": {"containers": [{"name": "client"}]},
    }
    client = {"replicas": 1, "selector": {"matchLabels": {"app": "client"}}, "template": template}
    objects = as_cluster(
        "east",
        [
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "cacerts", "namespace": "istio-system"},
                "stringData": dict.fromkeys(KEYS, "pem"),
            },
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "istio", "namespace": "istio-system"},
                "data": {"mesh": mesh},
            },
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}},
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "client", "namespace": "sample"},
                "spec": client,
            },
            *entries,
        ],
    )
    view = PushContext.of([ClusterState("east", allocate_addresses(objects))], "east")
    (pod,) = ProxyConfigGenerator(view, Path).proxies()
    found = json.loads(pod.content["xds/lds.json"])["resources"]
    return {each["name"]: each for each in found}


def names(found: dict[str, t.Any]) -> dict[str, list[str]]:
    config = found["dns"]["listener_filters"][0]["typed_config"]
    domains = config["server_config"]["inline_dns_table"]["virtual_domains"]
    return {each["name"]: each["endpoint"]["address_list"]["address"] for each in domains}


def chains(found: dict[str, t.Any]) -> dict[str, t.Any]:
    return {
        chain["name"]: chain["filter_chain_match"]
        for chain in found["virtualOutbound"]["filter_chains"]
    }


def databases(allocate: bool) -> list[dict[str, t.Any]]:
    return [entry("db1", 3306, "TCP", allocate), entry("db2", 3306, "TCP", allocate)]


def test_allocated_addresses_are_answered_and_tell_tcp_services_apart() -> None:
    found = listeners(*databases(allocate=True))
    known = names(found)
    assert known["db1.example"] != known["db2.example"]
    for name in ("db1", "db2"):
        match = chains(found)[f"outbound|3306||{name}.example"]
        assert [part["address_prefix"] for part in match["prefix_ranges"]] == known[
            f"{name}.example"
        ]


@pytest.mark.parametrize(("allocate", "capture"), [(False, True), (True, False), (False, False)])
def test_without_addresses_one_of_two_tcp_services_takes_the_port(
    allocate: bool, capture: bool
) -> None:
    found = listeners(*databases(allocate), capture=capture)
    assert chains(found) == {"outbound|3306||db1.example": {"destination_port": 3306}}


def test_http_services_keep_their_port() -> None:
    found = listeners(entry("web", 8000, "HTTP", False), entry("tcp", 8000, "TCP", False))
    assert set(chains(found)) == {"0.0.0.0_8000"}


@pytest.mark.parametrize(("capture", "expected"), [(True, True), (False, False)])
def test_only_sidecars_that_capture_dns_answer_for_names(capture: bool, expected: bool) -> None:
    assert ("dns" in listeners(*databases(allocate=True), capture=capture)) == expected
