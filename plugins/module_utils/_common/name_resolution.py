# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From names to addresses."""

from __future__ import annotations

import ipaddress
import socket


def addresses(host: str) -> list[str]:
    """Return the host's addresses, of one family, sorted; none when the name does not resolve."""
    if not host:
        return []
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return []
    parsed = {ipaddress.ip_address(entry[4][0]) for entry in found}
    version = min(address.version for address in parsed)
    return [str(a) for a in sorted(a for a in parsed if a.version == version)]
