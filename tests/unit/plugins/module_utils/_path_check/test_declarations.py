# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failing paths that the clusters' objects explain, each after a report of a user."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import config_dump
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.routing import find_route
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    EnvoyCluster,
    PathFacts,
    Request,
    UnservedPort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.verdict import evaluate
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import (
    builders as b,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import istiod

Object = dict[str, t.Any]
GROUPS = {
    "PeerAuthentication": "security.istio.io/v1",
    **dict.fromkeys(("ServiceEntry", "WorkloadEntry", "VirtualService"), "networking.istio.io/v1"),
}
FAILED = b.answers(503, 503, 503)
GATEWAY = "192.0.2.1"


def obj(kind: str, name: str, namespace: str = "sample", **fields: t.Any) -> Object:
    labels = fields.pop("labels", {})
    meta = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": meta, **fields}


def service(name: str = "httpbin", namespace: str = "sample", **spec: t.Any) -> Object:
    ports = [{"name": "http", "port": 8000, "targetPort": 8080}]
    return obj("Service", name, namespace, spec={"ports": ports, "selector": {"app": name}, **spec})


def pod(
    name: str, address: str, *, ready: bool = True, sidecar: bool = True, **labels: str
) -> Object:
    containers = [{"name": "app"}, *([{"name": "istio-proxy"}] if sidecar else [])]
    status = {
        "podIP": address,
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
    }
    return obj(
        "Pod",
        name,
        labels={"app": "httpbin", **labels},
        spec={"containers": containers},
        status=status,
    )


def entry(**spec: t.Any) -> Object:
    ports = [{"name": "http", "number": 8000, "protocol": "HTTP"}]
    fields = {"hosts": [b.HOST], "location": "MESH_INTERNAL", "ports": ports, **spec}
    return obj("ServiceEntry", "import", spec=fields)


def with_states(
    facts: PathFacts, east: t.Sequence[Object] = (), west: t.Sequence[Object] = ()
) -> PathFacts:
    states = {"east": ClusterState("east", east), "west": ClusterState("west", west)}
    return dataclasses.replace(facts, states=states, inspected_clusters=("east", "west"))


def no_endpoint(*east: Object, west: t.Sequence[Object] = ()) -> PathFacts:
    return with_states(b.facts(b.cluster_hop(), records=FAILED), east, west)


def behind_gateway(*west: Object) -> PathFacts:
    broken = b.endpoint(b.gateway(cluster="west"), new_connections=3, failed_connections=3)
    broken.target.replicas[0].cluster = "west"  # type: ignore[union-attr]
    return with_states(b.facts(b.cluster_hop(broken), records=FAILED), (), west)


def unknown_address(
    outcome: str, *east: Object, west: t.Sequence[Object] = (), **changes: t.Any
) -> PathFacts:
    found = b.endpoint(None, new_connections=3, failed_connections=3)
    found.probe = TlsProbe(outcome, "HTTP/1.1 400 Bad Request" if outcome == "plain" else "")
    facts = b.facts(b.cluster_hop(found, **changes), records=FAILED)
    return with_states(facts, east, west)


def gateway_service(network: str = "west-network") -> Object:
    found = service("gw", "istio-system", ports=[{"name": "tls", "port": 15443}], selector={})
    found["metadata"]["labels"] = {"topology.istio.io/network": network}
    found["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}
    return found


def direct(*west: Object) -> PathFacts:
    """West's pod answers east's client without a gateway."""
    found = b.endpoint(b.server(), "10.30.0.5", 8080, requests=3, new_connections=1)
    readable = [
        obj("Namespace", "istio-system", ""),
        obj("ConfigMap", "istio", "istio-system", data={"mesh": "{}"}),
    ]
    return with_states(b.facts(b.cluster_hop(found)), (), [*readable, *west])


def policy(name: str, namespace: str = "sample", **spec: t.Any) -> Object:
    return obj("PeerAuthentication", name, namespace, spec=spec)


DISABLED = {"mtls": {"mode": "DISABLE"}}
IMPORT = entry(endpoints=[{"address": GATEWAY, "ports": {"http": 15443}}])
CASES: dict[str, tuple[PathFacts, str, str, str]] = {
    "an endpoint with a network only": (
        no_endpoint(entry(endpoints=[{"network": "west-network"}]), west=[gateway_service()]),
        "endpoints",
        "network west-network has no gateway that cluster east knows",
        "ServiceEntry sample/import the address of the network's gateway (192.0.2.7:15443)",
    ),
    "the gateway's host name does not resolve": (
        no_endpoint(entry(endpoints=[{"address": "gw.west.example"}])),
        "endpoints",
        "cannot resolve the address of the endpoints: gw.west.example",
        "must be known to the resolver",
    ),
    "no pod matches": (
        no_endpoint(service()),
        "endpoints",
        "no pod matches the selector of Service sample/httpbin (app=httpbin)",
        "scale the workload up",
    ),
    "no pod is ready": (
        no_endpoint(service(), pod("httpbin-1", "10.10.0.9", ready=False)),
        "endpoints",
        "Service sample/httpbin has pods, but none is ready",
        "find out why Pod sample/httpbin-1 is not ready",
    ),
    "the ports of an entry name none of the service": (
        with_states(
            b.facts(
                b.cluster_hop(b.endpoint(None, port=8000, new_connections=3, failed_connections=3)),
                records=FAILED,
            ),
            [entry(endpoints=[{"address": GATEWAY, "ports": {"web": 15443}}])],
        ),
        "endpoints",
        "the ports of ServiceEntry sample/import (web) name no port of the service (http)",
        "rename the port of ServiceEntry sample/import to http",
    ),
    "mTLS is off behind the gateway": (
        behind_gateway(service(), pod("httpbin-1", "10.30.0.5"), policy("no-mtls", **DISABLED)),
        "server",
        "the pods of Service sample/httpbin take no mTLS (PeerAuthentication sample/no-mtls: DISABLE)",
        "set the mode of PeerAuthentication sample/no-mtls to PERMISSIVE or STRICT",
    ),
    "mTLS is off in the whole mesh": (
        behind_gateway(
            service(), pod("httpbin-1", "10.30.0.5"), policy("default", "istio-system", **DISABLED)
        ),
        "server",
        "PeerAuthentication istio-system/default: DISABLE",
        "set the mode of PeerAuthentication istio-system/default",
    ),
    "mTLS is off at the port": (
        behind_gateway(
            service(),
            pod("httpbin-1", "10.30.0.5"),
            policy("strict", mtls={"mode": "STRICT"}),
            policy(
                "port",
                selector={"matchLabels": {"app": "httpbin"}},
                portLevelMtls={8080: {"mode": "DISABLE"}},
            ),
        ),
        "server",
        "PeerAuthentication sample/port: DISABLE",
        "set the mode of PeerAuthentication sample/port",
    ),
    "no sidecar behind the gateway": (
        behind_gateway(service(), pod("httpbin-1", "10.30.0.5", sidecar=False)),
        "server",
        "the pods of Service sample/httpbin have no sidecar, and a gateway passes on mTLS only",
        "inject a sidecar",
    ),
    "pods behind the gateway that are not ready": (
        behind_gateway(service(), pod("httpbin-1", "10.30.0.5", ready=False)),
        "server",
        "none is ready",
        "find out why Pod sample/httpbin-1 is not ready",
    ),
    "no gateway listens": (
        unknown_address("refused", IMPORT, west=[gateway_service()]),
        "gateway",
        "connections are refused: no gateway listens at this address",
        "endpoint in ServiceEntry sample/import, or start the gateway; known gateways: 192.0.2.7:15443",
    ),
    "no answer at all": (
        unknown_address("timeout", IMPORT),
        "gateway",
        "connections time out",
        "check networks, firewalls and the load balancer",
    ),
    "no TLS at the address": (
        unknown_address("plain", IMPORT),
        "gateway",
        "the server at this address speaks no TLS, so it is no gateway",
        "correct address and port of the endpoint in ServiceEntry sample/import",
    ),
    "a gateway of another cluster": (
        unknown_address("closed", IMPORT),
        "gateway",
        "the connection ends before TLS is up, and no inspected cluster has this address",
        f"it must expose {b.HOST}",
    ),
    "an external server that is down": (
        unknown_address(
            "refused",
            entry(location="MESH_EXTERNAL", endpoints=[{"address": GATEWAY}]),
            upstream=EnvoyCluster(b.CLUSTER, "STATIC", "plain"),
        ),
        "server",
        "the external server does not accept connections",
        "start the server, or correct its address and port in the ServiceEntry",
    ),
    "a gateway without pods of its cluster in its network": (
        direct(gateway_service(), pod("httpbin-1", "10.30.0.5")),
        "gateway",
        "the gateway leads to network west-network, in which its own cluster has no pod",
        "label the namespace istio-system of cluster west with topology.istio.io/network: west-network",
    ),
    "the network of the other cluster": (
        direct(
            gateway_service(),
            pod("httpbin-1", "10.30.0.5", **{"topology.istio.io/network": "east-network"}),
        ),
        "gateway",
        "the gateway leads to network west-network, in which its own cluster has no pod",
        "label the namespace istio-system of cluster west",
    ),
}


@pytest.mark.parametrize(("facts", "outcome", "detail", "advice"), CASES.values(), ids=CASES)
def test_the_objects_explain_it(facts: PathFacts, outcome: str, detail: str, advice: str) -> None:
    verdict = evaluate(facts)
    assert verdict.failing is not None
    assert verdict.outcome == outcome, verdict.text
    assert detail in verdict.failing.detail
    assert advice in verdict.failing.advice
    assert not any("kubectl" in hop.advice for hop in verdict.hops)


def test_no_gateway_is_involved_with_an_external_server() -> None:
    verdict = evaluate(CASES["an external server that is down"][0])
    assert not [hop for hop in verdict.hops if hop.hop == "gateway"]


def test_a_gateway_in_its_own_network_is_fine() -> None:
    labels = {"topology.istio.io/network": "west-network"}
    facts = direct(gateway_service(), pod("httpbin-1", "10.30.0.5", **labels))
    assert evaluate(facts).outcome == "ok"


def test_without_access_to_networks_no_gateway_is_misplaced() -> None:
    facts = direct(gateway_service(), pod("httpbin-1", "10.30.0.5"))
    assert evaluate(facts).outcome == "gateway"
    facts = with_states(facts, (), [gateway_service(), pod("httpbin-1", "10.30.0.5")])
    assert evaluate(facts).outcome == "ok"


@pytest.mark.parametrize("port", [{"name": ""}, {"name": "x", "targetPort": "http"}])
def test_entries_may_name_the_target_port(port: dict[str, t.Any]) -> None:
    own = service(ports=[{"port": 8000, **port}])
    labels = {"app": "httpbin"}
    entries = [
        obj("WorkloadEntry", "w", spec={"address": GATEWAY, "ports": {"http": 1}, "labels": labels})
    ]
    facts = b.facts(b.cluster_hop(b.endpoint(b.behind(), requests=3, new_connections=1)))
    assert evaluate(with_states(facts, [own, *entries])).outcome == "ok"


def test_a_port_that_the_gateway_does_not_have() -> None:
    end = b.endpoint(None, port=5000, new_connections=3, failed_connections=3)
    end.target = UnservedPort("west", "istio-system/gw", (15021, 15443))
    verdict = evaluate(b.facts(b.cluster_hop(end), records=FAILED))
    assert "is the address of istio-system/gw, which has no port 5000, only 15021, 15443" in (
        verdict.text
    )


@pytest.mark.parametrize("outcome", ["closed", "tls", "silent"])
def test_a_probe_alone_proves_no_failure(outcome: str) -> None:
    """Without a request, only answers that no gateway gives count."""
    found = b.endpoint(None)
    found.probe = TlsProbe(outcome)
    good = b.endpoint(b.server(cluster="east"), "10.10.0.9", 8080, requests=3, new_connections=1)
    assert evaluate(b.facts(b.cluster_hop(good, found))).outcome == "ok"
    found.probe = TlsProbe("refused")
    verdict = evaluate(b.facts(b.cluster_hop(good, found)))
    assert verdict.outcome == "gateway"
    assert verdict.text.endswith("answered all the same: by other endpoints")


STOCK = Request(
    "http://stock.example:3306/", "http", "stock.example", 3306, "/", ("stock.example",)
)
DATABASE = "outbound|3306||db2.example.com"
REDIRECT = obj("VirtualService", "v", spec={"hosts": ["stock.example"], "tcp": [{}]})
ALIAS = obj("Service", "stock", "x", spec={"type": "ExternalName"})


@pytest.mark.parametrize(
    ("wildcard", "objects", "kind"),
    [
        (True, [], "other_host"),
        (False, [], "cluster"),
        (False, [obj("ServiceEntry", "e", spec={"hosts": ["stock.example"]})], "other_host"),
        (True, [REDIRECT], "cluster"),
    ],
    ids=["one port", "a name of the address", "one address", "on purpose"],
)
def test_tcp_that_another_service_gets(wildcard: bool, objects: list[Object], kind: str) -> None:
    chains = [
        dataclasses.replace(chain, addresses=() if wildcard else chain.addresses)
        for chain in config_dump.chains(istiod.outbound())
        if chain.cluster == DATABASE
    ]
    route = find_route(chains, {}, STOCK, ("240.240.0.2",), ClusterState("east", objects))
    assert (route.kind, route.clusters) == (kind, (DATABASE,))
    verdict = evaluate(b.facts(route=route, request=STOCK, cluster_hops=[]))
    if kind == "other_host":
        assert verdict.outcome == "route"
        assert f"to port 3306 to another service: {DATABASE}" in verdict.text
        assert verdict.failing is not None
        assert "give stock.example and db2.example.com an address of their own" in (
            verdict.failing.advice
        )


def test_a_name_without_an_address() -> None:
    """The advice differs from that for a host that nobody declares."""
    facts = with_states(b.facts(addresses=(), records=[]), [entry()])
    facts = dataclasses.replace(facts, route=dataclasses.replace(facts.route, ports=()))
    failing = evaluate(facts).failing
    assert failing is not None
    assert failing.advice == "give the ServiceEntry an address of its own (spec.addresses)"
