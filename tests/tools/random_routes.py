# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes up VirtualServices for whole manifests."""

from __future__ import annotations

import random
import typing as t

from manifest_objects import Manifest, manifest

_NAMESPACES = ("shop", "web")
_OTHERS = ("bank.example.test", "api.global", "nobody.test", "*.global")


def virtual_services(dice: random.Random, services: t.Sequence[str]) -> t.Iterator[Manifest]:
    """Yield none, one, two or three."""
    for _unused in range(dice.choice((0, 1, 1, 2, 3))):
        namespace = dice.choice(_NAMESPACES)
        spec: Manifest = {"hosts": _hosts(dice, services)}
        if dice.random() < 0.2:
            spec["exportTo"] = dice.choice((["."], ["*"], ["web"], ["shop", "web"]))
        if dice.random() < 0.1:
            spec["gateways"] = dice.choice((["mesh"], ["mesh", "edge"], ["edge"]))
        spec["http"] = [_route(dice, services) for _number in range(dice.randint(1, 3))]
        if dice.random() < 0.35:
            spec["tcp"] = [_connections(dice, services) for _number in range(dice.randint(1, 2))]
        # where a VirtualService is for other hosts than its TLS routes, those have no route at all
        if dice.random() < 0.25 and len(spec["hosts"]) == 1 and "*" not in spec["hosts"][0]:
            match = [{"sniHosts": spec["hosts"]}]
            if "." in spec["hosts"][0]:
                spec["tls"] = [{**_connections(dice, services), "match": match}]
        yield manifest("networking.istio.io/v1", "VirtualService", namespace, "route", spec=spec)


def _hosts(dice: random.Random, services: t.Sequence[str]) -> list[str]:
    found = dice.sample((*services, *map(_full(dice), services)), dice.choice((1, 1, 1, 2)))
    if dice.random() < 0.15:
        found = [dice.choice(("*.shop.svc.cluster.local", "*.local", *_OTHERS))]
    return found


def _full(dice: random.Random) -> t.Callable[[str], str]:
    return lambda name: f"{name}.{dice.choice(_NAMESPACES)}.svc.cluster.local"


def _route(dice: random.Random, services: t.Sequence[str]) -> Manifest:
    route: Manifest = {}
    if dice.random() < 0.3:
        route["name"] = dice.choice(("a", "b"))
    if dice.random() < 0.6:
        route["match"] = [_match(dice) for _number in range(dice.randint(1, 2))]
    kind = dice.random()
    if kind < 0.06:
        route["redirect"] = {"uri": "/x", "authority": "other.test", "redirectCode": 302}
    elif kind < 0.12:
        route["directResponse"] = {"status": 418, "body": {"string": "tea"}}
    else:
        route["route"] = _destinations(dice, services)
        _add_policies(dice, route)
    if dice.random() < (0.15 if "route" in route else 0.02):
        route["fault"] = _fault(dice)
    return route


def _connections(dice: random.Random, services: t.Sequence[str]) -> Manifest:
    route: Manifest = {"route": _destinations(dice, services)}
    if dice.random() < 0.6:
        route["match"] = [
            dice.choice(
                (
                    {"port": 9000},
                    {"port": 443},
                    {"sourceLabels": {"app": "asker"}},
                    {"sourceNamespace": "web"},
                    {"destinationSubnets": ["10.90.0.0/16"]},
                )
            )
        ]
    return route


def _add_policies(dice: random.Random, route: Manifest) -> None:
    if dice.random() < 0.25:
        route["timeout"] = dice.choice(("2s", "500ms", "1m30s"))
    if dice.random() < 0.3:
        route["retries"] = dice.choice(
            (
                {"attempts": 0},
                {"attempts": 3, "perTryTimeout": "1s"},
                {"attempts": 1, "retryOn": "5xx,503"},
                {"attempts": 2, "retryRemoteLocalities": True, "retryIgnorePreviousHosts": False},
                {"attempts": 2, "backoff": "50ms"},
            )
        )
    if dice.random() < 0.1:
        route["rewrite"] = dice.choice(({"uri": "/v2"}, {"authority": "x.test"}))


def _destinations(dice: random.Random, services: t.Sequence[str]) -> list[Manifest]:
    count = dice.choice((1, 1, 2, 2, 3))
    cuts = [dice.choice((0, 10, 20, 50, 90)) for _number in range(count)]
    if not any(cuts):
        cuts[0] = 1
    found = []
    for weight in cuts:
        destination: Manifest = {"host": dice.choice((*services, *map(_full(dice), services)))}
        if dice.random() < 0.1:
            destination["host"] = dice.choice(_OTHERS[:3])
        if dice.random() < 0.4:
            destination["subset"] = dice.choice(("v1", "v2"))
        if dice.random() < 0.3:
            destination["port"] = {"number": dice.choice((80, 7000, 9000))}
        found.append({"destination": destination} | ({"weight": weight} if count > 1 else {}))
    return found


def _match(dice: random.Random) -> Manifest:
    texts = ({"exact": "/a"}, {"prefix": "/b"}, {"prefix": "/"}, {"regex": "/c.*"})
    found: Manifest = {}
    if dice.random() < 0.5:
        found["uri"] = dice.choice(texts)
    if dice.random() < 0.3:
        found["headers"] = {"end-user": dice.choice(({"exact": "x"}, {"regex": "y.*"}, {}))}
    if dice.random() < 0.1:
        found["withoutHeaders"] = {"debug": dice.choice(({"exact": "1"}, {}))}
    if dice.random() < 0.15:
        found["method"] = {"exact": "GET"}
    if dice.random() < 0.1:
        found["queryParams"] = {"q": {"exact": "1"}}
    if dice.random() < 0.15:
        found["port"] = dice.choice((80, 7000))
    if dice.random() < 0.15:
        found["sourceLabels"] = {"app": dice.choice(("asker", "cart"))}
    if dice.random() < 0.15:
        found["sourceNamespace"] = dice.choice(_NAMESPACES)
    if dice.random() < 0.05:
        found["gateways"] = [dice.choice(("mesh", "edge"))]
    return found or {"uri": {"prefix": "/"}}


def _fault(dice: random.Random) -> Manifest:
    return dice.choice(
        (
            {"abort": {"httpStatus": 503, "percentage": {"value": 100}}},
            {"abort": {"httpStatus": 500, "percentage": {"value": 12.5}}},
            {"delay": {"fixedDelay": "3s", "percentage": {"value": 50}}},
        )
    )
