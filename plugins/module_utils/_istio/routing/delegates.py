# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A route that delegates, merged with the routes of its delegate."""

from __future__ import annotations

import typing as t

Raw: t.TypeAlias = t.Mapping[str, t.Any]

_INHERITED = (
    *("rewrite", "directResponse", "timeout", "retries", "fault", "mirror", "mirrorPercent"),
    *("mirrorPercentage", "corsPolicy", "mirrors", "headers"),
)
_TEXTS = ("uri", "scheme", "method", "authority")
_MAPS = ("headers", "withoutHeaders", "queryParams")


def merged_routes(root: Raw, delegate: t.Iterable[Raw]) -> t.Iterator[Raw]:
    """Return a route for each of the delegate's whose matches lie within those of the root."""
    for route in delegate:
        matches = _merged_matches(root.get("match") or (), route.get("match") or ())
        if matches is None:
            continue
        merged = {**{key: root[key] for key in _INHERITED if root.get(key)}, **_set(route)}
        merged["match"] = matches
        name = "-".join(filter(None, (root.get("name"), route.get("name"))))
        yield {**merged, "name": name} if name else merged


def _set(route: Raw) -> dict[str, t.Any]:
    return {key: value for key, value in route.items() if value is not None}


def _merged_matches(root: t.Sequence[Raw], delegate: t.Sequence[Raw]) -> list[Raw] | None:
    """Return None where a match of the delegate is within none of the root's."""
    if not root or not delegate:
        return list(root or delegate)
    merged: list[Raw] = []
    for own in delegate:
        within = [_merged_match(each, own) for each in root if not _conflict(each, own)]
        if not within:
            return None
        merged += within
    return merged


def _merged_match(root: Raw, own: Raw) -> Raw:
    merged = {**root, **_set(own)}
    for key in (*_MAPS, "sourceLabels"):
        if root.get(key) or own.get(key):
            merged[key] = {**(root.get(key) or {}), **(own.get(key) or {})}
    if not own.get("gateways") and root.get("gateways"):
        merged["gateways"] = root["gateways"]
    return merged


def _conflict(root: Raw, own: Raw) -> bool:
    texts = [(root.get(key), own.get(key)) for key in _TEXTS]
    for key in _MAPS:
        wider = root.get(key) or {}
        texts += [(wider.get(name), value) for name, value in (own.get(key) or {}).items()]
    if any(_text_conflict(wider, narrower) for wider, narrower in texts):
        return True
    if bool(root.get("ignoreUriCase")) != bool(own.get("ignoreUriCase")):
        return True
    ports = root.get("port"), own.get("port")
    if all(ports) and ports[0] != ports[1]:
        return True
    source = root.get("sourceNamespace")
    if source and source != own.get("sourceNamespace"):
        return True
    labels = root.get("sourceLabels") or {}
    if any(
        labels.get(key, value) != value for key, value in (own.get("sourceLabels") or {}).items()
    ):
        return True
    wider, narrower = root.get("gateways") or (), own.get("gateways") or ()
    return bool(wider and narrower) and not set(narrower) <= set(wider)


def _text_conflict(root: Raw | None, own: Raw | None) -> bool:
    """Tell whether the delegate's text match leaves the root's."""
    if root is None or own is None:
        return False
    if root.get("regex") or own.get("regex"):
        return bool(root and own)
    narrower = own.get("exact") or own.get("prefix") or ""
    if root.get("exact"):
        return bool(own.get("prefix")) or own.get("exact") != root["exact"]
    if root.get("prefix") and narrower:
        return not narrower.startswith(root["prefix"])
    return True
