# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IP addresses and ranges of them as text."""

from __future__ import annotations

import ipaddress
import itertools
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

Address: t.TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class AddressRange:
    """All addresses from ``first`` to ``last``, both of the same IP version."""

    first: Address
    last: Address

    def overlaps(self, other: AddressRange) -> bool:
        """Tell whether the two have an address in common."""
        if self.first.version != other.first.version:
            return False
        return int(self.first) <= int(other.last) and int(other.first) <= int(self.last)


def is_ip_address(text: str) -> bool:
    """Tell an IPv4 or IPv6 address from a host name, a subnet and anything else."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def parse_range(text: str) -> AddressRange:
    """Read ``172.18.0.0/16``, ``172.18.0.10-172.18.0.20`` or ``172.18.0.10``."""
    text = str(text).strip()
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
        else:
            network = ipaddress.ip_network(text, strict=False)
            first, last = network[0], network[-1]
    except ValueError as exc:
        raise InvalidInput(
            f"'{text}' is neither a subnet (10.0.0.0/24), a range (10.0.0.1-10.0.0.9) nor an address"
        ) from exc
    if first.version != last.version or int(first) > int(last):
        raise InvalidInput(f"'{text}' is no range: write the lower address first")
    return AddressRange(first, last)


def overlaps(claims: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """Describe every pair of overlapping claims, for example
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
