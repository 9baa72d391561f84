# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of HTTPRoutes and GRPCRoutes as routes of a VirtualService: istiod converts them so, too.

Source: pilot/pkg/config/kube/gateway/conversion.go of Istio.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_backends import (
    BackendOwner,
    destination,
    is_known,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_errors import (
    NotConvertible,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_filters import (
    check_headers,
    redirect,
    rewrite,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_matches import (
    grpc_match,
    http_match,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    RouteOrigin,
    RouteRule,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

HTTP_ROUTE = "HTTPRoute"
GRPC_ROUTE = "GRPCRoute"

_ONE_RULE: t.Sequence[Raw] = ({},)
_RETRIED = ("connect-failure", "refused-stream", "unavailable", "cancelled")
_HEADER_FILTERS = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
}


def route_rules(
    cluster: ClusterState, obj: KubernetesObject, *, at_gateway: bool
) -> tuple[RouteRule, ...]:
    """Return a route for each match of each rule, with backends as a gateway or a sidecar has them.

    Raise NotConvertible where istiod makes no route of the object at all.
    """
    kind = str(obj.get("kind"))
    owner = BackendOwner(kind, namespace_of(obj) or "default", at_gateway)
    found: list[RouteRule] = []
    for number, rule in enumerate(spec_of(obj).get("rules") or _ONE_RULE):
        origin = RouteOrigin(kind, owner.namespace, name_of(obj), f"spec.rules[{number}]")
        try:
            common = _common(cluster, owner, rule)
            name = rule.get("name") or f"{owner.namespace}.{name_of(obj)}.{number}"
            routes = [_route(common, str(name), match, rule) for match in _matches(kind, rule)]
        except NotConvertible as error:
            raise NotConvertible(f"{origin.field}: {error}") from None
        found.extend(RouteRule(each, origin) for each in routes)
    return tuple(found)


def _matches(kind: str, rule: Raw) -> t.Iterator[Raw]:
    written = rule.get("matches") or ()
    if kind == GRPC_ROUTE:
        yield from map(grpc_match, written or ({},))
    else:
        # without any, the API server writes the one of all requests
        yield from map(http_match, written or ({},))


def _route(common: Raw, name: str, match: Raw, rule: Raw) -> Raw:
    found = {**common, "name": name}
    if match:
        found["match"] = [match]
    for each in rule.get("filters") or ():
        if each.get("type") == "URLRewrite":
            found["rewrite"] = rewrite(each.get("urlRewrite") or {}, match)
    return {key: value for key, value in found.items() if value not in ({}, None)}


def _common(cluster: ClusterState, owner: BackendOwner, rule: Raw) -> Raw:
    """Return what all matches of a rule share."""
    found: dict[str, t.Any] = _filters(cluster, owner, rule)
    found.update(_retries_and_timeout(rule))
    backends = rule.get("backendRefs") or ()
    weighted = [each for each in backends if _weight(each)]
    if not weighted and "redirect" not in found:
        found["directResponse"] = {"status": 500}
        found["problem"] = "it has no backend with a weight, so the proxy answers 500"
    else:
        found["route"] = [_backend(cluster, owner, each, len(weighted) > 1) for each in weighted]
    return found


def _weight(reference: Raw) -> int:
    weight = reference.get("weight")
    return 1 if weight is None else int(weight)


def _backend(cluster: ClusterState, owner: BackendOwner, reference: Raw, weighted: bool) -> Raw:
    for each in reference.get("filters") or ():
        if each.get("type") not in _HEADER_FILTERS:
            raise NotConvertible(
                f"a filter of type {each.get('type')} at a backend is not supported"
            )
        check_headers(each.get(_HEADER_FILTERS[each["type"]]) or {})
    found: Raw = {"destination": destination(cluster, owner, reference)}
    return {**found, "weight": _weight(reference)} if weighted else found


def _filters(cluster: ClusterState, owner: BackendOwner, rule: Raw) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {}
    http = owner.kind == HTTP_ROUTE
    for each in rule.get("filters") or ():
        kind = str(each.get("type"))
        if kind in _HEADER_FILTERS:
            check_headers(each.get(_HEADER_FILTERS[kind]) or {})
        elif kind == "RequestMirror":
            mirror = _mirror(cluster, owner, each.get("requestMirror") or {})
            if mirror:
                found.setdefault("mirrors", []).append(mirror)
        elif http and kind == "RequestRedirect":
            found["redirect"] = redirect(each.get("requestRedirect") or {})
        elif not http or kind not in ("URLRewrite", "CORS"):
            raise NotConvertible(f"a filter of type {kind} is not supported")
    return found


def _mirror(cluster: ClusterState, owner: BackendOwner, written: Raw) -> Raw | None:
    """Return a mirror; without its backend an HTTPRoute has none, and a GRPCRoute no routes."""
    reference: Raw = written.get("backendRef") or {}
    try:
        found = destination(cluster, owner, reference)
        problem = str(found.get("problem") or "")
        if not problem and reference.get("kind") in (None, "Service"):
            known = is_known(cluster, reference, owner.namespace)
            problem = "" if known else f"the backend {reference.get('name')} does not exist"
        if problem:
            raise NotConvertible(problem)
    except NotConvertible:
        if owner.kind == GRPC_ROUTE:
            raise
        return None
    fraction = written.get("fraction")
    if fraction:
        part = (
            100 * float(fraction.get("numerator") or 0) / float(fraction.get("denominator") or 100)
        )
        return {"destination": found, "percentage": {"value": part}}
    if written.get("percent") is not None:
        return {"destination": found, "percentage": {"value": float(written["percent"])}}
    return {"destination": found}


def _retries_and_timeout(rule: Raw) -> Raw:
    found: dict[str, t.Any] = {}
    retry: Raw | None = rule.get("retry")
    if retry is not None:
        found["retries"] = _retries(retry)
    timeouts: Raw = rule.get("timeouts") or {}
    if _counts(timeouts.get("request")):
        found["timeout"] = str(timeouts["request"])
    if _counts(timeouts.get("backendRequest")):
        each_try = str(timeouts["backendRequest"])
        if retry is not None:
            found["retries"]["perTryTimeout"] = each_try
        else:
            found["timeout"] = each_try
    return found


def _retries(retry: Raw) -> dict[str, t.Any]:
    attempts = retry.get("attempts")
    found: dict[str, t.Any] = {"attempts": 2 if attempts is None else int(attempts)}
    if found["attempts"]:
        found["retryOn"] = ",".join((*_RETRIED, *map(str, retry.get("codes") or ())))
    if _counts(retry.get("backoff")):
        found["backoff"] = str(retry["backoff"])
    return found


def _counts(duration: str | None) -> bool:
    """Tell whether a duration is there; 0s stands for none, and so does what istiod cannot read."""
    try:
        return bool(duration) and durations.seconds(str(duration)) > 0
    except InvalidInput:
        return False
