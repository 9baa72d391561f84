# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nodes and pods really are, and which existing locality a wrong one may mean.

Private to this collection.
"""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils.locality.parse import (
    ANY,
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.localities import (
    label_locality,
    node_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.state import (
    ClusterState,
    labels_of,
)

NOWHERE = Locality()

# how alike two names must be for one to be taken for a slip of the other
_ALIKE = 0.72


@dataclass(frozen=True, slots=True)
class Guess:
    """The locality that was probably meant, and what is wrong with the one that was written."""

    locality: Locality
    # MISPLACED, SLIP or ALIKE
    kind: str
    why: str


MISPLACED = "misplaced"
SLIP = "slip"
ALIKE = "alike"


def real_localities(clusters: t.Iterable[ClusterState]) -> dict[Locality, list[str]]:
    """Where nodes are and where labels put pods, with the clusters' names."""
    found: dict[Locality, list[str]] = {}
    for cluster in clusters:
        here = {node_locality(labels_of(node)) for node in cluster.objects("Node")}
        here |= {label_locality(labels_of(pod)) or "" for pod in cluster.objects("Pod")}
        for text in here - {""}:
            found.setdefault(parse_locality(text), []).append(cluster.name)
    return dict(sorted(found.items()))


def guess(text: str, known: t.Iterable[Locality]) -> Guess | None:
    """The existing locality that is nearest to one that does not exist."""
    known = [each for each in known if each != NOWHERE]
    parts = _parts(text)
    return _slip(text, known) or _misplaced(parts, known) or _alike(parts, known)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("/") if part.strip() not in ("", ANY)]


def _slip(text: str, known: t.Sequence[Locality]) -> Guess | None:
    """The same but for spaces, case, slashes or dots."""
    for candidate in known:
        wanted = [part for part in candidate if part]
        # a key may name a region or a zone as a whole
        for depth in range(len(wanted), 0, -1):
            short = Locality(*wanted[:depth])
            if _parts(text) == list(short)[:depth]:
                return Guess(short, SLIP, "spaces count") if text != text.strip() else None
            if [part.lower() for part in _parts(text)] == [part.lower() for part in short[:depth]]:
                return Guess(short, SLIP, "upper and lower case are different names")
            if "/" not in text and text.lower() == ".".join(short[:depth]).lower():
                return Guess(short, SLIP, "dots do not separate the parts here, slashes do")
    return None


def _misplaced(parts: t.Sequence[str], known: t.Sequence[Locality]) -> Guess | None:
    """Existing names in the wrong places."""
    regions = {each.region for each in known}
    zones = {each.zone: each for each in known if each.zone}
    for candidate in known:
        wanted = [part for part in candidate if part]
        for start in range(1, len(parts)):
            if len(wanted) > 1 and parts[start : start + len(wanted)] == wanted:
                extra = "/".join(parts[:start])
                why = (
                    f"the parts are region/zone/subzone, so this is region {parts[0]}, "
                    f"zone {parts[1]}, while {candidate.region} is a region; {extra} is no part"
                )
                return Guess(candidate, MISPLACED, why)
        if len(parts) > 1 and sorted(parts) == sorted(wanted) and list(parts) != wanted:
            why = f"region {candidate.region} comes first, then zone {candidate.zone}"
            return Guess(candidate, MISPLACED, why)
    if parts and parts[0] in zones and parts[0] not in regions:
        found = zones[parts[0]]
        why = f"{parts[0]} is a zone (of region {found.region}), but stands in the region's place"
        return Guess(Locality(*found[:2]), MISPLACED, why)
    return None


def _alike(parts: t.Sequence[str], known: t.Sequence[Locality]) -> Guess | None:
    """Spelt alike, part by part or as a whole."""
    best, best_score = None, _ALIKE
    for candidate in known:
        short = Locality(*candidate[: max(1, min(len(parts), 3))])
        score = _likeness(parts, [part for part in short if part])
        if score > best_score:
            best, best_score = short, score
    if best is None:
        return None
    return Guess(best, ALIKE, f"{best} is spelt alike")


def _likeness(parts: t.Sequence[str], wanted: t.Sequence[str]) -> float:
    if not parts or not wanted:
        return 0.0
    if len(parts) == len(wanted):
        each = [
            difflib.SequenceMatcher(None, mine.lower(), other.lower()).ratio()
            for mine, other in zip(parts, wanted, strict=True)
        ]
        # one part may be far off if the others agree, but not all of them a little
        if each.count(1.0) == len(each) - 1 and len(each) > 1:
            return max(min(each), 0.5) / 2 + 0.5
        return min(each)
    return difflib.SequenceMatcher(None, "/".join(parts), "/".join(wanted)).ratio()
