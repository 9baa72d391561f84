# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plays that give modules the lab's connection know it, whatever the release of ansible-core.

ansible-core 2.18 evaluates module_defaults for every task, also where a task overrides them; later releases wait.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml

PLAYBOOKS = sorted((pathlib.Path(__file__).parents[3] / "playbooks").glob("*.yml"))
IMPORTS = ("ansible.builtin.import_role",)


def plays() -> list[Any]:
    return [
        pytest.param(play, id=f"{path.stem}: {play['name']}")
        for path in PLAYBOOKS
        for play in yaml.safe_load(path.read_text(encoding="utf-8"))
        if "mesh_connection" in str(play.get("module_defaults", ""))
    ]


@pytest.mark.parametrize("play", plays())
def test_play_with_the_connection_has_the_variables_of_a_role(play: dict[str, Any]) -> None:
    """Variables of included roles end with the include; those of `roles` and imports hold for the whole play."""
    imported = [task for task in play.get("tasks", []) if any(name in task for name in IMPORTS)]
    only_includes = all("ansible.builtin.include_role" in task for task in play.get("tasks", []))
    assert play.get("roles") or imported or only_includes
