# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import (
    overlaps,
    parse_range,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, []),
        ({"east": [""], "west": [""]}, []),
        ({"east": ["10.10.0.0/16", "10.255.10.0/24"], "west": ["10.30.0.0/16"]}, []),
        (
            {"east": ["10.10.0.0/16"], "west": ["10.10.128.0/24"]},
            ["10.10.0.0/16 of east and 10.10.128.0/24 of west"],
        ),
        (
            {"east": ["10.0.0.1-10.0.0.9"], "west": ["10.0.0.9"]},
            ["10.0.0.1-10.0.0.9 of east and 10.0.0.9 of west"],
        ),
        ({"east": ["10.0.0.1 - 10.0.0.9"], "west": ["10.0.0.10"]}, []),
        # a cluster's pods and services must not overlap either
        (
            {"east": ["10.10.0.0/16", "10.10.5.0/24"]},
            ["10.10.0.0/16 of east and 10.10.5.0/24 of east"],
        ),
        # 0.0.0.1 and ::1 are the same number
        ({"east": ["0.0.0.1"], "west": ["::1"]}, []),
        (
            {"a": ["10.0.0.0/8"], "b": ["10.1.0.0/16"], "c": ["10.1.2.0/24"]},
            [
                "10.0.0.0/8 of a and 10.1.0.0/16 of b",
                "10.0.0.0/8 of a and 10.1.2.0/24 of c",
                "10.1.0.0/16 of b and 10.1.2.0/24 of c",
            ],
        ),
    ],
)
def test_overlaps(claims: dict[str, list[str]], expected: list[str]) -> None:
    assert overlaps(claims) == expected


@pytest.mark.parametrize(
    "text", ["east", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/33", "1-2-3"]
)
def test_unreadable(text: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{text}'"):
        parse_range(text)
