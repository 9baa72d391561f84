# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locality strings and patterns."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    matches,
    parse_locality,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("", "", "")),
        ("region", ("region", "", "")),
        ("region/zone", ("region", "zone", "")),
        ("region/zone/subzone", ("region", "zone", "subzone")),
        ("region/zone/subzone/rack", ("region", "zone", "subzone")),
        ("east/east-a/", ("east", "east-a", "")),
        ("/zone1/", ("", "zone1", "")),
        ("west.west-a", ("west.west-a", "", "")),
        (" East", (" East", "", "")),
    ],
)
def test_cutting(text: str, parts: tuple[str, ...]) -> None:
    assert parse_locality(text) == parts


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        ("a//", "a"),
        ("a/b/", "a/b"),
        ("a/b/c/d", "a/b/c"),
        ("//s", ""),
        ("a//s", "a"),
        ("/zone1/", "/zone1"),
    ],
)
def test_printing_stops_at_the_first_missing_part(text: str, printed: str) -> None:
    assert str(parse_locality(text)) == printed


@pytest.mark.parametrize(
    ("pattern", "locality", "expected"),
    [
        ("*", "region1/zone1/subzone1", True),
        ("region1/*", "region1/zone1/subzone1", True),
        ("region1/zone1/*", "region1/zone1/subzone1", True),
        ("region1", "region1/zone1/subzone1", True),
        ("region1/zone1", "region1/zone1/subzone1", True),
        ("region1/zone2/*", "region1/zone1/subzone1", False),
        ("region1/zone1", "region1/zone1", True),
        ("region1/zone1/subzone2", "region1/zone1", False),
        ("*", "", True),
        ("region1", "", False),
        # an asterisk is a wildcard as a whole part only
        ("region1/z*", "region1/zone1", False),
        ("region1/*/subzone1", "region1/zone1/subzone1", True),
        ("region1/zone1/subzone1/rack", "region1/zone1/subzone1", True),
    ],
)
def test_matching(pattern: str, locality: str, expected: bool) -> None:
    assert matches(parse_locality(pattern), parse_locality(locality)) is expected
