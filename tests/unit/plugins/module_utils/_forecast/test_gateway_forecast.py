# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts of HTTPRoutes, for clients of a Service and for gateways of both APIs."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.options import (
    ForecastRequest,
    forecast_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_target,
    forecast_targets,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import render

Object: t.TypeAlias = dict[str, t.Any]
API = "gateway.networking.k8s.io/v1"
ISTIO = "networking.istio.io/v1"
NAME = "gateway.networking.k8s.io/gateway-name"
HOST = "cart.shop.svc.cluster.local"
MESH = """
{apiVersion: v1, kind: Node, metadata: {name: a, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: a}}}
---
{apiVersion: v1, kind: Node, metadata: {name: b, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: b}}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: next}, spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: pay, namespace: shop}, spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: cart, namespace: shop},
 spec: {host: cart, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 1}, loadBalancer: {simple: ROUND_ROBIN}}}}
"""


def obj(version: str, kind: str, namespace: str, name: str, **fields: t.Any) -> Object:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **fields}


def deployment(namespace: str, name: str, zone: str, labels: Object, **template: t.Any) -> Object:
    containers = template.pop("containers", [{"name": "app", "image": "x"}])
    pod = {"containers": containers, "nodeSelector": {"topology.kubernetes.io/zone": zone}}
    body = {"metadata": {"labels": labels, **template}, "spec": pod}
    spec = {"selector": {"matchLabels": labels}, "template": body}
    return obj("apps/v1", "Deployment", namespace, name, spec=spec)


def proxy(zone: str, labels: Object) -> Object:
    return deployment(
        "edge",
        "entry",
        zone,
        labels,
        annotations={"sidecar.istio.io/inject": "false"},
        containers=[{"name": "istio-proxy", "args": ["proxy", "router"]}],
    )


PODS = (
    deployment("shop", "cart-a", "a", {"app": "cart", "zone": "a"}),
    deployment("shop", "cart-b", "b", {"app": "cart", "zone": "b"}),
    deployment("next", "cart", "a", {"app": "cart"}),
)
SPLIT = [
    {"name": "cart", "port": 80, "weight": 3},
    {"name": "cart", "namespace": "next", "port": 80},
]


def http_route(*rules: Object, namespace: str = "shop", **spec: t.Any) -> Object:
    parent = {"group": "", "kind": "Service", "name": "cart", "namespace": "shop"}
    spec = {"parentRefs": [parent], "rules": [*rules], **spec}
    return obj(API, "HTTPRoute", namespace, "routes", spec=spec)


def request(*objects: Object, client: Object) -> ForecastRequest:
    manifests = [*yaml.safe_load_all(MESH), *PODS, *objects]
    return forecast_request(
        {
            "manifests": yaml.safe_dump_all(manifests),
            "clients": [client],
            "services": [{"host": HOST}],
        }
    )


def forecasts(*objects: Object, client: Object) -> list[ServiceForecast]:
    asked = request(*objects, client=client)
    ((proxy_, target),) = asked.targets
    return forecast_target(asked.topology, proxy_, target)


def findings(*objects: Object) -> list[Finding]:
    asked = request(*objects, client={"locality": "r/a"})
    return check(asked.topology, asked.local)


def parts(found: t.Iterable[ServiceForecast]) -> list[tuple[str, float]]:
    return [(each.target.service.namespace, each.via.share) for each in found if each.via]


@pytest.mark.parametrize(
    ("of", "client", "counts"),
    [("shop", "shop", True), ("shop", "web", True), ("web", "web", True), ("web", "shop", False)],
)
def test_a_route_of_another_namespace_is_for_its_clients_only(
    of: str, client: str, counts: bool
) -> None:
    """Producers' routes are for all clients, consumers' routes for those of their namespace."""
    backends = [{**each, "namespace": each.get("namespace", "shop")} for each in SPLIT]
    route = http_route({"backendRefs": backends}, namespace=of)
    found = forecasts(route, client={"locality": "r/a", "namespace": client})
    assert parts(found) == ([("shop", 0.75), ("next", 0.25)] if counts else [])


def test_a_consumers_route_beats_the_producers_and_a_virtual_service() -> None:
    own = http_route({"backendRefs": [{**SPLIT[1]}]}, namespace="web")
    own["metadata"]["creationTimestamp"] = "2026-02-01T00:00:00Z"
    virtual = obj(
        ISTIO,
        "VirtualService",
        "web",
        "old",
        spec={"hosts": [HOST], "http": [{"route": [{"destination": {"host": HOST}}]}]},
    )
    virtual["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    others = [http_route({"backendRefs": SPLIT}), own, virtual]
    assert parts(forecasts(*others, client={"locality": "r/a", "namespace": "web"})) == [
        ("next", 1.0)
    ]
    # elsewhere the oldest counts
    others[0]["metadata"]["creationTimestamp"] = "2026-02-01T00:00:00Z"
    (found,) = forecasts(*others, client={"locality": "r/a", "namespace": "other"})
    assert as_dict(found)["route"]["object"] == "VirtualService web/old"


ENTRY = obj(
    API,
    "Gateway",
    "edge",
    "entry",
    spec={
        "gatewayClassName": "istio",
        "listeners": [
            {
                "name": "http",
                "port": 80,
                "protocol": "HTTP",
                "allowedRoutes": {"namespaces": {"from": "All"}},
            }
        ],
    },
)
OLD_ENTRY = obj(
    ISTIO,
    "Gateway",
    "edge",
    "entry",
    spec={
        "selector": {"app": "entry"},
        "servers": [
            {
                "port": {"number": 80, "name": "http", "protocol": "HTTP"},
                "hosts": ["*.example.test"],
            }
        ],
    },
)
AT_ENTRY = {"parentRefs": [{"name": "entry", "namespace": "edge"}], "hostnames": ["a.example.test"]}
VIRTUAL = obj(
    ISTIO,
    "VirtualService",
    "shop",
    "routes",
    spec={
        "hosts": ["a.example.test"],
        "gateways": ["edge/entry"],
        "http": [
            {
                "route": [
                    {"destination": {"host": "cart"}, "weight": 75},
                    {"destination": {"host": "cart.next.svc.cluster.local"}, "weight": 25},
                ]
            }
        ],
    },
)
GRANT = obj(
    "gateway.networking.k8s.io/v1beta1",
    "ReferenceGrant",
    "next",
    "shop",
    spec={
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
        "to": [{"group": "", "kind": "Service"}],
    },
)
OF_GATEWAY_API = (ENTRY, GRANT, http_route({"backendRefs": SPLIT}, **AT_ENTRY))
OF_ISTIO = (OLD_ENTRY, VIRTUAL)
CLIENT = {"workload": "entry", "namespace": "edge"}


@pytest.mark.parametrize("zone", ["a", "b"])
@pytest.mark.parametrize(
    ("objects", "labels"),
    [
        (OF_GATEWAY_API, {NAME: "entry"}),
        (OF_GATEWAY_API, {"istio.io/gateway-name": "entry"}),
        (OF_ISTIO, {"app": "entry"}),
    ],
)
def test_a_gateway_is_a_client_of_the_destinations_of_its_routes(
    objects: t.Sequence[Object], labels: Object, zone: str
) -> None:
    """With its own locality."""
    found = forecasts(proxy(zone, labels), *objects, client=CLIENT)
    assert parts(found) == [("shop", 0.75), ("next", 0.25)]
    assert found[0].shares("locality") == pytest.approx(
        {each: float(each == f"r/{zone}") for each in ("r/a", "r/b")}
    )
    place = as_dict(found[0])["route"]["place"]
    assert place == "a.example.test at port 80 of Gateway edge/entry"
    assert any(place in line.text for line in render(found[0]))


def test_a_gateway_that_takes_its_service_by_address() -> None:
    """A Gateway with an address is for the pods of a Service that somebody else made."""
    entry = {**ENTRY, "spec": {**ENTRY["spec"], "addresses": [{"type": "Hostname", "value": "in"}]}}
    ports = [{"name": "http", "port": 80}]
    service = obj("v1", "Service", "edge", "in", spec={"selector": {"app": "own"}, "ports": ports})
    rest = (entry, service, *OF_GATEWAY_API[1:])
    assert parts(forecasts(proxy("a", {"app": "own"}), *rest, client=CLIENT))
    assert not parts(forecasts(proxy("a", {NAME: "entry"}), *rest, client=CLIENT))


def test_a_gateway_without_a_grant_loses_what_it_would_send() -> None:
    entry, _grant, route = OF_GATEWAY_API
    found = forecasts(proxy("a", {NAME: "entry"}), entry, route, client=CLIENT)
    assert [each.lost for each in found] == [0.0, 1.0]
    (loss,) = [
        each for each in findings(proxy("a", {NAME: "entry"}), entry, route) if each.code == "EW625"
    ]
    assert (loss.object, loss.field) == ("HTTPRoute shop/routes", "spec.rules[0]")
    assert "no ReferenceGrant in namespace next" in loss.message
    assert "25 % of the requests of clients in r/a to a.example.test at port 80" in loss.effect
    assert not [
        each
        for each in findings(proxy("a", {NAME: "entry"}), *OF_GATEWAY_API)
        if each.code == "EW625"
    ]


@pytest.mark.parametrize(
    ("gateway", "found"),
    [
        ({"hosts": ["*.example.test"]}, True),
        ({"hosts": ["shop/*"]}, True),
        ({"hosts": ["next/*"]}, False),
        ({"hosts": ["./*"]}, False),
        ({"hosts": ["b.example.test"]}, False),
        ({"hosts": ["*"], "port": {"number": 443, "name": "tls", "protocol": "HTTPS"},
          "tls": {"mode": "SIMPLE", "credentialName": "c"}}, True),
        ({"hosts": ["*"], "port": {"number": 443, "name": "tls", "protocol": "TLS"},
          "tls": {"mode": "PASSTHROUGH"}}, False),
        ({"hosts": ["*.local"], "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
          "tls": {"mode": "AUTO_PASSTHROUGH"}}, False),
    ],
)  # fmt: skip
def test_a_server_takes_the_routes_of_its_hosts(gateway: Object, found: bool) -> None:
    server = {**OLD_ENTRY["spec"]["servers"][0], **gateway}
    edge = {**OLD_ENTRY, "spec": {**OLD_ENTRY["spec"], "servers": [server]}}
    made = forecasts(proxy("a", {"app": "entry"}), edge, VIRTUAL, client=CLIENT)
    assert bool(parts(made)) is found


def test_connections_of_a_gateway() -> None:
    port = {"number": 9000, "name": "tcp", "protocol": "TCP"}
    spec = {"selector": {"app": "entry"}, "servers": [{"port": port, "hosts": ["*"]}]}
    to = [{"destination": {"host": "cart", "port": {"number": 80}}}]
    tcp = [{"match": [{"port": 9001}], "route": []}, {"match": [{"port": 9000}], "route": to}]
    virtual = {**VIRTUAL, "spec": {"hosts": ["*"], "gateways": ["edge/entry"], "tcp": tcp}}
    edge = {**OLD_ENTRY, "spec": spec}
    assert parts(forecasts(proxy("a", {"app": "entry"}), edge, virtual, client=CLIENT)) == [
        ("shop", 1.0)
    ]


@pytest.mark.parametrize(
    ("routes", "hosts"), [(OF_GATEWAY_API, {("cart", "shop"), ("cart", "next")}), ((ENTRY,), None)]
)
def test_a_gateway_is_a_client_of_the_services_that_its_routes_lead_to(
    routes: t.Sequence[Object], hosts: set[tuple[str, str]] | None
) -> None:
    """Where none of its routes is known, it may be one of all."""
    asked = request(proxy("a", {NAME: "entry"}), *routes, client={"locality": "r/a"})
    context = AnalysisContext(asked.topology, asked.local)
    found = {
        (each.service.name, each.service.namespace)
        for each in context.all_cases()
        if each.origin.proxy.gateway
    }
    assert found == (hosts or {(each.name, each.namespace) for each in context.services})


REDIRECT = {"redirect": {"uri": "/x"}}
TO_CART = {"route": [{"destination": {"host": "cart"}}]}
TO_NOBODY = {"route": [{"destination": {"host": "nobody"}}]}


@pytest.mark.parametrize(
    ("http", "answers"),
    [
        ([REDIRECT], ["a redirect, 301"]),
        ([{"directResponse": {"status": 418}}], ["status 418"]),
        ([TO_NOBODY], ["fail"]),
        ([{"match": [{"uri": {"prefix": "/old"}}], **REDIRECT}, TO_CART], ["a redirect, 301", "cart"]),
        ([{"match": [{"uri": {"prefix": "/pay"}}], "route": [{"destination": {"host": "pay"}}]}, TO_CART],
         ["cart"]),
        ([{"route": [{"destination": {"host": "pay"}}]}], []),
    ],
)  # fmt: skip
def test_routes_of_a_gateway_that_lead_nowhere_are_told_of_once(
    http: list[Object], answers: list[str]
) -> None:
    """A gateway sends nothing to a service that none of its routes leads to."""
    virtual = {**VIRTUAL, "spec": {**VIRTUAL["spec"], "http": http}}
    asked = request(proxy("a", {"app": "entry"}), OLD_ENTRY, virtual, client=CLIENT)
    found = list(forecast_targets(asked.topology, asked.targets))
    assert [_answer(each) for each in found] == answers
    repeated = list(forecast_targets(asked.topology, [*asked.targets, *asked.targets]))
    assert [_answer(each) for each in repeated] == [
        *answers,
        *(each for each in answers if each == "cart"),
    ]


def _answer(forecast: ServiceForecast) -> str:
    assert forecast.via
    if forecast.lost:
        return "fail"
    return forecast.via.route.own_answer or forecast.target.service.name


def test_a_gateway_whose_backends_all_have_weight_0_answers_500() -> None:
    backends = [{"name": "cart", "port": 80, "weight": 0}, {"name": "pay", "port": 80, "weight": 0}]
    route = http_route({"backendRefs": backends}, **AT_ENTRY)
    (found,) = forecasts(proxy("a", {NAME: "entry"}), ENTRY, route, client=CLIENT)
    assert found.lost == 1.0
    assert "500" in found.answers.reasons[0]


@pytest.mark.parametrize(
    ("hosts", "virtuals", "place"),
    [
        (["*.example.test"], (VIRTUAL,), "a.example.test"),
        (["*"], (), "*"),
        (["*", "edge/x.test"], (), "*"),
    ],
)
def test_a_server_that_redirects_to_https_has_no_other_answer(
    hosts: list[str], virtuals: t.Sequence[Object], place: str
) -> None:
    server = {**OLD_ENTRY["spec"]["servers"][0], "hosts": hosts, "tls": {"httpsRedirect": True}}
    edge = {**OLD_ENTRY, "spec": {**OLD_ENTRY["spec"], "servers": [server]}}
    found = forecasts(proxy("a", {"app": "entry"}), edge, *virtuals, client=CLIENT)
    assert [_answer(each) for each in found] == ["a redirect, 301"] * len(found)
    places = [as_dict(each)["route"]["place"] for each in found]
    assert f"{place} at port 80 of Gateway edge/entry" in places


def test_a_redirect_of_the_plain_port_leaves_the_routes_of_https() -> None:
    plain = {**OLD_ENTRY["spec"]["servers"][0], "tls": {"httpsRedirect": True}}
    port = {"number": 443, "name": "https", "protocol": "HTTPS"}
    tls = {**plain, "port": port, "tls": {"mode": "SIMPLE", "credentialName": "c"}}
    edge = {**OLD_ENTRY, "spec": {**OLD_ENTRY["spec"], "servers": [plain, tls]}}
    found = forecasts(proxy("a", {"app": "entry"}), edge, VIRTUAL, client=CLIENT)
    assert parts([each for each in found if each.destinations]) == [("shop", 0.75), ("next", 0.25)]
    assert {
        as_dict(each)["route"]["place"].partition(" at ")[2] for each in found if each.destinations
    } == {"port 443 of Gateway edge/entry"}


def test_a_gateway_follows_an_external_name_whatever_its_own_port_is() -> None:
    ports = [{"name": "http", "port": 80}]
    alias = obj(
        "v1",
        "Service",
        "shop",
        "en",
        spec={"type": "ExternalName", "externalName": HOST, "ports": ports},
    )
    server = {
        **OLD_ENTRY["spec"]["servers"][0],
        "port": {"number": 8080, "name": "h", "protocol": "HTTP"},
    }
    edge = {**OLD_ENTRY, "spec": {**OLD_ENTRY["spec"], "servers": [server]}}
    to = {"route": [{"destination": {"host": "en", "port": {"number": 80}}}]}
    virtual = {**VIRTUAL, "spec": {**VIRTUAL["spec"], "http": [to]}}
    mesh = (proxy("a", {"app": "entry"}), edge, virtual, alias)
    assert parts(forecasts(*mesh, client=CLIENT)) == [("shop", 1.0)]
    assert "EW625" not in {each.code for each in findings(*mesh)}
