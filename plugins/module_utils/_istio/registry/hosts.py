# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matching of host names against patterns. Private to this collection."""

from __future__ import annotations


def covers(pattern: str, host: str) -> bool:
    """Whether ``pattern`` (``*``, ``*.suffix`` or a name) covers all of ``host``.

    ``host`` may itself be a wildcard.
    """
    if pattern == "*":
        return True
    if pattern.startswith("*"):
        suffix = pattern[1:]
        name = host.removeprefix("*")
        return name.endswith(suffix) and (host.startswith("*") or len(name) > len(suffix))
    return pattern == host
