# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas of fields: types, ranges, values and required fields, as API servers publish them."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
)

ANY_KEY = "*"


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar: its types, and the range or the values that it may have."""

    types: tuple[type, ...]
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    is_duration: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping with these fields; others are known to the server only, and not checked."""

    fields: t.Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping from any text to values of one schema."""

    values: Schema


@dataclass(frozen=True, slots=True)
class List:
    """A list of values of one schema."""

    items: Schema
    most: int = 100_000


Schema: t.TypeAlias = Value | Mapping | Map | List

TEXT = Value((str,))
DURATION = Value((str,), is_duration=True)
FLAG = Value((bool,))
INT32 = Value((int,), -(2**31), 2**31 - 1)
COUNT = Value((int,), 0, 2**31 - 1)
UINT32 = Value((int,), 0, 2**32 - 1)
NUMBER = Value((int, float))
INT_OR_TEXT = Value((int, str), -(2**31), 2**31 - 1)
TEXTS = List(TEXT)
LABELS = Map(TEXT)

_NAMES: t.Final[t.Mapping[type, str]] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def one_of(*values: str) -> Value:
    return Value((str,), values=values)


def schema_violations(schema: Schema, value: t.Any, path: str) -> Violations:
    """Find values of a wrong type, out of range, or missing. A field that is null is absent."""
    if value is None:
        return
    if isinstance(schema, Value):
        yield from _value(schema, value, path)
    elif isinstance(schema, List):
        yield from _list(schema, value, path)
    elif not isinstance(value, t.Mapping):
        yield _type(path, value, "a mapping")
    elif isinstance(schema, Map):
        for key, item in value.items():
            yield from schema_violations(schema.values, item, f"{path}.{key}")
    else:
        yield from _mapping(schema, value, path)


def _list(schema: List, value: t.Any, path: str) -> Violations:
    if not isinstance(value, list | tuple):
        yield _type(path, value, "a list")
        return
    if len(value) > schema.most:
        advice = f"give {schema.most} at most"
        yield Violation("size", path, f"is a list of {len(value)}", advice)
    for index, item in enumerate(value):
        if item is None:
            yield Violation("type", f"{path}[{index}]", "is empty", "leave it out")
        yield from schema_violations(schema.items, item, f"{path}[{index}]")


def _mapping(schema: Mapping, value: Raw, path: str) -> Violations:
    prefix = f"{path}." if path else ""
    for key in schema.required:
        if value.get(key) is None:
            yield Violation("missing", f"{prefix}{key}", "is missing", "")
    for key, below in schema.fields.items():
        yield from schema_violations(below, value.get(key), f"{prefix}{key}")


def _value(schema: Value, value: t.Any, path: str) -> Violations:
    # a bool is an int to Python, not to Kubernetes
    fits = isinstance(value, schema.types) and (bool in schema.types or not isinstance(value, bool))
    if not fits and schema.is_duration and (written := _duration(value)):
        yield Violation("type", path, f"is {shown(value)}", f"it must be a duration: {written}")
    elif not fits:
        yield _type(path, value, " or ".join(_NAMES[each] for each in schema.types))
    elif schema.values and value not in schema.values:
        near = next((each for each in schema.values if each.lower() == str(value).lower()), "")
        advice = f"write {near}" if near else f"choose one of {', '.join(schema.values)}"
        yield Violation("value", path, f"is {value!r:.60}", advice)
    elif schema.low is not None and schema.high is not None and isinstance(value, int | float):
        if value < schema.low:
            yield Violation(
                "range", path, f"is {value!s:.60}", f"it must be {schema.low:.0f} or more"
            )
        if value > schema.high:
            yield Violation(
                "range", path, f"is {value!s:.60}", f"it must be {schema.high:.0f} or less"
            )


def _duration(value: t.Any) -> str:
    """Return a number of seconds as a duration; nothing for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return ""
    return f"{value:.0f}s" if value == int(value) else f"{value * 1000:.0f}ms"


def _type(path: str, value: t.Any, right: str) -> Violation:
    quote = right == "text" and isinstance(value, int | float | datetime.date)
    advice = f"it must be {right}{'; quote it' if quote else ''}"
    return Violation("type", path or "it", f"is {shown(value)}", advice)


def shown(value: t.Any) -> str:
    """Show the beginning of a value, however large or deep it is."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, t.Mapping):
        return f"a mapping of {', '.join(sorted(str(key)[:30] for key in list(value)[:4]))}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"{value!r:.60}" if isinstance(value, str | int | float) else type(value).__name__
