# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells from an answer's body who gave it. Private to this collection."""

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
Recognise: t.TypeAlias = t.Callable[[str], Names]


@dataclass(frozen=True, slots=True)
class Response:
    """A record and who answered: ``version``, ``instance`` and whatever else is known."""

    record: Record
    names: Names = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the client did not get what it asked for."""
        return self.record.failed

    @property
    def unidentified(self) -> bool:
        """Whether an answer came and nobody knows from whom."""
        return not self.record.failed and not self.names


def identify(
    records: t.Iterable[Record],
    recognise: Recognise,
    places: t.Mapping[str, Names] | None = None,
) -> list[Response]:
    """Recognises every answer; ``places`` adds names (locality, cluster) by instance."""
    places = places or {}

    @functools.cache
    def names(body: str) -> Names:
        found = recognise(body)
        return {**places.get(found.get("instance", ""), {}), **found}

    return [Response(record, {} if record.failed else names(record.body)) for record in records]


def by_pattern(pattern: str) -> Recognise:
    """Recognises by the named groups of a regular expression, found anywhere in the body."""
    try:
        expression = re.compile(pattern)
    except re.error as exc:
        raise InvalidInput(
            f"identify.pattern: {pattern!r} is not a regular expression: {exc}"
        ) from exc
    if not expression.groupindex:
        raise InvalidInput(
            f"identify.pattern: {pattern!r} names nobody; give it groups like (?P<version>…),"
            " (?P<instance>…)"
        )

    def recognise(body: str) -> Names:
        match = expression.search(body)
        groups = match.groupdict() if match else {}
        return {name: value for name, value in groups.items() if value}

    return recognise


def by_jmespath(expression: str) -> Recognise:
    """Recognises by a JMESPath expression that makes a mapping of a JSON body."""
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

    def recognise(body: str) -> Names:
        try:
            found = compiled.search(json.loads(body))
        except (ValueError, jmespath.exceptions.JMESPathError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: text for name, value in found.items() if (text := _text(value))}

    return recognise


def _text(value: t.Any) -> str:
    """A name out of a JSON value; several services wrap header values into lists."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value)
