# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts of what VirtualServices route, and of hosts that Sidecars hide."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.options import (
    forecast_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_target,
    plain_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.sample_forecast import (
    from_forecasts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import render
from hypothesis import given, settings
from hypothesis import strategies as st

HOST = "cart.shop.svc.cluster.local"
MESH = """
{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z}}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: cart}, ports: [{name: http, port: 80}, {name: tcp, port: 90}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: cart, namespace: shop},
 spec: {host: cart, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}}
"""


def pods(version):
    labels = {"app": "cart", "version": version}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"cart-{version}", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": "x"}]},
            },
        },
    }


def virtual_service(*http, **spec):
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"hosts": ["cart"], "http": [*http], **spec},
    }


def to(*subsets, **route):
    destinations = [
        {"destination": {"host": "cart", "subset": subset}, "weight": weight}
        for subset, weight in subsets
    ]
    return {"route": destinations, **route}


def _whole(objects):
    return any(each["kind"] == "Node" for each in objects)


def forecasts(*objects, port=80, namespace="shop"):
    request = forecast_request(
        {
            "provider": "loopback",
            "manifests": yaml.safe_dump_all(
                [
                    *([] if _whole(objects) else yaml.safe_load_all(MESH)),
                    pods("v1"),
                    pods("v2"),
                    *objects,
                ]
            ),
            "services": [{"host": HOST, "port": port}],
            "clients": [{"locality": "r/z", "namespace": namespace}],
        }
    )
    ((client, target),) = request.targets
    return forecast_target(request.topology, client, target)


def workloads(forecast):
    return {name: share for name, share in forecast.shares("workload").items() if share}


def test_without_a_virtual_service_there_is_one_forecast():
    (found,) = forecasts()
    assert found.via is None
    assert as_dict(found)["route"] is None
    assert workloads(found) == pytest.approx({"cart-v1": 0.5, "cart-v2": 0.5})


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=2, max_size=2).filter(any))
def test_weights_split_the_requests_of_a_route(weights):
    found = forecasts(virtual_service(to(("v1", weights[0]), ("v2", weights[1]))))
    total = sum(weights)
    expected = {f"cart-v{n}": w / total for n, w in enumerate(weights, 1) if w}
    assert {next(iter(workloads(each))): each.via.share for each in found} == pytest.approx(
        expected
    )
    assert from_forecasts(found, "workload").shares == pytest.approx(expected)


def test_routes_are_told_apart_by_the_requests_that_they_are_for():
    canary = to(("v2", 100), name="canary", match=[{"uri": {"prefix": "/new"}}])
    first, second = forecasts(virtual_service(canary, to(("v1", 100))))
    assert as_dict(first)["route"] | {"destination": None} == {
        "object": "VirtualService shop/cart",
        "place": "",
        "name": "canary",
        "number": 1,
        "requests": "path begins with /new",
        "part": 1.0,
        "aborted": 0.0,
        "answer": "",
        "destination": None,
    }
    assert (workloads(first), workloads(second)) == ({"cart-v2": 1.0}, {"cart-v1": 1.0})
    assert plain_request([first, second], "/") == [second]
    assert plain_request([first, second], "/new/x") == [first]
    assert plain_request([first], "/") == []
    assert "route 1 canary of VirtualService shop/cart" in render(first)[2].text


def test_fault_injection_loses_what_it_answers():
    abort = {"abort": {"httpStatus": 503, "percentage": {"value": 25}}}
    (found,) = forecasts(virtual_service(to(("v1", 100), fault=abort)))
    assert found.lost == pytest.approx(0.25)
    assert workloads(found) == pytest.approx({"cart-v1": 0.75})
    assert any("answers 25 % with an error" in risk for risk in found.risks)
    assert from_forecasts([found], "workload").failed == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("route", "answer"),
    [
        ({"directResponse": {"status": 418}}, "status 418"),
        ({"redirect": {"uri": "/x"}}, "a redirect, 301"),
    ],
)
def test_the_proxy_answers_itself(route, answer):
    (found,) = forecasts(virtual_service(route))
    assert (found.lost, found.destinations, found.via.route.own_answer) == (0.0, (), answer)
    assert as_dict(found)["route"]["destination"] is None
    assert "the client's proxy answers itself" in from_forecasts([found], "workload").problem


@pytest.mark.parametrize(
    ("destination", "why"),
    [
        ({"host": "cart", "subset": "v9"}, "subset 'v9' of"),
        ({"host": "nobody"}, "knows no nobody.shop.svc.cluster.local"),
        ({"host": "cart", "port": {"number": 7}}, "knows no port 7 of cart.shop"),
    ],
)
def test_requests_to_an_unknown_destination_are_lost(destination, why):
    (found,) = forecasts(virtual_service({"route": [{"destination": destination}]}))
    assert found.lost == 1.0
    assert any(why in risk for risk in found.risks)
    text = "\n".join(line.text for line in render(found))
    assert "100 % of the requests fail now" in text


def test_routes_for_other_clients_do_not_count():
    other = to(("v2", 100), match=[{"sourceNamespace": "web"}])
    routes = virtual_service(other, to(("v1", 100)))
    assert [workloads(each) for each in forecasts(routes)] == [{"cart-v1": 1.0}]
    # all requests of theirs are the first route's, so istiod sends them no more
    assert [workloads(each) for each in forecasts(routes, namespace="web")] == [{"cart-v2": 1.0}]
    hidden = virtual_service(to(("v2", 100)), exportTo=["."])
    assert forecasts(hidden, namespace="web")[0].via is None
    edge = virtual_service(to(("v2", 100)), gateways=["edge"])
    assert forecasts(edge)[0].via is None


def connections(**match):
    destinations = [
        {"destination": {"host": "cart", "subset": name, "port": {"number": 90}}, "weight": weight}
        for name, weight in (("v1", 80), ("v2", 20))
    ]
    return {"tcp": [{"route": destinations, **({"match": [match]} if match else {})}]}


@pytest.mark.parametrize(
    ("match", "routed"),
    [
        ({}, True),
        ({"port": 90}, True),
        ({"port": 91}, False),
        ({"sourceNamespace": "web"}, False),
        ({"sourceLabels": {"app": "x"}}, False),
        ({"destinationSubnets": ["10.0.0.0/8"]}, False),
        ({"gateways": ["edge"]}, False),
    ],
)
def test_routes_of_connections(match, routed):
    found = forecasts(virtual_service(**connections(**match)), port=90)
    shares = [each.via.share for each in found if each.via]
    assert shares == pytest.approx([0.8, 0.2] if routed else [])
    assert not any(each.via for each in forecasts(virtual_service(**connections()), port=80))


def test_connections_to_a_tls_port_go_by_the_hosts_name():
    port = {"name": "tls", "port": 443}
    mesh = list(yaml.safe_load_all(MESH))
    mesh[1]["spec"]["ports"].append(port)
    to_v2 = [{"destination": {"host": "cart", "subset": "v2"}}]
    for names, routed in (
        ([HOST], True),
        (["*.shop.svc.cluster.local"], True),
        (["x.test"], False),
    ):
        tls = [{"match": [{"sniHosts": names}], "route": to_v2}]
        objects = [*mesh, virtual_service(hosts=[HOST], tls=tls)]
        assert (forecasts(*objects, port=443)[0].via is not None) is routed


@pytest.mark.parametrize(
    ("mode", "fate"), [("ALLOW_ANY", "leave the proxy"), ("REGISTRY_ONLY", "fail")]
)
def test_a_sidecar_that_hides_the_host_is_named(mode, fate):
    sidecar = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Sidecar",
        "metadata": {"name": "default", "namespace": "web"},
        "spec": {"egress": [{"hosts": ["./*"]}], "outboundTrafficPolicy": {"mode": mode}},
    }
    assert forecasts(sidecar, namespace="shop")
    with pytest.raises(NotFound, match=f"Sidecar web/default does not show .*{fate}"):
        forecasts(sidecar, namespace="web")


@pytest.mark.parametrize(
    "host", ["Cart", "CART.shop.svc.cluster.local", "*.SHOP.svc.cluster.local"]
)
def test_the_hosts_of_a_virtual_service_are_compared_in_small_letters(host):
    (found,) = forecasts(virtual_service(to(("v2", 100)), hosts=[host]))
    assert workloads(found) == {"cart-v2": 1.0}


def external_name(name, target, *ports):
    meta = {"name": name, "namespace": "shop"}
    spec = {"type": "ExternalName", "externalName": target}
    ports = [{"name": f"p{each}", "port": each} for each in ports]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {**spec, "ports": ports},
    }


@pytest.mark.parametrize(
    ("aliases", "lost"),
    [
        ([external_name("en", HOST, 80)], ""),
        ([external_name("en", "other.shop.svc.cluster.local", 80), external_name("other", HOST, 80)],
         "knows no other.shop.svc.cluster.local, for which en.shop.svc.cluster.local stands, to"),
        ([external_name("en", HOST, 81)], "en.shop.svc.cluster.local at port 80, which its ExternalName does not declare, to"),
        ([external_name("en", "api.example.com", 80)],
         "knows no api.example.com, for which en.shop.svc.cluster.local stands, to"),
        ([external_name("en", "en.shop.svc.cluster.local", 80)], "en.shop.svc.cluster.local"),
    ],
)  # fmt: skip
def test_an_external_name_stands_for_its_target_at_the_ports_that_it_declares(aliases, lost):
    """As istiod names the clusters of routes."""
    (found,) = forecasts(virtual_service({"route": [{"destination": {"host": "en"}}]}), *aliases)
    if lost:
        assert (found.lost, lost in found.answers.reasons[0]) == (1.0, True)
    else:
        assert (found.lost, found.target.service.host) == (0.0, HOST)


@pytest.mark.parametrize(
    ("match", "rest"),
    [
        ([{"uri": {"prefix": "/a"}}], True),
        ([{"headers": {"x": {"exact": "y"}}}], True),
        ([{"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/"}}], False),
        ([{"port": 80}], False),
        ([{"uri": {"regex": ".*"}}], False),
    ],
)
def test_requests_that_no_route_takes_are_answered_with_404(match, rest):
    found = forecasts(virtual_service(to(("v1", 100), match=match)))
    document = as_dict(found[-1])
    assert ("404" in document["route"]["answer"]) is rest
    assert found[-1].lost == 0.0
    if rest:
        assert document["route"]["requests"] == "all others"
        assert document["route"]["destination"] is None
    # a request that is none of theirs takes no route
    assert bool(plain_request(found, "/b")) is not rest
