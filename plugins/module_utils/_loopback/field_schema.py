# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas of objects, and the check of an object against one.

A schema is a ``Field`` for a value, a mapping for a mapping (the key ``*`` stands for any key), or a
list with one schema for a list.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotSupported,
)

ANY_KEY = "*"
PROVIDER = "provider loopback"


@dataclass(frozen=True, slots=True)
class Field:
    """A value. ``values`` lists those that are supported; empty: all of the type."""

    type: type | tuple[type, ...] | None = None
    values: tuple[t.Any, ...] = ()
    # False: accepted because real clusters need it, without meaning on loopback
    effect: bool = True
    # why other values are not supported
    note: str = ""


Schema: t.TypeAlias = "Field | t.Mapping[str, Schema] | list[Schema]"

TEXT = Field(str)
NUMBER = Field(int)
FLAG = Field(bool)
TEXTS: Schema = [TEXT]
LABELS: Schema = {ANY_KEY: TEXT}
PORT = Field((int, str))
NO_EFFECT = Field(effect=False)

_TYPE_NAMES = {str: "text", int: "a whole number", bool: "true or false"}


def one_of(*values: t.Any, note: str = "") -> Field:
    return Field(values=values, note=note)


def check_fields(schema: Schema, value: t.Any, path: str, what: str) -> None:
    """Raise NotSupported for a field or value that the schema lacks, naming what it has.

    Raise InvalidInput for a value of the wrong type. A field that is null counts as absent.
    """
    if value is None:
        return
    if isinstance(schema, Field):
        _check_value(schema, value, path, what)
    elif isinstance(schema, list):
        if not isinstance(value, list):
            raise InvalidInput(f"{what}: {path} must be a list, it is {value!r:.60}")
        for index, item in enumerate(value):
            check_fields(schema[0], item, f"{path}[{index}]", what)
    else:
        if not isinstance(value, t.Mapping):
            raise InvalidInput(f"{what}: {path} must be a mapping, it is {value!r:.60}")
        for key, item in value.items():
            _check_key(schema, key, item, path, what)


def listing(schema: Schema, path: str = "") -> t.Iterator[tuple[str, Field]]:
    """Return every field of a schema with its path, for documentation."""
    if isinstance(schema, Field):
        yield path, schema
    elif isinstance(schema, list):
        yield from listing(schema[0], f"{path}[]")
    else:
        for key, item in schema.items():
            yield from listing(item, f"{path}.{key}" if path else key)


def _check_key(
    schema: t.Mapping[str, Schema], key: t.Any, item: t.Any, path: str, what: str
) -> None:
    below = f"{path}.{key}" if path else str(key)
    found = schema.get(key, schema.get(ANY_KEY))
    if found is not None:
        check_fields(found, item, below, what)
    elif item is not None:
        raise NotSupported(
            f"{what}: {below} is not supported by {PROVIDER}; "
            f"{f'below {path} it supports' if path else 'it supports'}: {', '.join(sorted(schema))}"
        )


def _check_value(field: Field, value: t.Any, path: str, what: str) -> None:
    if field.type is not None:
        types = field.type if isinstance(field.type, tuple) else (field.type,)
        # a bool is an int to Python, not to Kubernetes
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            names = " or ".join(_TYPE_NAMES[part] for part in types)
            hint = "; quote it" if types == (str,) and isinstance(value, int | float) else ""
            raise InvalidInput(f"{what}: {path} must be {names}, it is {value!r:.60}{hint}")
    if field.values and value not in field.values:
        supported = ", ".join(str(item) for item in field.values)
        raise NotSupported(
            f"{what}: {path} {value!r:.60} is not supported by {PROVIDER}; it supports: {supported}"
            + (f" ({field.note})" if field.note else "")
        )
