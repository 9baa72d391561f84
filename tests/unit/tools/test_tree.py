# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of the checkout holds what git would hold."""

from __future__ import annotations

import pathlib

import tree


def test_copy(tmp_path: pathlib.Path) -> None:
    checkout = tmp_path / "checkout"
    kept = ["galaxy.yml", "plugins/modules/x.py", ".yamllint"]
    left = [".git/HEAD", ".venv/x", "build/x", "plugins/.ruff_cache/x", "plugins/__pycache__/x.pyc"]
    for name in [*kept, *left]:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    stale = tree.collection_path(tmp_path / "root") / "stale"
    stale.parent.mkdir(parents=True)
    stale.touch()
    copy = tree.copy_collection(tmp_path / "root", checkout)
    assert copy == tmp_path / "root" / "ansible_collections" / "eastwest" / "mesh"
    assert sorted(str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_file()) == sorted(kept)
