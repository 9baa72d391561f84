# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Localities of nodes and pods, and suggestions for localities that do not exist."""

from __future__ import annotations

import difflib
import re
import typing as t
from dataclasses import dataclass
from itertools import zip_longest

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    ANY,
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    labels_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    label_locality,
    node_locality,
)

UNSPECIFIED = Locality()

# what is wrong with a locality that does not exist
MISPLACED = "misplaced"
MISSPELT = "misspelt"
SIMILAR = "similar"

# how alike two names must be for one to be taken for a slip of the other
_SIMILARITY = 0.72

# letters, numbers and what is between them
_WORDS = re.compile(r"[^\W\d_]+|\d+|[\W_]+")

Known: t.TypeAlias = t.Collection[Locality]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The locality that was probably meant, and what is wrong with the one that was written."""

    locality: Locality
    kind: str
    why: str

    def replaces(self, text: str) -> bool:
        """Is the text surely a slip, and not the name of another locality?"""
        if self.kind != SIMILAR:
            return True
        pairs = list(zip_longest(parts_of(text), filter(None, self.locality), fillvalue=""))
        different = [pair for pair in pairs if pair[0] != pair[1]]
        return len(different) == 1 and is_typo(*different[0])


def observed_localities(clusters: t.Iterable[ClusterState]) -> dict[Locality, list[str]]:
    """Where nodes are and where labels put pods, with the clusters' names."""
    found: dict[Locality, list[str]] = {}
    for cluster in clusters:
        here = {node_locality(labels_of(node)) for node in cluster.objects("Node")}
        here |= {label_locality(labels_of(pod)) or "" for pod in cluster.objects("Pod")}
        for text in here - {""}:
            found.setdefault(parse_locality(text), []).append(cluster.name)
    return dict(sorted(found.items()))


def parts_of(text: str) -> list[str]:
    """The parts that say something, as istiod would not clean them: without spaces around."""
    return [part.strip() for part in text.split("/") if part.strip() not in ("", ANY)]


def describe_parts(locality: Locality) -> str:
    """How istiod understands it."""
    named = zip(("region", "zone", "subzone"), locality, strict=True)
    return ", ".join(f"{name} {part}" for name, part in named if part) or "no locality"


def exists(locality: Locality, known: Known) -> bool:
    """Is there such a place? A region or a zone may be named as a whole."""
    named = [part for part in locality if part]
    return any(list(each[: len(named)]) == named for each in known) and _gapless(locality)


def suggest(text: str, known: Known) -> Suggestion | None:
    """The existing locality that is nearest to one that does not exist."""
    known = [each for each in known if each != UNSPECIFIED]
    parts = parts_of(text)
    return _misspelt(text, parts, known) or _misplaced(parts, known) or _similar(parts, known)


def is_typo(name: str, other: str) -> bool:
    """Do the names differ by one letter in a word? Numbers and single letters tell names apart."""
    pairs = list(zip_longest(_WORDS.findall(name.lower()), _WORDS.findall(other.lower())))
    different = [(first or "", second or "") for first, second in pairs if first != second]
    if len(different) != 1:
        return False
    first, second = sorted(different[0], key=len)
    return len(first) > 2 and first.isalpha() and second.isalpha() and _is_one_edit(first, second)


def _is_one_edit(short: str, long: str) -> bool:
    """One letter too many, another letter, or two neighbours swapped?"""
    start = next(
        (i for i, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]),
        len(short),
    )
    if len(long) - len(short) == 1:
        return short[start:] == long[start + 1 :]
    if len(long) != len(short):
        return False
    swapped = short[start : start + 2][::-1] + short[start + 2 :]
    return short[start + 1 :] == long[start + 1 :] or swapped == long[start:]


def _gapless(locality: Locality) -> bool:
    return bool(locality.region) and bool(locality.zone or not locality.subzone)


def _misspelt(text: str, parts: list[str], known: Known) -> Suggestion | None:
    if any(part != part.strip() for part in text.split("/")):
        return Suggestion(
            parse_locality("/".join(parts)), MISSPELT, "spaces count as a part of the name"
        )
    for short in _shortened(known, len(parts)):
        if [part.lower() for part in parts] == [part.lower() for part in short if part]:
            if _gapless(parse_locality(text)):
                return Suggestion(short, MISSPELT, "upper and lower case are different names")
            return Suggestion(short, MISSPELT, "an empty part moves what follows it")
    if "/" not in text and "." in text:
        return Suggestion(
            parse_locality(text.replace(".", "/")),
            MISSPELT,
            "dots separate the parts only in labels, here slashes do",
        )
    return None


def _shortened(known: Known, depth: int) -> list[Locality]:
    """The known localities cut to so many parts."""
    return list(dict.fromkeys(Locality(*each[:depth]) for each in known if all(each[:depth])))


def _misplaced(parts: list[str], known: Known) -> Suggestion | None:
    """Existing names in the wrong places."""
    regions = {each.region for each in known}
    for short in _shortened(known, len(parts)):
        if sorted(parts) == sorted(short[: len(parts)]):
            return Suggestion(short, MISPLACED, f"the region, {short.region}, comes first")
    for start in range(1, len(parts)):
        tail = parts[start:]
        for short in _shortened(known, len(tail)):
            if list(short[: len(tail)]) == tail and parts[0] not in regions:
                return Suggestion(
                    short,
                    MISPLACED,
                    f"{tail[0]} is a region, but stands in the {_place(start)}'s place",
                )
    for each in known:
        zone = parts[0] if parts else ""
        if zone and zone == each.zone and zone not in regions:
            why = f"{zone} is a zone of region {each.region}, but stands in the region's place"
            return Suggestion(Locality(*each[:2]), MISPLACED, why)
    return None


def _place(index: int) -> str:
    return ("region", "zone", "subzone")[min(index, 2)]


def _similar(parts: list[str], known: Known) -> Suggestion | None:
    """Spelt alike, part by part or as a whole."""
    best: Locality | None = None
    best_score = _SIMILARITY
    for depth in sorted({max(1, len(parts)), max(1, len(parts) - 1)}):
        for short in _shortened(known, depth):
            score = _similarity(parts, [part for part in short if part])
            if score > best_score:
                best, best_score = short, score
    if best is None:
        return None
    return Suggestion(best, SIMILAR, f"{best} is the nearest that exists")


def _similarity(parts: list[str], existing: list[str]) -> float:
    if len(parts) != len(existing):
        return difflib.SequenceMatcher(None, "/".join(parts), "/".join(existing)).ratio()
    each = [
        difflib.SequenceMatcher(None, mine.lower(), other.lower()).ratio()
        for mine, other in zip(parts, existing, strict=True)
    ]
    # a region says more than what is in it
    heavy = [2.0, *[1.0] * (len(each) - 1)]
    return sum(w * e for w, e in zip(heavy, each, strict=True)) / sum(heavy) if each else 0.0
