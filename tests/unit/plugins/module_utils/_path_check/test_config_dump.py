# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a configuration, as istiod writes them and as a loopback lab has them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import config_dump
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    Inbound,
    Matcher,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import (
    builders as b,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import istiod

RECORDED = Path(__file__).parent / "recorded"
HELLO = "helloworld.sample.svc.cluster.local"
LOCAL = (Matcher("prefix", "spiffe://cluster.local/"),)


def recorded(name: str) -> str:
    return (RECORDED / f"{name}.json").read_text(encoding="utf-8")


def test_recorded_client() -> None:
    chains = config_dump.chains(recorded("client-listeners"))
    assert [(c.port, c.addresses, c.routes, c.cluster) for c in chains] == [
        (5000, (), "5000", ""),
        (
            15021,
            ("10.255.10.1",),
            "",
            "outbound|15021||istio-eastwestgateway.istio-system.svc.cluster.local",
        ),
        (
            15443,
            ("10.255.10.1",),
            "",
            "outbound|15443||istio-eastwestgateway.istio-system.svc.cluster.local",
        ),
    ]
    assert not any(chain.inbound for chain in chains)
    assert list(config_dump.route_tables(recorded("client-routes"))) == ["5000"]
    upstream = config_dump.upstreams(recorded("client-clusters"))[f"outbound|5000||{HELLO}"]
    assert upstream.kind == "EDS"
    assert upstream.transport == "matched"
    assert upstream.server_name == f"outbound_.5000_._.{HELLO}"
    assert [str(each) for each in upstream.identities] == [
        "spiffe://cluster.local/ns/sample/sa/helloworld"
    ]
    endpoint_configs = config_dump.mtls_endpoints(recorded("client-endpoints"), upstream.name)
    assert endpoint_configs == {("127.106.248.1", 15443): True}
    found = config_dump.identity(recorded("client-secrets"))
    assert found.chain.count("BEGIN CERTIFICATE") == 3
    assert found.roots.count("BEGIN CERTIFICATE") == 1


def test_recorded_gateway_and_server() -> None:
    [chain] = config_dump.chains(recorded("gateway-listeners"))
    assert (chain.port, chain.inbound) == (15443, False)
    assert chain.server_names == (chain.cluster,) == (f"outbound_.5000_._.{HELLO}",)
    assert chain.addresses == ("127.106.0.1", "127.106.248.1")
    found = config_dump.inbound(config_dump.chains(recorded("server-listeners")), 5000)
    assert found == Inbound(True, False, LOCAL)
    assert config_dump.inbound(config_dump.chains(recorded("server-listeners")), 5001) is None


@pytest.mark.parametrize(
    ("mode", "port", "found"),
    [
        ("STRICT", 8080, Inbound(True, False, LOCAL)),
        ("PERMISSIVE", 8080, Inbound(True, True, LOCAL)),
        ("DISABLE", 8080, Inbound(False, True)),
        # no container declares it, and istiod's sidecars take it nevertheless
        ("STRICT", 9999, Inbound(True, False, LOCAL)),
    ],
)
def test_inbound_of_istiod(mode: str, port: int, found: Inbound) -> None:
    text = istiod.answer("listener", istiod.inbound_listener(mode))
    assert config_dump.inbound(config_dump.chains(text), port) == found


def test_gateway_of_istiod() -> None:
    [chain] = config_dump.chains(istiod.gateway(b.SNI))
    assert (chain.port, chain.addresses, chain.server_names, chain.cluster) == (
        15443,
        (),
        (b.SNI,),
        b.SNI,
    )


@pytest.mark.parametrize("transport", ["matched", "mtls", "plain"])
def test_clusters_of_istiod(transport: str) -> None:
    text = istiod.answer("cluster", istiod.cluster(transport))
    upstream = config_dump.upstreams(text)[b.CLUSTER]
    assert upstream.transport == transport
    assert upstream.server_name == ("" if transport == "plain" else b.SNI)


def test_a_cluster_that_resolves_names() -> None:
    address = {"socket_address": {"address": "gateway.example.com", "port_value": 15443}}
    assignment = {"endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}
    made = istiod.cluster("mtls", type="STRICT_DNS", load_assignment=assignment)
    upstream = config_dump.upstreams(istiod.answer("cluster", made))[b.CLUSTER]
    assert (upstream.kind, upstream.hostnames) == ("STRICT_DNS", ("gateway.example.com",))


@pytest.mark.parametrize("mtls", [True, False])
def test_marks_of_endpoints(mtls: bool) -> None:
    text = istiod.endpoints("172.18.64.1", 15443, mtls=mtls)
    assert config_dump.mtls_endpoints(text, b.CLUSTER) == {("172.18.64.1", 15443): mtls}
    assert config_dump.mtls_endpoints(text, "another") == {}


def test_secrets_in_bytes() -> None:
    """As Istio's agent hands them out."""
    chain, roots = (base64.b64encode(word).decode() for word in (b"chain", b"roots"))
    text = istiod.answer(
        "secret",
        {"name": "default", "tls_certificate": {"certificate_chain": {"inline_bytes": chain}}},
        {"name": "ROOTCA", "validation_context": {"trusted_ca": {"inline_bytes": roots}}},
    )
    assert config_dump.identity(text) == config_dump.Identity("chain", "roots")
    assert config_dump.identity("{}") == config_dump.Identity()


@pytest.mark.parametrize("text", ["not found in config dump", "[]", ""])
def test_what_is_no_configuration(text: str) -> None:
    with pytest.raises(MeshError, match="not readable"):
        config_dump.chains(text)
