# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What istiod makes of HTTPRoutes and GRPCRoutes; the recorded manifests hold its own answers."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateway_listeners import (
    listeners,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_matches import (
    precedence,
)
from hypothesis import given
from hypothesis import strategies as st

Object: t.TypeAlias = dict[str, t.Any]
API = "gateway.networking.k8s.io"
TO_CART: Object = {"backendRefs": [{"name": "cart", "port": 80}]}


def obj(kind: str, namespace: str, name: str, version: str = f"{API}/v1", **spec: t.Any) -> Object:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}


def route(*rules: Object, parents: t.Sequence[Object] = (), **changed: t.Any) -> Object:
    kind, namespace = changed.pop("kind", "HTTPRoute"), changed.pop("namespace", "shop")
    name = changed.pop("name", "route")
    found = [*parents] or [{"group": "", "kind": "Service", "name": "cart", "namespace": "shop"}]
    return obj(kind, namespace, name, parentRefs=found, rules=[*rules], **changed)


def listener(**fields: t.Any) -> Object:
    return {"name": "http", "port": 80, "protocol": "HTTP", **fields}


def gateway(*listeners: Object, **spec: t.Any) -> Object:
    spec = {"gatewayClassName": "istio", "listeners": [*listeners], **spec}
    return obj("Gateway", "edge", "entry", **spec)


ALL = {"namespaces": {"from": "All"}}
AT_ENTRY = ({"name": "entry", "namespace": "edge"},)


def view(*objects: Object) -> PushContext:
    cart = obj("Service", "shop", "cart", "v1", ports=[{"name": "http", "port": 80}])
    return PushContext.of([ClusterState("c", [cart, *objects])], "c")


def rules(*objects: Object) -> list[Object]:
    """Return the routes of the only VirtualService."""
    (found,) = view(*objects).virtual_services
    return [dict(each.spec) for each in found.http]


def problems(*objects: Object) -> list[tuple[str, str]]:
    return [(each.origin.field, each.message) for each in view(*objects).ignored_routes]


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha2"])
def test_every_version_of_a_kind_is_read(version: str) -> None:
    written = {**route(TO_CART), "apiVersion": f"{API}/{version}"}
    (found,) = view(written).virtual_services
    assert (found.hosts, found.gateways) == (("cart.shop.svc.cluster.local",), ("mesh",))
    assert found.http[0].origin.object == "HTTPRoute shop/route"
    assert found.http[0].origin.field == "spec.rules[0]"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ({}, {"prefix": "/"}),
        ({"value": "/a/"}, {"pathPrefix": "/a"}),
        ({"type": "Exact", "value": "/a/"}, {"exact": "/a/"}),
        ({"type": "RegularExpression", "value": "/a.*"}, {"regex": "/a.*"}),
    ],
)
def test_paths_are_those_of_a_virtual_service(path: Object, uri: Object) -> None:
    assert rules(route({**TO_CART, "matches": [{"path": path}]}))[0]["match"] == [{"uri": uri}]


@pytest.mark.parametrize(
    ("method", "uri"),
    [
        ({"service": "s", "method": "m"}, {"exact": "/s/m"}),
        ({"service": "s"}, {"pathPrefix": "/s/"}),
        ({"method": "m"}, {"regex": "/[^/]+/m"}),
        ({"service": "s", "type": "RegularExpression"}, {"regex": "/s/.+"}),
    ],
)
def test_the_method_of_a_grpc_route_is_a_path(method: Object, uri: Object) -> None:
    written = route({**TO_CART, "matches": [{"method": method}]}, kind="GRPCRoute")
    assert rules(written)[0]["match"] == [{"uri": uri}]


def test_a_port_of_the_parent_is_one_of_every_match() -> None:
    parent = {"group": "", "kind": "Service", "name": "cart", "port": 80}
    written = route(TO_CART, parents=[parent], kind="GRPCRoute")
    assert rules(written)[0]["match"] == [{"port": 80}]


URIS = st.sampled_from(
    [
        None,
        {"prefix": "/"},
        {"pathPrefix": "/a"},
        {"exact": "/"},
        {"exact": "/a"},
        {"regex": "/abc"},
    ]
)
MATCHES = st.builds(
    lambda uri, method, headers, queries: {
        key: value
        for key, value in (
            ("uri", uri),
            ("method", {"exact": "GET"} if method else None),
            ("headers", {key: {"exact": "1"} for key in "ab"[:headers]}),
            ("queryParams", {key: {"exact": "1"} for key in "ab"[:queries]}),
        )
        if value
    },
    URIS,
    st.booleans(),
    st.integers(0, 2),
    st.integers(0, 2),
)


def _before(one: Object, other: Object) -> bool:
    """Istio's less, as it is written in Go; the first difference decides."""
    ranks = {"exact": 3, "prefix": 2, "pathPrefix": 2, "regex": 1}
    kinds = [next(iter(each.get("uri") or {"": ""})) for each in (one, other)]
    if ranks.get(kinds[0], -1) != ranks.get(kinds[1], -1):
        return ranks.get(kinds[0], -1) > ranks.get(kinds[1], -1)
    lengths = [len(next(iter((each.get("uri") or {"": ""}).values()))) for each in (one, other)]
    if lengths[0] != lengths[1]:
        return lengths[0] > lengths[1]
    if ("method" in one) != ("method" in other):
        return "method" in one
    for key in ("headers", "queryParams"):
        if len(one.get(key, ())) != len(other.get(key, ())):
            return len(one.get(key, ())) > len(other.get(key, ()))
    return False


@given(st.lists(MATCHES, min_size=2, max_size=6))
def test_the_narrowest_match_is_tried_first(matches: list[Object]) -> None:
    ordered = sorted(({"match": [each]} for each in matches), key=precedence)
    for one, other in itertools.pairwise(ordered):
        assert not _before(other["match"][0], one["match"][0])


@pytest.mark.parametrize(
    ("weights", "written"),
    [([None], [None]), ([0, 7], [None]), ([1, 3], [1, 3]), ([None, None, 0], [1, 1])],
)
def test_backends_without_a_weight_are_left_out(
    weights: list[int | None], written: list[int | None]
) -> None:
    backends = [
        {"name": "cart", "port": 80, **({} if weight is None else {"weight": weight})}
        for weight in weights
    ]
    found = rules(route({"backendRefs": backends}))[0]["route"]
    assert [each.get("weight") for each in found] == written


@pytest.mark.parametrize("rule", [{}, {"backendRefs": []}, {"backendRefs": [
    {"name": "cart", "port": 80, "weight": 0}]}])  # fmt: skip
def test_a_rule_without_backends_is_answered_with_500(rule: Object) -> None:
    (found,) = rules(route(rule))
    assert found["directResponse"] == {"status": 500}
    assert "no backend" in found["problem"]
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
    (found,) = rules(route({**rule, "filters": [redirect]}))
    assert "problem" not in found
    assert found["redirect"]["redirectCode"] == 302


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"timeouts": {"request": "3s"}}, {"timeout": "3s"}),
        ({"timeouts": {"request": "0s"}}, {}),
        ({"timeouts": {"request": "3s", "backendRequest": "1s"}}, {"timeout": "1s"}),
        (
            {"timeouts": {"backendRequest": "1s"}, "retry": {"attempts": 0}},
            {"retries": {"attempts": 0, "perTryTimeout": "1s"}},
        ),
        (
            {"retry": {"codes": [503]}},
            {
                "retries": {
                    "attempts": 2,
                    "retryOn": "connect-failure,refused-stream,unavailable,cancelled,503",
                }
            },
        ),
    ],
)
def test_timeouts_and_retries(fields: Object, found: Object) -> None:
    (made,) = rules(route({**TO_CART, **fields}))
    assert {key: made[key] for key in ("timeout", "retries") if key in made} == found


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"backendRefs": [{"name": "cart"}]}, "has no port"),
        ({"backendRefs": [{"name": "cart.shop", "port": 80}]}, "must be the name of a Service"),
        ({**TO_CART, "filters": [{"type": "ExtensionRef"}]}, "type ExtensionRef is not supported"),
        (
            {"backendRefs": [{"name": "cart", "port": 80, "filters": [{"type": "CORS"}]}]},
            "at a backend is not supported",
        ),
    ],
)
def test_one_field_takes_all_rules_of_a_route_away(rule: Object, why: str) -> None:
    made = view(route(TO_CART, rule))
    assert made.virtual_services == ()
    (problem,) = made.ignored_routes
    assert problem.origin.field == "spec.rules[1]"
    assert why in problem.message


@pytest.mark.parametrize(
    ("parent", "why"),
    [
        ({"group": "", "kind": "Service", "name": "none"}, "there is no Service shop/none"),
        ({"kind": "Service", "name": "cart"}, "no Service without group"),
        ({"name": "entry"}, "there is no Gateway shop/entry"),
        ({**AT_ENTRY[0], "sectionName": "x"}, "has no listener with sectionName x"),
        ({**AT_ENTRY[0], "port": 81}, "has no listener with port 81"),
    ],
)
def test_a_parent_that_is_not_there_is_named(parent: Object, why: str) -> None:
    ((field, message),) = problems(
        gateway(listener(allowedRoutes=ALL)), route(TO_CART, parents=[parent])
    )
    assert field == "spec.parentRefs[0]"
    assert why in message


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "takes no routes of namespace shop"),
        ({"allowedRoutes": {"namespaces": {"from": "Same"}}}, "takes no routes of namespace shop"),
        ({"allowedRoutes": ALL, "protocol": "TCP"}, "takes no HTTPRoute"),
        ({"allowedRoutes": {**ALL, "kinds": [{"kind": "GRPCRoute"}]}}, "takes no HTTPRoute"),
        ({"allowedRoutes": ALL, "hostname": "b.test"}, "has the hostname b.test"),
        ({"allowedRoutes": ALL, "hostname": "*.test"}, ""),
        ({"allowedRoutes": {"namespaces": {"from": "Selector", "selector": {
            "matchLabels": {"kubernetes.io/metadata.name": "shop"}}}}}, ""),
        ({"allowedRoutes": {"namespaces": {"from": "Selector", "selector": {
            "matchExpressions": [{"key": "team", "operator": "In", "values": ["a"]}]}}}}, ""),
        ({"allowedRoutes": {"namespaces": {"from": "Selector", "selector": {
            "matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}}}},
            "takes no routes of namespace shop"),
    ],
)  # fmt: skip
def test_a_listener_takes_the_routes_that_it_allows(fields: Object, why: str) -> None:
    labels = {"name": "shop", "labels": {"team": "a"}}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": labels}
    written = route(TO_CART, parents=AT_ENTRY, hostnames=["a.test"])
    found = problems(space, gateway(listener(**fields)), written)
    assert bool(found) is bool(why)
    assert not why or why in found[0][1]


@pytest.mark.parametrize(
    ("second", "kept"),
    [
        ({"port": 81}, 2),
        ({"hostname": "a.test"}, 2),
        ({}, 1),
        ({"protocol": "HTTPS"}, 1),
        ({"protocol": "TCP", "hostname": "a.test"}, 1),
    ],
)
def test_of_listeners_that_exclude_each_other_the_first_counts(second: Object, kept: int) -> None:
    entry = gateway(listener(), listener(name="two", **second))
    assert len(listeners(ClusterState("c", [entry]), entry)) == kept


def test_routes_of_other_controllers_are_left_alone() -> None:
    others = obj("GatewayClass", "", "nginx", controllerName="nginx.example.test/controller")
    written = route(TO_CART, parents=[*AT_ENTRY, {"group": "x.test", "kind": "Mesh", "name": "m"}])
    made = view(others, gateway(listener(), gatewayClassName="nginx"), written)
    assert (made.virtual_services, made.ignored_routes) == ((), ())


def granted(**target: t.Any) -> Object:
    source = {"group": API, "kind": "HTTPRoute", "namespace": "shop"}
    return obj(
        "ReferenceGrant",
        "next",
        "grant",
        f"{API}/v1beta1",
        **{"from": [source], "to": [{"group": "", "kind": "Service", **target}]},
    )


@pytest.mark.parametrize(
    ("grants", "parents", "allowed"),
    [
        ([], AT_ENTRY, False),
        ([granted()], AT_ENTRY, True),
        ([granted(name="cart")], AT_ENTRY, True),
        ([granted(name="other")], AT_ENTRY, False),
        ([granted(kind="Secret")], AT_ENTRY, False),
        # clients of a Service need no grant
        ([], (), True),
    ],
)
def test_a_gateways_backend_of_another_namespace_needs_a_grant(
    grants: list[Object], parents: t.Sequence[Object], allowed: bool
) -> None:
    backend = {"name": "cart", "namespace": "next", "port": 80}
    written = route({"backendRefs": [backend]}, parents=parents)
    (found,) = rules(gateway(listener(allowedRoutes=ALL)), written, *grants)
    destination = found["route"][0]["destination"]
    assert ("host" in destination, "problem" in destination) == (allowed, not allowed)


def test_routes_of_one_host_are_one_virtual_service_whatever_their_kinds() -> None:
    old = route({**TO_CART, "matches": [{"path": {"value": "/a"}}]}, name="z")
    new = route({**TO_CART, "matches": [{"path": {"value": "/a/b"}}]}, name="a", kind="GRPCRoute")
    new["spec"]["rules"][0]["matches"] = [{"method": {"service": "shop.Cart"}}]
    old["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    new["metadata"]["creationTimestamp"] = "2026-01-02T00:00:00Z"
    (found,) = view(new, old).virtual_services
    assert [each.origin.object for each in found.http] == ["GRPCRoute shop/a", "HTTPRoute shop/z"]
    assert found.created == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("rewrite", "path", "found"),
    [
        (
            {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
            "/a.b",
            {"uriRegexRewrite": {"match": r"^/a\.b(/?)(.*)", "rewrite": r"/\2"}},
        ),
        (
            {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x/"}},
            "/a",
            {"uri": "/x"},
        ),
        (
            {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}, "hostname": "y.test"},
            "/a",
            {"uriRegexRewrite": {"match": "/.*", "rewrite": "/x"}, "authority": "y.test"},
        ),
    ],
)
def test_rewrites(rewrite: Object, path: str, found: Object) -> None:
    filters = [{"type": "URLRewrite", "urlRewrite": rewrite}]
    rule = {**TO_CART, "filters": filters, "matches": [{"path": {"value": path}}]}
    assert rules(route(rule))[0]["rewrite"] == found
