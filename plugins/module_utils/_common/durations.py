# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations in the notation of Kubernetes manifests."""

from __future__ import annotations

import re

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)")


def seconds(text: str) -> float:
    """Parse a duration: ``1m30s`` → 90.0. Raise InvalidInput where Go's ``ParseDuration`` fails."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise InvalidInput(f"'{text}' is not a duration; write it like 1s, 250ms or 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def protobuf(text: str) -> str:
    """Convert to the JSON form of ``google.protobuf.Duration``: ``1m30s`` → ``90s``."""
    return f"{seconds(text):.9f}".rstrip("0").rstrip(".") + "s"
