# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find requests in a sidecar's access log."""

from __future__ import annotations

import json
import re

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import AccessLogEntry

# a status and Envoy's response flags
_FLAGS = re.compile(r"(?<=\s)(\d{3}|0) ((?:[A-Z]{2,5}|DPE|NC)(?:,[A-Z]{2,5})*|-)(?=\s)")
# the most specific reasons come first
_REASONS = (
    re.compile(r"TLS_error:[^\"}\s]+"),
    re.compile(r"delayed[ _]connect[ _]error:[^\"}\s]+"),
    re.compile(r"upstream_reset_before_response_started\{[^}\"]*\}"),
)
_HEADER = "x-request-id"


def request_header(token: str) -> dict[str, str]:
    """Return the header that marks a request for the log."""
    return {_HEADER: token}


def read(text: str, token: str) -> list[AccessLogEntry]:
    """Return the log entries with the token."""
    return [_line(line) for line in text.splitlines() if token in line]


def _line(line: str) -> AccessLogEntry:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if isinstance(fields, dict):
        flags = str(fields.get("response_flags") or "-")
        reason = fields.get("upstream_transport_failure_reason") or fields.get(
            "response_code_details"
        )
        return AccessLogEntry(_split(flags), str(reason or "").strip("-"))
    found = _FLAGS.search(line)
    reasons = (pattern.search(line) for pattern in _REASONS)
    reason = next((each.group() for each in reasons if each), "")
    return AccessLogEntry(_split(found.group(2)) if found else (), reason)


def _split(flags: str) -> tuple[str, ...]:
    return tuple(flag for flag in flags.split(",") if flag not in ("", "-"))
