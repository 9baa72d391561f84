# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Word the errors of an API server, name the objects in them, and tell which are worth a retry."""

from __future__ import annotations

import json
import re
import typing as t

# An overloaded machine or etcd; the same request succeeds a moment later
OVERLOADED = (
    "etcdserver: leader changed|etcdserver: request timed out"
    "|request did not complete within (?:the )?requested timeout"
)


def describe_object(obj: t.Mapping[str, t.Any]) -> str:
    """Name an object by its kind, namespace and name."""
    metadata = obj["metadata"]
    namespace = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{obj['kind']} {namespace}{metadata['name']}"


def server_message(data: bytes | str) -> str:
    """Return the message in an error's body, on one line."""
    try:
        text = str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        text = data.decode(errors="replace") if isinstance(data, bytes) else data
    return " ".join(text.split())


def is_transient(status: int, message: str) -> bool:
    """Return whether the same request may succeed a moment later."""
    return status == 429 or re.search(OVERLOADED, message) is not None


def describe_error(action: str, status: int, message: str) -> str:
    """Word an error answer to a request whose purpose is ``action``."""
    if status == 401:
        message = f"{message}: the credentials are not valid (any more); log in again"
    return f"{'cannot' if status >= 500 else 'may not'} {action}: {status} {message}"
