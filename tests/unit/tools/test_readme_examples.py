# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

import pytest
import readme_examples
import yaml

ROLES = pathlib.Path(__file__).parents[3] / "roles"


def test_every_role_has_an_example() -> None:
    assert sorted(readme_examples.ORDER) == sorted(path.name for path in ROLES.iterdir())
    for role, text in readme_examples.playbooks(ROLES).items():
        used = [each["role"] for play in yaml.safe_load(text) for each in play["roles"]]
        assert f"eastwest.mesh.{role}" in used or role == "mesh"


def test_inventory() -> None:
    assert list(yaml.safe_load(readme_examples.inventory(ROLES))) == ["clusters"]


def test_no_example(tmp_path: pathlib.Path) -> None:
    readme = tmp_path / "cluster" / "README.md"
    readme.parent.mkdir()
    readme.write_text("```yaml\n- role: x\n```\n")
    with pytest.raises(ValueError, match="no example that begins with 'clusters:'"):
        readme_examples.inventory(tmp_path)
