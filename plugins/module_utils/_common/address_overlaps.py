# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds addresses that two owners claim. Private to this collection."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.address_ranges import (
    parse_range,
)


def overlaps(claims: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """Describes every pair of overlapping claims, for example
    ``10.0.0.0/16 of east and 10.0.8.0/24 of west``; an owner's own claims are compared, too; empty
    ones claim nothing.
    """
    parsed = [
        (owner, str(text), parse_range(text))
        for owner, texts in claims.items()
        for text in texts
        if text
    ]
    return [
        f"{text} of {owner} and {other_text} of {other}"
        for (owner, text, claim), (other, other_text, other_claim) in itertools.combinations(
            parsed, 2
        )
        if claim.overlaps(other_claim)
    ]
