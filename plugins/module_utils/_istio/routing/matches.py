# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matches of HTTP routes: in words, and whether a plain request is one of theirs."""

from __future__ import annotations

import re
import typing as t

Raw: t.TypeAlias = t.Mapping[str, t.Any]

_KINDS = {
    "exact": "is {}",
    "prefix": "begins with {}",
    "pathPrefix": "is {} or below it",
    "regex": "matches {}",
}
_MAPS = (("headers", "header"), ("withoutHeaders", "no header"), ("queryParams", "parameter"))
_TEXTS = (
    ("uri", "path"),
    ("method", "method"),
    ("authority", "host"),
    ("scheme", "scheme"),
)


def described(match: Raw) -> str:
    """Return the requests of a match in words; ``all others`` where nothing narrows it."""
    parts = [f"{name} {_text(match[key])}" for key, name in _TEXTS if match.get(key)]
    for key, name in _MAPS:
        for each, text in (match.get(key) or {}).items():
            parts.append(f"{name} {each} {_text(text)}".rstrip())
    return ", ".join(parts) or "all others"


def _text(match: Raw | None) -> str:
    for kind, words in _KINDS.items():
        if match and match.get(kind) is not None:
            return words.format(match[kind])
    return ""


def takes_plain_request(match: Raw, path: str = "/", host: str = "") -> bool:
    """Tell whether a GET of a path that carries no header of its own is one of the match's."""
    if match.get("headers") or not all(
        _differs(text) for text in (match.get("withoutHeaders") or {}).values()
    ):
        return False
    name, _mark, query = path.partition("?")
    if match.get("ignoreUriCase"):
        name = name.lower()
    values = {"uri": name, "method": "GET", "authority": host, "scheme": "http"}
    texts = [(match.get(key), value) for key, value in values.items() if match.get(key)]
    given = dict(part.partition("=")[::2] for part in query.split("&") if part)
    for key, text in (match.get("queryParams") or {}).items():
        if key not in given:
            return False
        texts.append((text, given[key]))
    return all(_fits(text, value, bool(match.get("ignoreUriCase"))) for text, value in texts)


def _differs(text: Raw | None) -> bool:
    """Tell whether a header that is not there, which counts as empty, differs from the text."""
    return not text or text.get("regex") == "*" or not _fits(text, "", False)


def _fits(text: Raw | None, value: str, ignore_case: bool) -> bool:
    if not text:
        return True
    wanted = {kind: str(each) for kind, each in text.items()}
    if ignore_case:
        wanted = {kind: each.lower() for kind, each in wanted.items()}
    if "exact" in wanted:
        return value == wanted["exact"]
    if "prefix" in wanted:
        return value.startswith(wanted["prefix"])
    if "pathPrefix" in wanted:
        return f"{value}/".startswith(f"{wanted['pathPrefix'].removesuffix('/')}/")
    try:
        return re.fullmatch(wanted.get("regex", ".*"), value) is not None
    except re.error:
        # the syntax of Envoy's expressions has a little that Python's has not
        return False
