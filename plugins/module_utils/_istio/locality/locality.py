# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locality strings and the patterns that rules match them with."""

from __future__ import annotations

import typing as t

ANY = "*"


class Locality(t.NamedTuple):
    """The three parts that Envoy knows; a missing part is empty."""

    region: str = ""
    zone: str = ""
    subzone: str = ""

    def __str__(self) -> str:
        """Return the way istiod prints a locality: it stops at the first part that is missing."""
        if not self.zone:
            return self.region
        return "/".join(self if self.subzone else self[:2])


def parse_locality(text: str) -> Locality:
    """Cut ``region/zone/subzone``; whatever follows a third slash is ignored, as istiod does."""
    return Locality(*text.split("/")[:3])


def matches(pattern: Locality, locality: Locality) -> bool:
    """Tell whether a key of ``distribute`` covers the locality.

    An asterisk stands for a whole part only; the zone and the subzone may also be left out.
    """
    return (
        pattern.region in (ANY, locality.region)
        and pattern.zone in (ANY, "", locality.zone)
        and pattern.subzone in (ANY, "", locality.subzone)
    )
