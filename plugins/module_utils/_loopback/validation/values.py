# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of single values. Private to this collection."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import typing as t
from collections import Counter

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

_PORTS = range(1, 65536)


def required(mapping: t.Mapping[str, t.Any], key: str, path: str, what: str) -> t.Any:
    """The value; InvalidInput when it is absent or empty."""
    value = mapping.get(key)
    if value is None or value in ("", [], {}):
        raise InvalidInput(f"{what}: {path}.{key} is missing")
    return value


def check_port(number: int, path: str, what: str) -> None:
    if number not in _PORTS:
        raise InvalidInput(f"{what}: {path}: {number} is not a port (1 to 65535)")


def check_range(
    mapping: t.Mapping[str, t.Any], key: str, low: int, high: int | None, path: str, what: str
) -> None:
    number = mapping.get(key)
    if number is None:
        return
    if number < low or (high is not None and number > high):
        wanted = f"{low} to {high}" if high is not None else f"{low} or more"
        raise InvalidInput(f"{what}: {path}.{key} is {number}; it must be {wanted}")


def check_unique(values: t.Iterable[t.Any], path: str, field: str, what: str) -> None:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise InvalidInput(f"{what}: {path}: {field} {twice[0]} is there more than once")


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def check_base64(text: str, path: str, what: str) -> None:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidInput(
            f"{what}: {path} is not base64; plain text goes into stringData"
        ) from exc
