# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API server refuses of HTTPRoutes and GRPCRoutes, by the rules of their definitions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
)

_DURATION = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")
_PATH = re.compile(r"/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*")
# what a path that servers resolve must not have
_PATH_PARTS = ("//", "/./", "/../", "%2f", "%2F")
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_HOST_NAME = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
# of all rules together
_MOST_MATCHES = 128
_REPEATABLE = ("RequestMirror", "ExtensionRef")


def http_route(obj: Raw) -> Violations:
    """Check the host names and the rules of an HTTPRoute."""
    yield from _whole(obj)
    for path, rule in _rules(obj):
        for index, match in enumerate(rule.get("matches") or ()):
            yield from _path(match.get("path") or {}, f"{path}.matches[{index}].path")
        yield from _http_filters(rule, path)
        timeouts: Raw = rule.get("timeouts") or {}
        yield from _timeouts(timeouts, f"{path}.timeouts")
        backoff = (rule.get("retry") or {}).get("backoff")
        yield from _duration(backoff, f"{path}.retry.backoff")
        yield from _backends(rule, path)


def grpc_route(obj: Raw) -> Violations:
    """Check the host names and the rules of a GRPCRoute."""
    yield from _whole(obj)
    for path, rule in _rules(obj):
        for index, match in enumerate(rule.get("matches") or ()):
            method: Raw | None = match.get("method")
            if method is not None and not (method.get("service") or method.get("method")):
                place = f"{path}.matches[{index}].method"
                yield Violation("missing", place, "needs a service or a method", "write one")
        yield from _repeated(rule, path)
        yield from _backends(rule, path)


def _whole(obj: Raw) -> Violations:
    for index, name in enumerate((obj.get("spec") or {}).get("hostnames") or ()):
        if not _HOST_NAME.fullmatch(str(name)) or len(str(name)) > 253:
            message = f"{name!r:.60} is no host name"
            advice = "write small letters, digits, - and ., perhaps with *. before them"
            yield Violation("host", f"spec.hostnames[{index}]", message, advice)
    matches = sum(len(rule.get("matches") or ()) for _path, rule in _rules(obj))
    if matches > _MOST_MATCHES:
        message = f"{matches} matches are too many"
        advice = f"write {_MOST_MATCHES} at most, or a second route"
        yield Violation("size", "spec.rules", message, advice)


def _rules(obj: Raw) -> t.Iterator[tuple[str, Raw]]:
    for index, rule in enumerate((obj.get("spec") or {}).get("rules") or ()):
        yield f"spec.rules[{index}]", rule


def _path(path: Raw, field: str) -> Violations:
    value = path.get("value")
    if value is None or path.get("type") == "RegularExpression":
        return
    if not str(value).startswith("/"):
        yield Violation(
            "path", f"{field}.value", f"{value!r:.60} is no absolute path", "begin with /"
        )
    elif not _PATH.fullmatch(str(value)) or any(part in str(value) for part in _PATH_PARTS):
        message = f"{value!r:.60} has characters or parts that no path of a request has"
        yield Violation("path", f"{field}.value", message, "write it as servers see it")


def _http_filters(rule: Raw, path: str) -> Violations:
    yield from _repeated(rule, path)
    kinds = {str(each.get("type")): each for each in rule.get("filters") or ()}
    if "RequestRedirect" in kinds:
        for other, named in (
            (rule.get("backendRefs"), "backendRefs"),
            ("URLRewrite" in kinds, "URLRewrite"),
        ):
            if other:
                message = f"RequestRedirect and {named} exclude each other"
                yield Violation("conflict", f"{path}.filters", message, "keep one of them")
    for kind, key in (("RequestRedirect", "requestRedirect"), ("URLRewrite", "urlRewrite")):
        change: Raw = (kinds.get(kind, {}).get(key) or {}).get("path") or {}
        if change.get("type") == "ReplacePrefixMatch" and not _has_one_prefix(rule):
            message = f"{kind} replaces a prefix, but the rule has not exactly one match by prefix"
            yield Violation(
                "conflict", f"{path}.filters", message, "write one match with PathPrefix"
            )


def _has_one_prefix(rule: Raw) -> bool:
    matches: t.Sequence[Raw] = rule.get("matches") or ({},)
    kinds = [(each.get("path") or {}).get("type") or "PathPrefix" for each in matches]
    return kinds == ["PathPrefix"]


def _repeated(rule: Raw, path: str) -> Violations:
    seen: set[str] = set()
    for each in rule.get("filters") or ():
        kind = str(each.get("type"))
        if kind in seen and kind not in _REPEATABLE:
            message = f"a filter of type {kind} is there more than once"
            yield Violation("repeated", f"{path}.filters", message, "keep one of them")
        seen.add(kind)


def _timeouts(timeouts: Raw, path: str) -> Violations:
    found = [
        *_duration(timeouts.get("request"), f"{path}.request"),
        *_duration(timeouts.get("backendRequest"), f"{path}.backendRequest"),
    ]
    yield from found
    whole, each = timeouts.get("request"), timeouts.get("backendRequest")
    if found or not whole or not each or not durations.seconds(str(whole)):
        return
    if durations.seconds(str(each)) > durations.seconds(str(whole)):
        message = f"{each} is longer than the request's {whole}"
        yield Violation("range", f"{path}.backendRequest", message, "write a shorter one")


def _duration(value: t.Any, field: str) -> Violations:
    if value is not None and not _DURATION.fullmatch(str(value)):
        yield Violation(
            "duration", field, f"{value!r:.60} is no duration", "write it like 1s, 250ms or 1m30s"
        )


def _backends(rule: Raw, path: str) -> Violations:
    """A Service needs a port; other kinds may have one of their own."""
    for index, each in enumerate(rule.get("backendRefs") or ()):
        is_service = not each.get("group") and each.get("kind") in (None, "Service")
        if is_service and each.get("port") is None:
            field = f"{path}.backendRefs[{index}].port"
            yield Violation("missing", field, "is missing", "a Service needs one")
