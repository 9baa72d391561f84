# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes hold every field that Istio and the Gateway API publish, or this file says why one is not read.

``tests/tools/record_crd_fields.py`` records the fields of a release; a field that is new there fails here.
"""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    List,
    Map,
    Mapping,
    Schema,
    Value,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import SHAPES
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.unread_fields import (
    UNREAD,
)

PUBLISHED: dict[str, dict[str, str]] = json.loads(
    (pathlib.Path(__file__).parent / "published_fields.json").read_text(encoding="utf-8")
)
TYPES: t.Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def fields(schema: Schema, path: str = "") -> dict[str, str]:
    """Return the fields of a shape, named as in the record."""
    found = {path: kind(schema)} if path else {}
    if isinstance(schema, List):
        found |= fields(schema.items, f"{path}[]")
    elif isinstance(schema, Map):
        found |= fields(schema.values, f"{path}.*")
    elif isinstance(schema, Mapping):
        for name, below in schema.fields.items():
            found |= fields(below, f"{path}.{name}" if path else name)
    return found


def kind(schema: Schema) -> str:
    if isinstance(schema, Value):
        return "number" if float in schema.types else TYPES[schema.types[0]]
    return {List: "array", Map: "map", Mapping: "object"}[type(schema)]


def shape(name: str) -> Schema:
    group, _slash, own = name.partition("/")
    return SHAPES[group, own].fields["spec"]


def opaque(name: str) -> list[str]:
    """Return the mappings of which nothing below is looked at."""
    own = fields(shape(name))
    return [
        path
        for path, type_ in own.items()
        if type_ == "object" and not any(other.startswith(f"{path}.") for other in own)
    ]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_shape_has_no_field_that_istio_does_not_have(name: str) -> None:
    published = PUBLISHED[name]
    wrong = {
        path: (own, published.get(path))
        for path, own in fields(shape(name)).items()
        if own != published.get(path)
    }
    assert wrong == {}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_field_that_is_not_read_is_known(name: str) -> None:
    below = [*opaque(name), *UNREAD.get(name, ())]
    own = fields(shape(name))
    unknown = [
        path
        for path in PUBLISHED[name]
        if path not in own
        and not any(path == p or path.startswith((f"{p}.", f"{p}[")) for p in below)
    ]
    assert unknown == []


@pytest.mark.parametrize("name", UNREAD)
def test_a_field_that_is_said_not_to_be_read_is_not(name: str) -> None:
    assert not set(UNREAD[name]) & set(fields(shape(name)))
    assert set(UNREAD[name]) <= set(PUBLISHED[name])
