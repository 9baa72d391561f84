# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matches of HTTPRoutes and GRPCRoutes in the form of a VirtualService's, and which is tried first."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_errors import (
    NotConvertible,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

_TEXT_KINDS = {"Exact": "exact", "RegularExpression": "regex"}
# an exact path counts most
_PATH_RANKS = {"exact": 3, "prefix": 2, "pathPrefix": 2, "regex": 1}


def http_match(match: Raw) -> dict[str, t.Any]:
    """Return a match of an HTTPRoute, with the defaults that an API server sets."""
    path: Raw = match.get("path") or {}
    method = match.get("method")
    return _set(
        uri=_path(str(path.get("type") or "PathPrefix"), str(path.get("value") or "/")),
        headers=_texts(match.get("headers") or (), "header"),
        queryParams=_texts(match.get("queryParams") or (), "query parameter"),
        method={"exact": method} if method else None,
    )


def grpc_match(match: Raw) -> dict[str, t.Any]:
    """Return a match of a GRPCRoute: its service and method are a path."""
    method: Raw | None = match.get("method")
    return _set(
        uri=_grpc_path(method) if method is not None else None,
        headers=_texts(match.get("headers") or (), "header"),
    )


def precedence(route: Raw) -> tuple[int, ...]:
    """Sort routes as the Gateway API wants them tried; equal ones stay as they are.

    Routes have one match at most.
    """
    if not route.get("match"):
        return (1,)
    match: Raw = route["match"][0]
    kind, text = next(iter((match.get("uri") or {}).items()), ("", ""))
    return (
        0,
        -_PATH_RANKS.get(kind, -1),
        -len(text),
        0 if match.get("method") else 1,
        -len(match.get("headers") or ()),
        -len(match.get("queryParams") or ()),
    )


def _set(**fields: t.Any) -> dict[str, t.Any]:
    return {key: value for key, value in fields.items() if value}


def _path(kind: str, value: str) -> Raw:
    if kind == "PathPrefix":
        # a prefix of whole path segments
        return {"prefix": "/"} if value == "/" else {"pathPrefix": value.removesuffix("/")}
    if kind not in _TEXT_KINDS:
        raise NotConvertible(f"the path match type {kind} is not supported")
    return {_TEXT_KINDS[kind]: value}


def _grpc_path(method: Raw) -> Raw:
    kind = str(method.get("type") or "Exact")
    service, name = method.get("service"), method.get("method")
    if service is None and name is None:
        raise NotConvertible("a gRPC method match needs a method or a service")
    if kind not in _TEXT_KINDS:
        raise NotConvertible(f"the method match type {kind} is not supported")
    if service is None:
        return {"regex": f"/[^/]+/{name}"}
    if kind == "RegularExpression":
        return {"regex": f"/{service}/{'.+' if name is None else name}"}
    return {"pathPrefix": f"/{service}/"} if name is None else {"exact": f"/{service}/{name}"}


def _texts(entries: t.Iterable[Raw], what: str) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for each in entries:
        kind = str(each.get("type") or "Exact")
        if kind not in _TEXT_KINDS:
            raise NotConvertible(f"the {what} match type {kind} is not supported")
        found[str(each.get("name") or "")] = {_TEXT_KINDS[kind]: str(each.get("value") or "")}
    return found
