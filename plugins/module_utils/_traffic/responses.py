# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses and the servers that their bodies name."""

from __future__ import annotations

import functools
import json
import re
import sys
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

# what helloworld answers, here and in Istio's samples
DEFAULT_PATTERN = r"Hello version: (?P<version>[^,\s]+), instance: (?P<instance>\S+)"

Names: t.TypeAlias = t.Mapping[str, str]
Identify: t.TypeAlias = t.Callable[[str], Names]


@dataclass(frozen=True, slots=True)
class Response:
    """A record and the names of the server behind it, such as ``version`` and ``instance``."""

    record: Record
    names: Names = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the client got no good answer."""
        return self.record.failed

    @property
    def unidentified(self) -> bool:
        """Whether an answer came that names no server."""
        return not self.record.failed and not self.names


def identify_responses(
    records: t.Iterable[Record],
    identify: Identify,
    localities: t.Mapping[str, Names] | None = None,
) -> list[Response]:
    """Identify the server behind every answer; ``localities`` adds names by instance."""
    localities = localities or {}

    @functools.cache
    def names(body: str) -> Names:
        found = identify(body)
        return {**localities.get(found.get("instance", ""), {}), **found}

    return [Response(record, {} if record.failed else names(record.body)) for record in records]


def by_pattern(pattern: str) -> Identify:
    """Identify by the named groups of a regular expression, found anywhere in the body."""
    try:
        expression = re.compile(pattern)
    except re.error as exc:
        raise InvalidInput(
            f"identify.pattern: {pattern!r} is not a regular expression: {exc}"
        ) from exc
    if not expression.groupindex:
        raise InvalidInput(
            f"identify.pattern: {pattern!r} has no named group; give it some like (?P<version>…),"
            " (?P<instance>…)"
        )

    def identify(body: str) -> Names:
        match = expression.search(body)
        groups = match.groupdict() if match else {}
        return {name: _printable(value) for name, value in groups.items() if value}

    return identify


# the answers of Istio's helloworld
HELLOWORLD = by_pattern(DEFAULT_PATTERN)


def by_jmespath(expression: str) -> Identify:
    """Identify by a JMESPath expression that makes a mapping of a JSON body."""
    try:
        import jmespath
    except ImportError as exc:
        raise InvalidInput(
            f"identify.jmespath needs the Python library jmespath; install it for {sys.executable}"
        ) from exc
    try:
        compiled = jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as exc:
        raise InvalidInput(f"identify.jmespath: {expression!r} cannot be read: {exc}") from exc

    def identify(body: str) -> Names:
        try:
            found = compiled.search(json.loads(body))
        except (ValueError, RecursionError, jmespath.exceptions.JMESPathError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: text for name, value in found.items() if (text := _text(value))}

    return identify


def _text(value: t.Any) -> str:
    """Return the name in a JSON value; several services wrap header values into lists."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return _printable(str(value))


def _printable(name: str) -> str:
    """Replace what is no text, such as lone surrogates and control characters."""
    return "".join(each if each.isprintable() else "\ufffd" for each in name)
