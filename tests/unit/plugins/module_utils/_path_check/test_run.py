# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A path through two clusters whose proxies are as istiod configures them, from question to verdict."""

from __future__ import annotations

import json
import re
import typing as t
from urllib.parse import unquote

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import run
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    Gateway,
    Identity,
    PathFacts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.verdict import evaluate
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import (
    builders as b,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import istiod

Object = dict[str, t.Any]
URL = f"http://{b.HOST}:8000/headers"
LB = "172.18.128.1"


def pod(
    namespace: str,
    name: str,
    address: str,
    *,
    role: str = "sidecar",
    app: str = "",
    ready: str = "True",
) -> Object:
    proxy = [{"name": "istio-proxy", "args": ["proxy", role]}] if role else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "labels": {"app": app or name}},
        "spec": {"containers": [{"name": "app"}, *proxy]},
        "status": {"podIP": address, "conditions": [{"type": "Ready", "status": ready}]},
    }


def gateway_service(**spec: t.Any) -> Object:
    ports = [{"name": "tls", "port": 15443, "targetPort": 15443, "nodePort": 31443}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": "istio-system", "name": "eastwest"},
        "spec": {"selector": {"app": "gw"}, "ports": ports, "clusterIP": "10.255.30.1", **spec},
        "status": {"loadBalancer": {"ingress": [{"ip": LB}]}},
    }


def secrets(identity: Identity) -> str:
    return istiod.answer(
        "secret",
        {
            "name": "default",
            "tls_certificate": {"certificate_chain": {"inline_string": identity.chain}},
        },
        {"name": "ROOTCA", "validation_context": {"trusted_ca": {"inline_string": identity.roots}}},
    )


class Proxy:
    """An Envoy's admin interface. ``clusters`` and ``stats`` change when requests were sent."""

    def __init__(self, **parts: t.Any) -> None:
        self.parts: dict[str, t.Any] = {"clusters": ["{}", "{}"], "stats": ["", ""], **parts}
        self.sent = False

    def answer(self, path: str) -> str:
        what = path.partition("?")[0].strip("/")
        if what in ("clusters", "stats"):
            if "listener_stopped" in path:
                return f"listener_manager.listener_stopped: {self.parts.get('stopped', 0)}"
            text = str(self.parts[what][self.sent])
            return _filtered(text, path) if what == "stats" else text
        part = unquote(path).rpartition("resource=")[2]
        if part not in self.parts:
            raise MeshError(f"{part} not found in config dump")
        return str(self.parts[part])


def _filtered(text: str, path: str) -> str:
    """The statistics whose name the path's filter finds."""
    wanted = re.compile(unquote(path).partition("filter=")[2])
    return "\n".join(line for line in text.splitlines() if wanted.search(line.rpartition(": ")[0]))


class FakeCluster:
    """The part of ``Cluster`` that is needed."""

    settle_ms = 0.0

    def __init__(self, name: str, *objects: Object, **proxies: Proxy) -> None:
        self.name = name
        self._objects = objects
        self.proxies = proxies
        self.records = b.answers(200, 200, 200)
        self.everybody: list[FakeCluster] = [self]
        self.found: tuple[str, ...] = ("240.240.0.1",)
        self.log = ""
        self.profiles: list[LoadProfile] = []
        self.probes: dict[tuple[str, int], TlsProbe] = {}

    def objects(
        self, kind: str, namespace: str | None = None, labels: t.Any = None
    ) -> list[Object]:
        return [
            obj
            for obj in self._objects
            if obj["kind"] == kind
            and namespace in (None, obj["metadata"].get("namespace"))
            and (labels or {}).items() <= (obj["metadata"].get("labels") or {}).items()
        ]

    def pods(self, namespace: str, workload: str) -> list[PodRef]:
        return [PodRef(namespace, workload, "10.10.0.1")]

    def admin(self, reference: PodRef, _method: str, path: str) -> str:
        return self.proxies[reference.name].answer(path)

    def dns_lookup(self, _pod: PodRef, _host: str) -> tuple[str, ...]:
        return self.found

    def tls_probe(
        self, _pod: PodRef, destination: tuple[str, int], _name: str, _timeout: float
    ) -> TlsProbe:
        if destination not in self.probes:
            raise MeshError("no curl")
        return self.probes[destination]

    def proxy_log(self, _pod: PodRef, _lines: int) -> str:
        return self.log.replace("TOKEN", self.profiles[-1].headers["x-request-id"])

    def sample(self, _pod: PodRef, profile: LoadProfile, _progress: t.Any) -> list[Record]:
        self.profiles.append(profile)
        for proxy in (proxy for each in self.everybody for proxy in each.proxies.values()):
            proxy.sent = True
        return self.records


def lab(**changes: t.Any) -> tuple[FakeCluster, FakeCluster]:
    """East's sleep, west's gateway and httpbin. Changes: client, gateway, server (parts), service."""
    came = changes.get("grown", {"cx_total": 3, "rq_total": 3})
    client = Proxy(
        dynamic_listeners=istiod.outbound(),
        dynamic_route_configs=istiod.routes(),
        dynamic_active_clusters=istiod.answer("cluster", istiod.cluster()),
        dynamic_active_secrets=secrets(b.identity("sleep")),
        dynamic_endpoint_configs=istiod.endpoints(LB, 15443, mtls=True),
        clusters=[
            istiod.statuses(b.CLUSTER, LB, 15443),
            istiod.statuses(b.CLUSTER, LB, 15443, **came),
        ],
    )
    gateway = Proxy(
        dynamic_listeners=istiod.gateway(b.SNI),
        clusters=[
            istiod.statuses(b.SNI, "10.30.0.5", 8080),
            istiod.statuses(b.SNI, "10.30.0.5", 8080, cx_total=3),
        ],
    )
    server = Proxy(
        dynamic_listeners=istiod.answer("listener", istiod.inbound_listener("STRICT")),
        dynamic_active_secrets=secrets(changes.get("identity", b.identity("httpbin"))),
    )
    for proxy, name in ((client, "client"), (gateway, "gateway"), (server, "server")):
        proxy.parts.update(changes.get(name, {}))
    east = FakeCluster("east", pod("sleep", "sleep", "10.10.0.1"), sleep=client)
    west = FakeCluster(
        "west",
        pod("istio-system", "gw", "10.30.0.9", role="router"),
        pod("sample", "httpbin", "10.30.0.5"),
        changes.get("service", gateway_service()),
        *changes.get("more", ()),
        gw=gateway,
        httpbin=server,
    )
    east.everybody = [east, west]
    return east, west


def look(east: FakeCluster, *peers: FakeCluster, **params: t.Any) -> PathFacts:
    given: dict[str, t.Any] = {
        "namespace": "sleep",
        "workload": "sleep",
        "pod": None,
        "selector": None,
        "url": URL,
        "method": "GET",
        "headers": None,
        "requests": 3,
        "timeout": 5,
        **params,
    }
    profile = run.sample_profile(given)
    return run.examine(t.cast("t.Any", east), t.cast("t.Any", peers), profile, given)


def test_a_path_that_works() -> None:
    verdict = evaluate(look(*lab()))
    assert verdict.outcome == "ok"
    assert [(hop.hop, hop.ok, hop.where) for hop in verdict.hops] == [
        ("dns", True, "east sleep/sleep"),
        ("route", True, "east sleep/sleep"),
        ("endpoints", True, "east sleep/sleep"),
        ("gateway", True, "west istio-system/eastwest"),
        ("tls", True, "west sample/httpbin"),
        ("server", True, "west sample/httpbin"),
    ]


def test_requests_are_marked_and_few() -> None:
    east, west = lab()
    facts = look(east, west, headers={"x-lab": 1}, requests=5)
    [profile] = east.profiles
    assert profile.requests == 5
    assert profile.headers["x-lab"] == "1"
    assert len(profile.headers["x-request-id"]) == 36
    assert facts.inspected_clusters == ("east", "west")


FAILED = {"cx_total": 9, "cx_connect_fail": 9}
OTHER = b.identity("httpbin", root="other", trusted="other")
CASES: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "the host is not exposed": (
        {
            "gateway": {
                "dynamic_listeners": istiod.gateway("outbound_.5000_._.other.example"),
                "clusters": ["{}", "{}"],
            },
        },
        "gateway",
        "does not expose",
    ),
    "nothing listens": ({"gateway": {"dynamic_listeners": "{}"}}, "gateway", "nothing listens"),
    "the gateway is drained": ({"gateway": {"stopped": 3}}, "gateway", "drained"),
    "another root": ({"identity": OTHER}, "tls", "client and server do not know"),
    "another account": (
        {"identity": b.identity("stranger")},
        "tls",
        "not the one that the client expects",
    ),
    "no mark for mTLS": (
        {"client": {"dynamic_endpoint_configs": istiod.endpoints(LB, 15443, mtls=False)}},
        "tls",
        "sends plain text to the gateway",
    ),
    "nobody behind the gateway": (
        {"gateway": {"clusters": ["{}", "{}"]}},
        "server",
        "has no endpoint for it",
    ),
    "the server is drained": ({"server": {"stopped": 2}}, "server", "drained"),
}


@pytest.mark.parametrize(("changes", "outcome", "words"), CASES.values(), ids=CASES)
def test_broken_paths(changes: dict[str, t.Any], outcome: str, words: str) -> None:
    east, west = lab(grown=FAILED, **changes)
    east.records = b.answers(503, 503, 503)
    verdict = evaluate(look(east, west))
    assert verdict.outcome == outcome, verdict.text
    assert words in verdict.text


LINE = (
    '[x] "GET /headers HTTP/1.1" 503 UF,URX upstream_reset_before_response_started{{x}} -'
    ' "{0}" 0 1 2 - "-" "eastwest.mesh" "TOKEN" "httpbin" "172.18.128.1:15443" outbound'
)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED", "tls"),
        ("delayed_connect_error:_Connection_refused", "gateway"),
        ("-", "gateway"),
    ],
)
def test_from_outside_the_access_log_tells(reason: str, outcome: str) -> None:
    """Istio's sidecars do not count TLS errors unless they are told to."""
    east, _west = lab(grown=FAILED)
    east.records = b.answers(503, 503, 503)
    east.log = LINE.format(reason)
    verdict = evaluate(look(east))
    assert verdict.outcome == outcome
    assert verdict.failing is not None
    assert any("UF,URX" in each for each in verdict.failing.evidence)


# recent istiods end the names of statistics with a semicolon
@pytest.mark.parametrize("end", ["", ";"])
def test_counters_of_tls(end: str) -> None:
    name = f"cluster.{b.CLUSTER}{end}.ssl.fail_verify_san"
    east, _west = lab(grown=FAILED, client={"stats": [f"{name}: 1", f"{name}: 10"]})
    east.records = b.answers(503, 503, 503)
    verdict = evaluate(look(east))
    assert verdict.outcome == "tls"
    assert verdict.failing is not None
    assert f"{b.CLUSTER}: ssl.fail_verify_san +9" in verdict.failing.evidence


def second_gateway(ready: str = "True") -> Object:
    return pod("istio-system", "gw-2", "10.30.0.10", role="router", app="gw", ready=ready)


@pytest.mark.parametrize(
    ("ready", "outcome"), [("True", "gateway"), ("False", "ok")], ids=["ready", "not ready"]
)
def test_a_gateway_has_the_pods_that_are_ready(ready: str, outcome: str) -> None:
    east, west = lab(more=(second_gateway(ready),))
    west.proxies["gw-2"] = Proxy(dynamic_listeners=istiod.gateway("outbound_.1_._.other"))
    verdict = evaluate(look(east, west))
    assert verdict.outcome == outcome
    if verdict.failing:
        assert verdict.failing.where == "west istio-system/gw-2"
        assert verdict.failing.detail.startswith("1 of 2 pods: the gateway does not expose")


def test_a_gateway_whose_pods_are_not_ready() -> None:
    east, west = lab(grown=FAILED)
    for obj in west.objects("Pod", "istio-system"):
        obj["status"]["conditions"] = []
    verdict = evaluate(look(east, west))
    assert verdict.outcome == "gateway"
    assert f"no gateway pod that is ready is behind {LB}:15443" in verdict.text


def test_one_pod_of_a_gateway_may_be_silent() -> None:
    east, west = lab(more=(second_gateway(),))
    west.proxies["gw-2"] = Proxy()
    gateway = look(east, west).cluster_hops[0].endpoints[0].target
    assert isinstance(gateway, Gateway)
    assert [(replica.where, bool(replica.error)) for replica in gateway.replicas] == [
        ("west istio-system/gw", False),
        ("west istio-system/gw-2", True),
    ]


def test_endpoints_of_every_locality_are_looked_into() -> None:
    """Twenty pods are more than it looks into, but each zone gets its turn."""
    zones = ["zone1"] * 18 + ["zone2"] * 2
    hosts = [
        {
            "address": {"socket_address": {"address": f"10.10.1.{n}", "port_value": 8080}},
            "health_status": {"eds_health_status": "UNHEALTHY" if n == 10 else "HEALTHY"},
            "locality": {"region": "east", "zone": zone},
        }
        for n, zone in enumerate(zones, start=10)
    ]
    text = json.dumps({"cluster_statuses": [{"name": b.CLUSTER, "host_statuses": hosts}]})
    east, west = lab(client={"clusters": [text, text]})
    facts = look(east, west)
    assert facts.skipped_endpoints == 4
    skipped_endpoints = [
        each.address for each in facts.cluster_hops[0].endpoints if not each.inspected
    ]
    assert skipped_endpoints == [f"10.10.1.{n}:8080" for n in (10, 25, 26, 27)]


NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "west-worker"},
    "status": {"addresses": [{"type": "InternalIP", "address": "172.18.0.5"}]},
}


def _client_of(address: str, port: int) -> dict[str, t.Any]:
    return {
        "dynamic_endpoint_configs": istiod.endpoints(address, port, mtls=True),
        "clusters": [
            istiod.statuses(b.CLUSTER, address, port),
            istiod.statuses(b.CLUSTER, address, port, cx_total=3, rq_total=3),
        ],
    }


@pytest.mark.parametrize(
    ("address", "port"),
    [(LB, 15443), ("172.18.0.5", 31443), ("10.255.30.1", 15443), ("192.0.2.200", 15443)],
    ids=["load balancer", "node port", "cluster's own", "external address"],
)
def test_addresses_of_a_gateway(address: str, port: int) -> None:
    service = gateway_service(externalIPs=["192.0.2.200"])
    facts = look(*lab(client=_client_of(address, port), service=service, more=(NODE,)))
    gateway = facts.cluster_hops[0].endpoints[0].target
    assert gateway is not None
    assert gateway.where == "west istio-system/eastwest"
    assert gateway.port == 15443


def test_an_address_of_nobody() -> None:
    facts = look(*lab(client=_client_of("192.0.2.77", 15443)))
    assert facts.cluster_hops[0].endpoints[0].target is None


def test_addresses_that_several_clusters_have() -> None:
    """The client's own pod comes first; a pod of one of several others is not guessed."""
    east, west = lab(client=_client_of("10.30.0.5", 8080))
    _east, south = lab()
    assert look(east, west).cluster_hops[0].endpoints[0].target is not None
    east.proxies["sleep"].sent = False
    south.name = "south"
    assert look(east, west, south).cluster_hops[0].endpoints[0].target is None


def test_a_pod_without_sidecar_is_no_client() -> None:
    east = FakeCluster("east", pod("sleep", "sleep", "10.10.0.1", role=""))
    with pytest.raises(InvalidInput, match="has no sidecar"):
        look(east)


def test_which_pod() -> None:
    east, west = lab()
    by_label = {"workload": None, "selector": {"app": "sleep"}}
    by_name = {"workload": None, "pod": "sleep"}
    assert look(east, west, **by_label).pod == look(east, west, **by_name).pod == "sleep/sleep"
    with pytest.raises(NotFound, match="selector: namespace sleep of cluster east"):
        look(east, west, workload=None, selector={"app": "wake"})
    with pytest.raises(NotFound, match="pod: namespace sleep"):
        look(east, west, workload=None, pod="wake")


def test_nothing_is_sent_to_a_name_that_does_not_resolve() -> None:
    east, west = lab()
    east.found = ()
    facts = look(east, west)
    assert east.profiles == []
    verdict = evaluate(facts)
    assert verdict.outcome == "dns"
    assert verdict.failing is not None
    assert f"the sidecar knows {b.HOST} at port 8000" in verdict.failing.evidence
    assert "ISTIO_META_DNS_CAPTURE" in verdict.failing.advice


def test_with_dns_capture_the_advice_is_another() -> None:
    mesh = {"defaultConfig": {"proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true"}}}
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": "istio-system", "name": "istio"},
        "data": {"mesh": json.dumps(mesh)},
    }
    first, west = lab()
    east = FakeCluster("east", pod("sleep", "sleep", "10.10.0.1"), settings, **first.proxies)
    east.found = ()
    failing = evaluate(look(east, west)).failing
    assert failing is not None
    assert "ISTIO_META_DNS_CAPTURE" not in failing.advice


def test_a_gateway_whose_name_nobody_knows() -> None:
    entry = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"namespace": "sample", "name": "httpbin"},
        "spec": {"hosts": [b.HOST], "endpoints": [{"address": "gateway.west.example"}]},
    }
    first, west = lab(client={"clusters": ["{}", "{}"]})
    east = FakeCluster("east", pod("sleep", "sleep", "10.10.0.1"), entry, **first.proxies)
    east.records = b.answers(503, body="no healthy upstream")
    verdict = evaluate(look(east, west))
    assert verdict.outcome == "endpoints"
    assert "cannot resolve the address of the endpoints: gateway.west.example" in verdict.text


def test_what_may_not_be_read_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    east, west = lab()
    read = east.objects

    def refuse(kind: str, namespace: str | None = None, labels: t.Any = None) -> list[Object]:
        if kind not in ("Pod", "Service"):
            raise MeshError(f"may not list {kind}")
        return read(kind, namespace, labels)

    monkeypatch.setattr(east, "objects", refuse)
    monkeypatch.setattr(east, "proxy_log", lambda _pod, _lines: refuse("Log"))
    facts = look(east, west)
    assert facts.captures_dns is None
    assert evaluate(facts).outcome == "ok"


@pytest.mark.parametrize("requests", [0, 6])
def test_how_many_requests(requests: int) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 5"):
        look(*lab(), requests=requests)
