# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses of the HTTP routes of a VirtualService."""

from __future__ import annotations

import http
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import WILDCARD
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.regexes import regex
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    dns_label,
    duration,
    gateway_names,
    host_pattern,
    in_range,
    labels,
    missing,
    port,
)

_RETRY_ON = frozenset(
    (
        *("5xx", "gateway-error", "reset", "reset-before-request", "connect-failure"),
        *("retriable-4xx", "refused-stream", "retriable-status-codes", "retriable-headers"),
        *("envoy-ratelimited", "http3-post-connect-failure", "cancelled", "deadline-exceeded"),
        *("internal", "resource-exhausted", "unavailable"),
    )
)
_STATUS = frozenset(str(status.value) for status in http.HTTPStatus)
_OWN_ANSWERS = ("redirect", "directResponse")
_TEXTS = ("scheme", "method", "authority")


def http_route(route: Raw, path: str, *, delegate: bool) -> Violations:
    """Check one route; ``delegate``: it is one of a VirtualService without hosts."""
    yield from _conflicts(route, path, delegate)
    for index, match in enumerate(route.get("match") or ()):
        yield from _match(match, f"{path}.match[{index}]")
    yield from _fault(route.get("fault"), f"{path}.fault")
    for key in ("mirrorPercent",):
        yield from in_range(route, key, path, high=100)
    yield from in_range(
        route.get("mirrorPercentage") or {}, "value", f"{path}.mirrorPercentage", high=100
    )
    yield from _destination(route.get("mirror"), f"{path}.mirror")
    yield from _redirect(route.get("redirect"), f"{path}.redirect")
    direct: Raw | None = route.get("directResponse")
    if direct is not None:
        yield from _status(direct.get("status"), f"{path}.directResponse.status")
    yield from _retries(route.get("retries"), f"{path}.retries")
    yield from _rewrite(route.get("rewrite"), f"{path}.rewrite")
    yield from destination_violations(route.get("route") or (), path)
    yield from duration(route.get("timeout"), f"{path}.timeout")


def destination_violations(routes: t.Sequence[Raw], path: str) -> Violations:
    """Check the weighted destinations of a route."""
    for index, each in enumerate(routes):
        below = f"{path}.route[{index}]"
        if each.get("destination") is None:
            yield from missing(each, "destination", below)
        yield from _destination(each.get("destination"), f"{below}.destination")
        yield from in_range(each, "weight", below)
    if len(routes) > 1 and not sum(int(each.get("weight") or 0) for each in routes):
        message = "the weights add up to 0"
        yield Violation("weights", f"{path}.route", message, "give one destination a weight")


def _conflicts(route: Raw, path: str, delegate: bool) -> Violations:
    if route.get("delegate") is not None and not delegate:
        for key in ("redirect", "route"):
            if route.get(key):
                yield _exclusive(path, "delegate", key)
        return
    if route.get("delegate") is not None:
        message = "a delegate's route cannot delegate again"
        yield Violation("delegate", f"{path}.delegate", message, "leave it out")
    answers = [key for key in _OWN_ANSWERS if route.get(key) is not None]
    for key in answers[:1]:
        for other in ("route", "fault", "rewrite", *_OWN_ANSWERS):
            if other != key and route.get(other):
                yield _exclusive(path, key, other)
    if not answers and not route.get("route"):
        message = "leads nowhere"
        yield Violation("missing", path, message, "write route, redirect or directResponse")
    if route.get("mirror") and route.get("mirrors"):
        yield _exclusive(path, "mirror", "mirrors")


def _exclusive(path: str, one: str, other: str) -> Violation:
    return Violation("exclusive", path, f"{one} and {other} exclude each other", "keep one of them")


def _match(match: Raw, path: str) -> Violations:
    for key in _TEXTS:
        yield from _text(match.get(key), f"{path}.{key}")
    for key in ("headers", "queryParams"):
        for name, text in (match.get(key) or {}).items():
            yield from _text(text, f"{path}.{key}.{name}")
    for name, text in (match.get("withoutHeaders") or {}).items():
        # there, an asterisk stands for every value
        if (text or {}).get("regex") != WILDCARD:
            yield from _text(text, f"{path}.withoutHeaders.{name}")
    # of texts, only a path's prefix may be empty
    uri = {key: each for key, each in (match.get("uri") or {}).items() if key == "regex"}
    yield from _text(uri, f"{path}.uri")
    yield from gateway_names(match.get("gateways"), f"{path}.gateways")
    if match.get("port"):
        yield from port(match["port"], f"{path}.port")
    yield from labels(match.get("sourceLabels"), f"{path}.sourceLabels")
    if match.get("sourceNamespace"):
        yield from dns_label(match["sourceNamespace"], f"{path}.sourceNamespace")


def _text(text: Raw | None, path: str) -> Violations:
    """Check a text match, which may not be of empty text."""
    for kind in ("exact", "prefix", "regex"):
        if text and text.get(kind) == "":
            yield Violation("match", f"{path}.{kind}", "is empty", "write what to compare with")
    if text and text.get("regex"):
        yield from regex(str(text["regex"]), f"{path}.regex")


def _fault(fault: Raw | None, path: str) -> Violations:
    if fault is None:
        return
    abort, delay = fault.get("abort"), fault.get("delay")
    if abort is None and delay is None:
        yield Violation("missing", path, "is empty", "write abort or delay")
    for key, part in (("abort", abort), ("delay", delay)):
        percentage = (part or {}).get("percentage") or {}
        yield from in_range(percentage, "value", f"{path}.{key}.percentage", high=100)
    if abort and abort.get("httpStatus") is not None:
        yield from _status(abort["httpStatus"], f"{path}.abort.httpStatus")
    if delay:
        yield from duration(delay.get("fixedDelay"), f"{path}.delay.fixedDelay")


def _status(status: t.Any, path: str) -> Violations:
    if not isinstance(status, int) or not 200 <= status <= 600:
        yield Violation("status", path, f"{status} is no status", "write a number from 200 to 600")


def _destination(destination: Raw | None, path: str) -> Violations:
    if destination is None:
        return
    host = str(destination.get("host") or "")
    if host == "*":
        yield Violation("host", f"{path}.host", "* is no destination", "write a host")
    else:
        yield from host_pattern(host, f"{path}.host")
    if destination.get("subset"):
        yield from dns_label(destination["subset"], f"{path}.subset")
    if destination.get("port") is not None:
        yield from port(destination["port"].get("number"), f"{path}.port.number")


def _redirect(redirect: Raw | None, path: str) -> Violations:
    if redirect is None:
        return
    if redirect.get("uri") and redirect.get("prefixRewrite"):
        yield _exclusive(path, "uri", "prefixRewrite")
    if not any(
        redirect.get(key)
        for key in ("uri", "prefixRewrite", "authority", "port", "derivePort", "scheme")
    ):
        yield Violation("missing", path, "is empty", "write uri, authority, scheme or port")
    code = redirect.get("redirectCode")
    if code and not 300 <= code <= 399:
        message = f"{code} is no redirect"
        yield Violation("status", f"{path}.redirectCode", message, "write a number from 300 to 399")
    if redirect.get("scheme") not in (None, "", "http", "https"):
        message = f"{redirect['scheme']!r:.80} is no scheme"
        yield Violation("scheme", f"{path}.scheme", message, "write http or https")


def _retries(retries: Raw | None, path: str) -> Violations:
    if retries is None:
        return
    yield from in_range(retries, "attempts", path)
    settings = [
        key
        for key in ("perTryTimeout", "retryOn", "retryRemoteLocalities")
        if retries.get(key) not in (None, "")
    ]
    if not retries.get("attempts") and settings:
        message = f"{settings[0]} means nothing with attempts 0"
        yield Violation("retries", path, message, "write attempts, or leave it out")
    for key in ("perTryTimeout", "backoff"):
        yield from duration(retries.get(key), f"{path}.{key}")
    for part in str(retries.get("retryOn") or "").split(","):
        if part and part not in _RETRY_ON and part not in _STATUS:
            message = f"{part!r:.80} is no condition"
            advice = f"write status codes, or {', '.join(sorted(_RETRY_ON))}"
            yield Violation("retries", f"{path}.retryOn", message, advice)


def _rewrite(rewrite: Raw | None, path: str) -> Violations:
    if rewrite is None:
        return
    if rewrite.get("uri") and rewrite.get("uriRegexRewrite"):
        yield _exclusive(path, "uri", "uriRegexRewrite")
    if not any(rewrite.get(key) for key in ("uri", "uriRegexRewrite", "authority")):
        yield Violation("missing", path, "is empty", "write uri, uriRegexRewrite or authority")
    pattern = (rewrite.get("uriRegexRewrite") or {}).get("match")
    if pattern:
        yield from regex(str(pattern), f"{path}.uriRegexRewrite.match")
