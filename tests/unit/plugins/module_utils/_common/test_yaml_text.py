# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import (
    dump,
    load_all,
    load_mapping,
)


class Tagged(str):
    """Like the strings of Ansible's templates."""

    __slots__ = ()


class Bytes(bytes):
    """What the strings of older releases encode to."""


class Unsafe(Tagged):
    """Like the strings of templates of older releases."""

    __slots__ = ()

    def encode(self, *args: t.Any, **kwargs: t.Any) -> bytes:
        return Bytes(super().encode(*args, **kwargs))


@pytest.mark.parametrize("kind", [str, Tagged, Unsafe])
def test_documents(kind: type[str]) -> None:
    assert load_all(kind("---\na: 1\n---\n---\nb: ü\n"), "x") == [{"a": 1}, {"b": "ü"}]


@pytest.mark.parametrize(("text", "expected"), [("", {}), ("a: 1", {"a": 1})])
def test_mapping(text: str, expected: dict[str, t.Any]) -> None:
    assert load_mapping(text, "x") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "x is not valid YAML"),
        ("- a", "x must be a mapping"),
        ("a: 2026-13-45", "x is not valid YAML"),
        ("a: " + "[" * 2000, "x is not valid YAML"),
        ("a: " + "9" * 9000, "x is not valid YAML"),
        ("a: \ud800", "x is not valid YAML"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_mapping(text, "x")


def test_the_order_of_keys_is_kept() -> None:
    assert dump({"b": 1, "a": 2}) == "b: 1\na: 2\n"
