# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of ``distribute``: their form, and which of them overlap."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    ANY,
    Locality,
    parse_locality,
)


class InvalidKey(t.NamedTuple):
    """What is wrong with the form of one key."""

    code: str
    message: str
    advice: str


def key_defect(key: str) -> InvalidKey | None:
    """Return what the webhook refuses about one key by itself."""
    if ANY in key[:-1]:
        return InvalidKey(
            "key-wildcard",
            "has a wildcard before its end",
            "write * only as the last part: region/* or region/zone/*",
        )
    # everything after the second slash is one part for the webhook, though istiod cuts it once more
    if not all(key.split("/", 2)):
        return InvalidKey(
            "key-empty-part",
            "has an empty part",
            "write region, region/zone or region/zone/subzone, or * for everything",
        )
    return None


def list_overlaps(keys: t.Sequence[str]) -> t.Iterator[tuple[int, str]]:
    """Return the keys that the webhook refuses in a list, by index, each with an earlier one that it hits.

    A general key may follow a specific one if it ends with an asterisk, as then the list's order
    means something; without the asterisk it may not.
    """
    for index, key in enumerate(keys):
        earlier = next((each for each in keys[:index] if refused_after(each, key)), None)
        if earlier is not None:
            yield index, earlier


def set_overlaps(keys: t.Sequence[str]) -> t.Iterator[tuple[str, str, bool]]:
    """Return pairs of keys for a common locality, and whether the webhook always notices."""
    for first, second in itertools.combinations(keys, 2):
        seen = refused_after(first, second), refused_after(second, first)
        if any(seen) or _may_meet(parse_locality(first), parse_locality(second)):
            yield first, second, all(seen)


def refused_after(earlier: str, later: str) -> bool:
    """Tell whether the webhook refuses ``later`` in a list that has ``earlier`` before it."""
    if earlier == ANY:
        return True
    if later == ANY:
        return False
    old, new = _cut(earlier), _cut(later)
    depth = min(len(old.parts), len(new.parts))
    if old.parts[:depth] != new.parts[:depth]:
        return False
    if len(old.parts) <= len(new.parts):
        return True
    return not new.wildcard


class _Cut(t.NamedTuple):
    parts: list[str]
    wildcard: bool


def _cut(key: str) -> _Cut:
    parts = key.split("/", 2)
    if len(parts) > 1 and parts[-1] == ANY:
        return _Cut(parts[:-1], wildcard=True)
    return _Cut(parts, wildcard=False)


def _may_meet(first: Locality, second: Locality) -> bool:
    """Tell whether both patterns match some locality."""
    if first.region != second.region and ANY not in (first.region, second.region):
        return False
    return all(
        mine == theirs or {"", ANY} & {mine, theirs}
        for mine, theirs in zip(first[1:], second[1:], strict=True)
    )
