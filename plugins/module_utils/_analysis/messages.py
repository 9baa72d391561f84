# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, names and lists as text."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    is_stored,
)

NO_LOCALITY = "no locality"

# below this a share is an artefact of floating point
_NEXT_TO_NOTHING = 1e-9


def percent(share: float) -> str:
    """A share as people say it: whole percents, or one digit where that matters."""
    value = share * 100
    if abs(value - round(value)) < 0.05:
        return f"{round(value)} %"
    return f"{value:.1f} %"


def listed(items: t.Iterable[object], last: str = "and", most: int = 6) -> str:
    """``a, b and c``; a long list is cut."""
    texts = list(dict.fromkeys(str(item) for item in items))
    if len(texts) > most:
        return f"{', '.join(texts[:most])} {last} {len(texts) - most} more"
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def split(shares: t.Mapping[str, float]) -> str:
    """``10 % to east/zone1, 90 % to west/zone3``, without those that get nothing."""
    parts = [
        f"{percent(share)} to {place(name)}"
        for name, share in shares.items()
        if share > _NEXT_TO_NOTHING
    ]
    return ", ".join(parts) or "nothing to anybody"


def same_split(first: t.Mapping[str, float], second: t.Mapping[str, float]) -> bool:
    """Do both give everybody the same, to the tenth of a percent?"""
    return all(
        abs(first.get(name, 0.0) - second.get(name, 0.0)) < 0.001
        for name in first.keys() | second.keys()
    )


def count(number: int, one: str, many: str = "") -> str:
    """``1 host``, ``3 hosts``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def place(locality: str) -> str:
    """A locality in a sentence."""
    return locality.rstrip("/") or NO_LOCALITY


def refused(obj: t.Mapping[str, t.Any]) -> str:
    """Return what follows where Istio's webhook refuses the object; one that a server has stored applies."""
    if is_stored(obj):
        return (
            "Istio's webhook refuses it, but this cluster has it all the same, and it applies; the next "
            "change of it is refused"
        )
    return "Istio's webhook refuses it, so the rule that was there before stays in force"


def quoted(text: str) -> str:
    """A string as YAML and JSON write it, so that spaces show."""
    return json.dumps(text, ensure_ascii=False)
