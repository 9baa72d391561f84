# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of HTTPRoutes and GRPCRoutes in the form of a VirtualService's fields."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_errors import (
    NotConvertible,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

# what Go's regexp.QuoteMeta escapes
_META = re.compile(r"([\\.+*?()|\[\]{}^$])")
# what an API server sets
_REDIRECT_CODE = 302


def redirect(written: Raw) -> Raw:
    """Return the ``redirect`` of a RequestRedirect filter."""
    found: dict[str, t.Any] = {"redirectCode": int(written.get("statusCode") or _REDIRECT_CODE)}
    if written.get("hostname"):
        found["authority"] = str(written["hostname"])
    if written.get("scheme"):
        found["scheme"] = str(written["scheme"])
    if written.get("port") is not None:
        found["port"] = int(written["port"])
    else:
        derived = "FROM_PROTOCOL_DEFAULT" if written.get("scheme") else "FROM_REQUEST_PORT"
        found["derivePort"] = derived
    path: Raw = written.get("path") or {}
    if path.get("type") == "ReplaceFullPath":
        found["uri"] = str(path.get("replaceFullPath") or "")
    elif path.get("type") == "ReplacePrefixMatch":
        found["prefixRewrite"] = str(path.get("replacePrefixMatch") or "")
    return found


def rewrite(written: Raw, match: Raw) -> Raw | None:
    """Return the ``rewrite`` of a URLRewrite filter for requests of one match."""
    found: dict[str, t.Any] = {}
    path: Raw = written.get("path") or {}
    if path.get("type") == "ReplacePrefixMatch":
        prefix = str(path.get("replacePrefixMatch") or "").removesuffix("/")
        if prefix:
            found["uri"] = prefix
        else:
            # the prefix goes, and what is behind it stays
            begin = str((match.get("uri") or {}).get("pathPrefix") or "")
            quoted = _META.sub(r"\\\1", begin)
            found["uriRegexRewrite"] = {"match": f"^{quoted}(/?)(.*)", "rewrite": r"/\2"}
    elif path.get("type") == "ReplaceFullPath":
        full = str(path.get("replaceFullPath") or "")
        found["uriRegexRewrite"] = {"match": "/.*", "rewrite": full}
    if written.get("hostname"):
        found["authority"] = str(written["hostname"])
    return found or None


def check_headers(written: Raw) -> None:
    """Raise NotConvertible for a value that no header can have."""
    for each in (*(written.get("set") or ()), *(written.get("add") or ())):
        value = str(each.get("value") or "")
        if any((code < 0x20 and code != 0x09) or code == 0x7F for code in map(ord, value)):
            raise NotConvertible(f"the value of header {each.get('name')} has control characters")
