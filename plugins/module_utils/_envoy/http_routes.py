# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envoy's form of the HTTP routes that istiod makes of VirtualServices."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    TYPE,
    Config,
    outbound_cluster,
    typed,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import (
    Route,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    Destination,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]
# the hash policies of a destination's DestinationRule
HashPolicies: t.TypeAlias = t.Callable[[Destination], Raw | None]

FAULT = "envoy.filters.http.fault"
FAULT_TYPE = "envoy.extensions.filters.http.fault.v3.HTTPFault"
_NO_TIMEOUT = "0s"
# istiod's name for a backend that is not allowed
_NO_CLUSTER = "UnknownService"
# istiod's defaults: since Istio 1.24 without status codes, so that a 503 is not retried
_RETRY_ON = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes"
_REDIRECTS = {
    302: "FOUND",
    303: "SEE_OTHER",
    307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}
_PSEUDO_HEADERS = (("method", ":method"), ("authority", ":authority"), ("scheme", ":scheme"))


def envoy_route(route: Route, hash_policies: HashPolicies, default_retries: Raw | None) -> Config:
    """Return one route; ``default_retries`` is the mesh settings' ``defaultHttpRetryPolicy``."""
    found: Config = {"match": _match(route)}
    if route.name:
        found["name"] = route.name
    redirect, direct = route.spec.get("redirect"), route.spec.get("directResponse")
    if redirect is not None:
        found["redirect"] = _redirect(redirect, route.port)
    elif direct is not None:
        found["direct_response"] = _direct_response(direct)
    else:
        found["route"] = _action(route, hash_policies, default_retries)
    fault = _fault(route.spec.get("fault") or {})
    if fault:
        found["typed_per_filter_config"] = {FAULT: {"@type": TYPE + FAULT_TYPE, **fault}}
    return found


def _match(route: Route) -> Config:
    match = route.match
    found = _path(match.get("uri") or {})
    if match:
        found["case_sensitive"] = not match.get("ignoreUriCase")
    headers = _headers(match)
    if headers:
        found["headers"] = headers
    queries = [_named(name, text) for name, text in (match.get("queryParams") or {}).items()]
    if queries:
        found["query_parameters"] = queries
    return found


def _path(uri: Raw) -> Config:
    if "exact" in uri:
        return {"path": uri["exact"]}
    if "regex" in uri:
        return {"safe_regex": {"regex": uri["regex"]}}
    if "pathPrefix" in uri:
        return {"path_separated_prefix": uri["pathPrefix"].removesuffix("/")}
    return {"prefix": uri.get("prefix", "/")}


def _headers(match: Raw) -> list[Config]:
    found = [_named(name, text) for name, text in (match.get("headers") or {}).items()]
    for name, text in (match.get("withoutHeaders") or {}).items():
        matcher = {**_named(name, text), "invert_match": True}
        if "present_match" not in matcher:
            matcher["treat_missing_header_as_empty"] = True
        found.append(matcher)
    found.sort(key=lambda each: str(each["name"]))
    return [*found, *(_named(name, match[key]) for key, name in _PSEUDO_HEADERS if match.get(key))]


def _named(name: str, text: Raw | None) -> Config:
    """Return a matcher of a header or query parameter; nothing to compare means: it is there."""
    if not text or text.get("regex") == "*":
        return {"name": name, "present_match": True}
    if "regex" in text:
        return {"name": name, "string_match": {"safe_regex": {"regex": text["regex"]}}}
    kind = "exact" if "exact" in text else "prefix"
    return {"name": name, "string_match": {kind: text[kind]}}


def _action(route: Route, hash_policies: HashPolicies, default_retries: Raw | None) -> Config:
    spec = route.spec
    timeout = spec.get("timeout")
    length = durations.protobuf(str(timeout)) if timeout else _NO_TIMEOUT
    action: Config = {
        "timeout": length,
        "max_stream_duration": {"grpc_timeout_header_max": length},
    }
    action.update(_clusters(route))
    rewrite: Raw = spec.get("rewrite") or {}
    if rewrite.get("uriRegexRewrite"):
        action["regex_rewrite"] = {
            "pattern": {"regex": rewrite["uriRegexRewrite"].get("match") or ""},
            "substitution": rewrite["uriRegexRewrite"].get("rewrite") or "",
        }
    elif rewrite.get("uri"):
        action["prefix_rewrite"] = rewrite["uri"]
    if rewrite.get("authority"):
        action["host_rewrite_literal"] = rewrite["authority"]
    found = map(_hash_policy, map(hash_policies, route.destinations))
    hashes = [policy for policy in found if policy]
    if hashes:
        action["hash_policy"] = hashes
    hashing = bool(hashes) and not route.weighted and route.origin is not None
    retries = retry_policy(spec.get("retries"), default_retries, hashing=hashing)
    if retries:
        action["retry_policy"] = retries
    return action


def _clusters(route: Route) -> Config:
    names = [
        outbound_cluster(each.port, each.subset, each.host) if each.host else _NO_CLUSTER
        for each in route.destinations
    ]
    if not route.weighted:
        return {"cluster": names[0]}
    weights = [
        {"name": name, "weight": each.weight}
        for name, each in zip(names, route.destinations, strict=True)
    ]
    return {"weighted_clusters": {"clusters": weights}}


def retry_policy(
    policy: Raw | None, default_retries: Raw | None, *, hashing: bool = False
) -> Config:
    """Return the retries of a route with this ``retries``; nothing where they are switched off."""
    if policy is None:
        policy = default_retries
    found: Config = {
        "retry_on": _RETRY_ON,
        "num_retries": 2,
        "host_selection_retry_max_attempts": 5,
    }
    previous_hosts = not hashing
    if policy is not None:
        attempts = int(policy.get("attempts") or 0)
        if attempts <= 0:
            return {}
        found["num_retries"] = attempts
        found.update(_retry_on(str(policy.get("retryOn") or "")))
        if policy.get("perTryTimeout"):
            found["per_try_timeout"] = durations.protobuf(str(policy["perTryTimeout"]))
        if policy.get("retryIgnorePreviousHosts") is not None:
            previous_hosts = bool(policy["retryIgnorePreviousHosts"])
        if policy.get("retryRemoteLocalities"):
            found["retry_priority"] = typed(
                "envoy.retry_priorities.previous_priorities",
                "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
                update_frequency=2,
            )
        if policy.get("backoff"):
            base = durations.protobuf(str(policy["backoff"]))
            found["retry_back_off"] = {"base_interval": base}
    if previous_hosts:
        found["retry_host_predicate"] = [
            typed(
                "envoy.retry_host_predicates.previous_hosts",
                "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
            )
        ]
    return found


def _retry_on(text: str) -> Config:
    """Return Envoy's conditions and status codes, which Istio has in one list."""
    if not text:
        return {}
    parts = [part.strip() for part in text.split(",")]
    codes = [int(part) for part in parts if part.isdecimal()]
    conditions = [part for part in parts if part and not part.isdecimal()]
    if codes and "retriable-status-codes" not in conditions:
        conditions.append("retriable-status-codes")
    found: Config = {"retry_on": ",".join(conditions)}
    if codes:
        found["retriable_status_codes"] = codes
    return found


def _redirect(redirect: Raw, request_port: int) -> Config:
    found: Config = {}
    if redirect.get("authority"):
        found["host_redirect"] = redirect["authority"]
    if redirect.get("prefixRewrite"):
        found["prefix_rewrite"] = redirect["prefixRewrite"]
    elif redirect.get("uri"):
        found["path_redirect"] = redirect["uri"]
    if redirect.get("scheme"):
        found["scheme_redirect"] = redirect["scheme"]
    usual = {"http": 80, "https": 443}.get(redirect.get("scheme") or "http")
    derived = request_port if redirect.get("derivePort") == "FROM_REQUEST_PORT" else 0
    port = redirect.get("port") or derived
    if port and port != usual:
        found["port_redirect"] = port
    code = _REDIRECTS.get(redirect.get("redirectCode") or 0)
    if code:
        found["response_code"] = code
    return found


def _direct_response(direct: Raw) -> Config:
    found: Config = {"status": direct.get("status")}
    text = (direct.get("body") or {}).get("string")
    if text is not None:
        found["body"] = {"inline_string": text}
    return found


def _fault(fault: Raw) -> Config:
    found: Config = {}
    delay: Raw = fault.get("delay") or {}
    if delay.get("fixedDelay"):
        found["delay"] = {
            "fixed_delay": durations.protobuf(str(delay["fixedDelay"])),
            "percentage": _percent(delay.get("percentage")),
        }
    abort: Raw = fault.get("abort") or {}
    if abort.get("httpStatus"):
        found["abort"] = {"http_status": abort["httpStatus"]}
        if abort.get("percentage") is not None:
            found["abort"]["percentage"] = _percent(abort["percentage"])
    return found


def _percent(percentage: Raw | None) -> Config:
    if percentage is None:
        return {"numerator": 0, "denominator": "HUNDRED"}
    value = int(float(percentage.get("value") or 0) * 10000)
    return {"numerator": value, "denominator": "MILLION"}


def _hash_policy(consistent_hash: Raw | None) -> Config:
    if not consistent_hash:
        return {}
    if consistent_hash.get("httpHeaderName"):
        return {"header": {"header_name": consistent_hash["httpHeaderName"]}}
    cookie: Raw = consistent_hash.get("httpCookie") or {}
    if cookie:
        found = {"name": cookie.get("name") or "", "path": cookie.get("path") or ""}
        if cookie.get("ttl"):
            found["ttl"] = durations.protobuf(str(cookie["ttl"]))
        return {"cookie": {key: value for key, value in found.items() if value}}
    if consistent_hash.get("httpQueryParameterName"):
        return {"query_parameter": {"name": consistent_hash["httpQueryParameterName"]}}
    if consistent_hash.get("useSourceIp"):
        return {"connection_properties": {"source_ip": True}}
    return {}
