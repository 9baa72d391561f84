# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests as users give them: read, bounded and checked for their shape before any use."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import (
    load_all,
    load_mapping,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    describe,
    group_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    Schema,
    schema_violations,
    shown,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import (
    MESH_KEYS,
    METADATA,
    shape_of,
)

# objects are a dozen levels deep; etcd takes 1.5 MB of one, which is some 100,000 values at most
MAX_DEPTH = 64
MAX_VALUES = 100_000


def load_manifests(
    definition: t.Any, option: str = "definition", *, names_only: bool = False
) -> list[dict[str, t.Any]]:
    """Return the objects of a mapping, a YAML text, or a list of both. Raise InvalidInput.

    Their shape is right: whatever is read of them has the type that the API servers publish. Of
    objects that are removed, only kind and metadata are read, and need be there.
    """
    objects = list(_objects(definition, option))
    for obj in objects:
        check_shape(obj, option, names_only=names_only)
    return objects


def check_shape(obj: t.Mapping[str, t.Any], option: str, *, names_only: bool = False) -> None:
    """Raise InvalidInput for the first field of a wrong type, naming what would be right."""
    check_size(obj, option)
    for key in ("apiVersion", "kind"):
        if not isinstance(obj.get(key), str) or not obj[key]:
            raise InvalidInput(f"{option}: {key} of an object is {shown(obj.get(key))}; write text")
    meta = obj.get("metadata")
    if not isinstance(meta, t.Mapping):
        raise InvalidInput(
            f"{option}: metadata of a {obj['kind']:.60} is {shown(meta)}; write a mapping with its name"
        )
    what = f"{option}: {describe(obj)}"
    check_schema(METADATA, meta, "metadata", what)
    if not meta.get("name"):
        raise InvalidInput(f"{what}: metadata.name is missing")
    if names_only:
        return
    schema = shape_of(group_of(obj), obj["kind"])
    if schema:
        check_schema(schema, obj, "", what)
    if obj["kind"] == "ConfigMap" and str(meta["name"]).startswith("istio"):
        for key, inner in MESH_KEYS.items():
            place = f"{what}: key {key}"
            settings = load_mapping((obj.get("data") or {}).get(key) or "", place)
            check_size(settings, place)
            check_schema(inner, settings, "", place)


def check_schema(schema: Schema, value: t.Any, path: str, what: str) -> None:
    """Raise InvalidInput, beginning with ``what``, for the first value that does not fit."""
    for violation in schema_violations(schema, value, path):
        raise InvalidInput(f"{what}: {violation}")


def check_size(value: t.Any, what: str) -> None:
    """Raise InvalidInput for more than an API server would take, aliases counted at each use."""
    count, level = 0, [value]
    for _depth in range(MAX_DEPTH):
        if not level:
            return
        below: list[t.Any] = []
        for each in level:
            if isinstance(each, t.Mapping):
                _check_keys(each, what)
                below.extend(each.values())
            elif isinstance(each, list | tuple):
                below.extend(each)
            if count + len(below) > MAX_VALUES:
                raise InvalidInput(
                    f"{what}: an object has more than {MAX_VALUES} values; an API server takes "
                    "1.5 MB of one, so write several"
                )
        count += len(below)
        level = below
    if level:
        raise InvalidInput(
            f"{what}: an object is nested more than {MAX_DEPTH} levels deep, or holds itself"
        )


def _check_keys(mapping: t.Mapping[t.Any, t.Any], what: str) -> None:
    for key in mapping:
        # numbers are the keys of portLevelMtls, which YAML reads as what they look like
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise InvalidInput(f"{what}: the key {shown(key)} is not text; quote it")


def _objects(definition: t.Any, option: str) -> t.Iterator[dict[str, t.Any]]:
    waiting = [definition]
    for _count in range(MAX_VALUES):
        if not waiting:
            return
        part = waiting.pop()
        if isinstance(part, t.Mapping):
            items = part.get("items")
            if part.get("kind") != "List" or items is None:
                # a field that is null is absent
                yield {key: value for key, value in part.items() if value is not None}
                continue
            if not isinstance(items, list | tuple):
                raise InvalidInput(f"{option}: items of a List is {shown(items)}; write a list")
            part = items
        elif isinstance(part, str):
            part = load_all(part, option)
            for document in part:
                if not isinstance(document, t.Mapping):
                    raise _no_object(document, option)
        if not isinstance(part, list | tuple):
            raise _no_object(part, option)
        waiting.extend(reversed(part))
    raise InvalidInput(f"{option}: it has more than {MAX_VALUES} parts; give fewer at a time")


def _no_object(value: t.Any, option: str) -> InvalidInput:
    return InvalidInput(f"{option}: {shown(value)} is neither an object nor YAML text with objects")
