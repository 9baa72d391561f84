# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1s", "1s"),
        ("1m", "60s"),
        ("250ms", "0.25s"),
        ("1h2m3s", "3723s"),
        ("1.5s", "1.5s"),
        ("100s", "100s"),
        ("0s", "0s"),
    ],
)
def test_protobuf(text: str, expected: str) -> None:
    assert durations.protobuf(text) == expected


@pytest.mark.parametrize("text", ["", "1", "s", "1 s", "1s ", "-1s", "1d", "1s2"])
def test_what_is_no_duration_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a duration"):
        durations.seconds(text)
