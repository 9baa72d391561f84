# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API server says when it does not do what it was asked for. Private to this collection."""

from __future__ import annotations

import json
import re

# Of a server whose machine or etcd is overloaded; asked again, it does it
OVERLOADED = (
    "etcdserver: leader changed|etcdserver: request timed out"
    "|request did not complete within (?:the )?requested timeout"
)


def message(data: bytes | str) -> str:
    """The server's words, in one line."""
    try:
        said = str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        said = data.decode(errors="replace") if isinstance(data, bytes) else data
    return " ".join(said.split())


def is_transient(status: int, said: str) -> bool:
    """Whether the same request may be answered a moment later."""
    return status == 429 or re.search(OVERLOADED, said) is not None


def told(what: str, status: int, said: str) -> str:
    """The refusal in words."""
    if status == 401:
        said = f"{said}: the credentials are not valid (any more); log in again"
    return f"{'cannot' if status >= 500 else 'may not'} {what}: {status} {said}"
