# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes up HTTPRoutes, GRPCRoutes, ReferenceGrants and Gateways of both APIs for whole manifests.

Istio's fake API servers leave GRPCRoutes out, as their definitions lack the release of the Gateway API:
an oracle built on them must clear ``gatewayapi.MinimumCRDVersions``.
"""

from __future__ import annotations

import random
import typing as t

from manifest_objects import Manifest, manifest

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
_NAMESPACES = ("shop", "web")
_API = "gateway.networking.k8s.io"
_HOSTS = ("a.example.test", "b.example.test", "*.example.test")


def gateway_routes(dice: random.Random, services: t.Sequence[str]) -> t.Iterator[Manifest]:
    """Yield up to four routes, with what they may need."""
    for _unused in range(dice.choice((0, 1, 1, 2, 3, 4))):
        kind = dice.choice(("HTTPRoute", "HTTPRoute", "HTTPRoute", "GRPCRoute"))
        namespace = dice.choice(_NAMESPACES)
        # an API server writes the defaults of fields, and the oracle has none
        rules = [_rule(dice, kind, services, namespace) for _n in range(dice.randint(1, 3))]
        spec: Manifest = {"parentRefs": _parents(dice, services, namespace), "rules": rules}
        if dice.random() < 0.4:
            spec["hostnames"] = dice.sample(_HOSTS, dice.randint(1, 2))
        yield manifest(f"{_API}/v1", kind, namespace, "route", spec=spec)
    for _unused in range(dice.choice((0, 0, 1))):
        yield _grant(dice, services)


def gateways(dice: random.Random) -> t.Iterator[Manifest]:
    """Yield Gateways of both APIs for the pods of the asker."""
    if dice.random() < 0.5:
        servers = [_server(dice, number) for number in range(dice.randint(1, 2))]
        spec = {"selector": {"app": "asker"}, "servers": servers}
        yield manifest(
            "networking.istio.io/v1", "Gateway", dice.choice(_NAMESPACES), "edge", spec=spec
        )
    if dice.random() < 0.5:
        listeners = [_listener(dice, name) for name in ("one", "two")[: dice.randint(1, 2)]]
        spec = {"gatewayClassName": "istio", "listeners": listeners}
        yield manifest(f"{_API}/v1", "Gateway", "web", "entry", spec=spec)


def _server(dice: random.Random, number: int) -> Manifest:
    hosts = dice.choice((["*"], ["*.example.test"], ["shop/*"], ["./a.example.test"], [_HOSTS[1]]))
    port = {"number": 8080 + number, "name": f"http-{number}", "protocol": "HTTP"}
    return {"port": port, "hosts": hosts}


def _listener(dice: random.Random, name: str) -> Manifest:
    found: Manifest = {"name": name, "port": dice.choice((8080, 8081)), "protocol": "HTTP"}
    if dice.random() < 0.5:
        found["hostname"] = dice.choice(_HOSTS)
    allowed: Manifest = {"from": dice.choice(("Same", "All", "All", "All", "Selector"))}
    if allowed["from"] == "Selector":
        allowed["selector"] = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
    found["allowedRoutes"] = {"namespaces": allowed}
    return found


def _parents(dice: random.Random, services: t.Sequence[str], namespace: str) -> list[Manifest]:
    return [_parent(dice, services, namespace) for _n in range(dice.choice((1, 1, 1, 2)))]


def _parent(dice: random.Random, services: t.Sequence[str], namespace: str) -> Manifest:
    kind = dice.random()
    if kind < 0.25:
        found: Manifest = {"group": _API, "kind": "Gateway", "name": "entry", "namespace": "web"}
        if dice.random() < 0.3:
            found["sectionName"] = dice.choice(("one", "two"))
        if dice.random() < 0.1:
            found["port"] = 8080
        return found
    found = {"group": "", "kind": "Service", "name": dice.choice(services)}
    if dice.random() < 0.4:
        found["namespace"] = dice.choice(_NAMESPACES)
    if dice.random() < 0.3:
        found["port"] = dice.choice((80, 7000, 9000))
    if dice.random() < 0.03:
        found["group"] = _API
    return found


def _rule(dice: random.Random, kind: str, services: t.Sequence[str], namespace: str) -> Manifest:
    http = kind == "HTTPRoute"
    found: Manifest = {}
    if dice.random() < 0.15:
        found["name"] = dice.choice(("one", "two"))
    make = _http_match if http else _grpc_match
    least = 1 if http else 0
    matches = [make(dice) for _number in range(dice.randint(least, 3))]
    if matches:
        found["matches"] = matches
    if dice.random() < 0.93:
        count = dice.choice((1, 1, 2, 3))
        found["backendRefs"] = [_backend(dice, services, namespace) for _n in range(count)]
    filters = _http_filters(dice, services) if http else _filters(dice, services)
    if filters:
        found["filters"] = filters
    if http and dice.random() < 0.2:
        found["timeouts"] = dice.choice(
            ({"request": "3s"}, {"request": "0s"}, {"request": "10s", "backendRequest": "500ms"})
        )
    if http and dice.random() < 0.2:
        found["retry"] = dice.choice(
            ({"attempts": 3}, {"codes": [503, 504]}, {"attempts": 0}, {"backoff": "50ms"})
        )
    return found


def _http_match(dice: random.Random) -> Manifest:
    kind, value = dice.choice(
        (
            *(
                ("PathPrefix", "/"),
                ("PathPrefix", "/"),
                ("PathPrefix", "/a"),
                ("PathPrefix", "/a/b/"),
            ),
            *(("Exact", "/a"), ("RegularExpression", "/c.*")),
        )
    )
    found: Manifest = {"path": {"type": kind, "value": value}}
    if dice.random() < 0.25:
        found["headers"] = [_text(dice, name) for name in ("x", "y")[: dice.randint(1, 2)]]
    if dice.random() < 0.15:
        found["queryParams"] = [_text(dice, "q")]
    if dice.random() < 0.15:
        found["method"] = dice.choice(("GET", "POST"))
    return found


def _grpc_match(dice: random.Random) -> Manifest:
    found: Manifest = {}
    if dice.random() < 0.7:
        method: Manifest = {"type": dice.choice(("Exact", "Exact", "RegularExpression"))}
        if dice.random() < 0.7:
            method["service"] = dice.choice(("shop.Cart", "Stock"))
        if dice.random() < 0.5 or "service" not in method:
            method["method"] = "Get"
        found["method"] = method
    if dice.random() < 0.3 or not found:
        found["headers"] = [_text(dice, "x")]
    return found


def _text(dice: random.Random, name: str) -> Manifest:
    return dice.choice(
        (
            {"type": "Exact", "name": name, "value": "1"},
            {"type": "RegularExpression", "name": name, "value": "1.*"},
        )
    )


def _backend(dice: random.Random, services: t.Sequence[str], namespace: str) -> Manifest:
    found: Manifest = {
        "group": "",
        "kind": "Service",
        "name": dice.choice(services),
        "port": dice.choice((80, 80, 7000, 9000)),
        "weight": dice.choice((1, 1, 0, 10, 90)),
    }
    if dice.random() < 0.3:
        found["namespace"] = dice.choice(_NAMESPACES)
    if dice.random() < 0.03:
        del found["port"]
    if dice.random() < 0.03:
        found["name"] = "nobody"
    if dice.random() < 0.02:
        found |= {"group": "cloud.example.test", "kind": "Bucket"}
    if dice.random() < 0.03:
        found["filters"] = [dice.choice((_headers(), {"type": "RequestMirror"}))]
    return found


def _headers() -> Manifest:
    change = {"set": [{"name": "x", "value": "1"}]}
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": change}


def _filters(dice: random.Random, services: t.Sequence[str]) -> list[Manifest]:
    found = []
    if dice.random() < 0.1:
        found.append(_headers())
    if dice.random() < 0.08:
        backend = {
            "group": "",
            "kind": "Service",
            "name": dice.choice((*services, "no")),
            "port": 80,
        }
        found.append({"type": "RequestMirror", "requestMirror": {"backendRef": backend}})
    return found


def _http_filters(dice: random.Random, services: t.Sequence[str]) -> list[Manifest]:
    found = _filters(dice, services)
    kind = dice.random()
    if kind < 0.08:
        redirect = dice.choice(
            (
                {"hostname": "x.example.test", "statusCode": 302},
                {"scheme": "https", "statusCode": 301},
                {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}, "statusCode": 302},
                {"port": 8443, "scheme": "https", "statusCode": 302},
            )
        )
        found.append({"type": "RequestRedirect", "requestRedirect": redirect})
    elif kind < 0.16:
        rewrite = dice.choice(
            (
                {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
                {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/z/"}},
                {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}},
                {"hostname": "y.example.test"},
            )
        )
        found.append({"type": "URLRewrite", "urlRewrite": rewrite})
    elif kind < 0.18:
        reference = {"group": "x.example.test", "kind": "Filter", "name": "f"}
        found.append({"type": "ExtensionRef", "extensionRef": reference})
    return found


def _grant(dice: random.Random, services: t.Sequence[str]) -> Manifest:
    source = {
        "group": _API,
        "kind": dice.choice(("HTTPRoute", "HTTPRoute", "GRPCRoute")),
        "namespace": dice.choice(_NAMESPACES),
    }
    target: Manifest = {"group": "", "kind": "Service"}
    if dice.random() < 0.3:
        target["name"] = dice.choice(services)
    spec = {"from": [source], "to": [target]}
    return manifest(
        f"{_API}/v1beta1", "ReferenceGrant", dice.choice(_NAMESPACES), "grant", spec=spec
    )
