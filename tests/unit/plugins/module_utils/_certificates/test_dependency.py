# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user is told about the library."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import dependency
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

MINIMUM = dependency.MINIMUM_VERSION


@pytest.mark.parametrize("version", [MINIMUM, "43.0.1", "100.0.0", "44.0.0rc1", "44"])
def test_new_enough(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependency, "FOUND_VERSION", version)
    dependency.require_cryptography()


@pytest.mark.parametrize("version", ["42.0.8", "9.9.9", "3.4"])
def test_too_old(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependency, "FOUND_VERSION", version)
    monkeypatch.setattr(dependency, "FOUND_PATH", "/lib/cryptography/__init__.py")
    with pytest.raises(MeshError, match=rf">= {MINIMUM} .*{version} is installed in /lib/crypt"):
        dependency.require_cryptography()


def test_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependency, "FOUND_VERSION", None)
    monkeypatch.setattr(dependency, "IMPORT_PROBLEM", "No module named 'cryptography'")
    with pytest.raises(MeshError, match=rf">= {MINIMUM} .*No module named 'cryptography'"):
        dependency.require_cryptography()
