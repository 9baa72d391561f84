# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The notice about a root that was replaced."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.root_replacement import (
    root_replacement,
)

OLD = {"subject": "CN=Old", "fingerprint": "01:02", "not_after": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("fingerprint", "expected"), [("03:04", "(03:04)"), ("", "(not generated in check mode)")]
)
def test_a_replaced_root_is_named_with_the_new_one(fingerprint: str, expected: str) -> None:
    new = {"subject": "CN=New", "fingerprint": fingerprint}
    (notice,) = root_replacement({"root": new, "replaced_root": OLD})
    assert "The root CN=Old (01:02), valid until 2026-01-01T00:00:00Z, was replaced" in notice
    assert f"by CN=New {expected}." in notice


@pytest.mark.parametrize(
    "result", [{"failed": True, "msg": "no"}, {"root": {}, "replaced_root": None}]
)
def test_without_a_replaced_root_there_is_no_notice(result: dict[str, object]) -> None:
    assert root_replacement(result) == []
