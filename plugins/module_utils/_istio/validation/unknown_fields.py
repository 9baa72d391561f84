# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find fields that kinds of Istio and the Gateway API do not have: API servers drop them, so they do nothing."""

from __future__ import annotations

import difflib
import functools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import GATEWAY_API
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    group_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    List,
    Map,
    Mapping,
    Schema,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import SHAPES
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.unread_fields import (
    UNREAD,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import Raw

_TOP = ("apiVersion", "kind", "metadata", "spec", "status")
_GROUPS = (".istio.io", GATEWAY_API)


class UnknownField(t.NamedTuple):
    """A field that the kind does not have."""

    # path in the object, such as spec.trafficPolicy.outlierDetecton
    path: str
    value: t.Any
    # the most similar field beside it; empty where none is similar
    nearest: str
    # paths where the kind has a field of this very name
    elsewhere: tuple[str, ...]


def has_published_fields(obj: Raw) -> bool:
    """Are all fields of the object's kind known here?"""
    return group_of(obj).endswith(_GROUPS) and (group_of(obj), obj.get("kind")) in SHAPES


def unknown_fields(obj: Raw) -> t.Iterator[UnknownField]:
    """Yield the fields of an object of such a kind, with values of the right types, that do not exist.

    What is null is absent.
    """
    if not has_published_fields(obj):
        return
    kind = f"{group_of(obj)}/{obj['kind']}"
    for key, value in obj.items():
        if key not in _TOP and value is not None:
            yield _unknown(kind, str(key), value, _TOP)
    shape = SHAPES[group_of(obj), obj["kind"]].fields["spec"]
    yield from _below(kind, shape, obj.get("spec"), "spec", "")


def _below(
    kind: str, schema: Schema, value: t.Any, path: str, published: str
) -> t.Iterator[UnknownField]:
    """``path`` is that in the object, ``published`` the same as Istio publishes it."""
    if isinstance(schema, List) and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _below(kind, schema.items, item, f"{path}[{index}]", f"{published}[]")
    elif isinstance(schema, Map) and isinstance(value, t.Mapping):
        for key, item in value.items():
            yield from _below(kind, schema.values, item, f"{path}.{key}", f"{published}.*")
    elif isinstance(schema, Mapping) and isinstance(value, t.Mapping) and schema.fields:
        unread = _unread(kind).get(published, ())
        for key, item in value.items():
            own = f"{published}.{key}" if published else str(key)
            if key in schema.fields:
                yield from _below(kind, schema.fields[key], item, f"{path}.{key}", own)
            elif item is not None and key not in unread:
                yield _unknown(kind, f"{path}.{key}", item, (*schema.fields, *unread))


def _unknown(kind: str, path: str, value: t.Any, beside: t.Collection[str]) -> UnknownField:
    key = path.rpartition(".")[2]
    lower = {name.lower(): name for name in beside}
    near = difflib.get_close_matches(key.lower(), lower, 1, 0.7)
    return UnknownField(path, value, lower[near[0]] if near else "", _places(kind).get(key, ()))


@functools.cache
def _unread(kind: str) -> t.Mapping[str, t.Collection[str]]:
    """The fields that nothing reads, by the path of the mapping that they are in."""
    found: dict[str, set[str]] = {}
    for path in UNREAD.get(kind, ()):
        parent, _dot, name = path.rpartition(".")
        found.setdefault(parent, set()).add(name)
    return found


@functools.cache
def _places(kind: str) -> t.Mapping[str, tuple[str, ...]]:
    """The mappings that have a field of a name, shortest first."""
    group, _slash, own = kind.partition("/")
    found: dict[str, list[str]] = {}
    for path in _paths(SHAPES[group, own].fields["spec"], "spec"):
        parent, _dot, name = path.rpartition(".")
        found.setdefault(name, []).append(parent)
    return {name: tuple(sorted(paths, key=len)) for name, paths in found.items()}


def _paths(schema: Schema, path: str) -> t.Iterator[str]:
    if isinstance(schema, List):
        yield from _paths(schema.items, f"{path}[]")
    elif isinstance(schema, Map):
        yield from _paths(schema.values, f"{path}.*")
    elif isinstance(schema, Mapping):
        for name, below in schema.fields.items():
            yield f"{path}.{name}"
            yield from _paths(below, f"{path}.{name}")
