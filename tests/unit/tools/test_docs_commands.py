# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of the documentation are told apart as a shell would, and none is left out without a reason."""

from __future__ import annotations

import shlex

import pytest
import tree
from docs_commands import (
    MOLECULE,
    CommandProblem,
    commands,
    page_parts,
    reason,
    run_by_molecule,
)
from hypothesis import given
from hypothesis import strategies as st

KNOWN = run_by_molecule(tree.CHECKOUT)
WORDS = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1))


@given(st.lists(WORDS.filter(bool).map(shlex.join)))
def test_each_line_is_a_command(lines: list[str]) -> None:
    assert commands("\n".join(["# what follows", *lines])) == lines


def test_lines_that_go_on_are_one_command() -> None:
    block = 'a b \\\n  -c\nd -e \'{"f":\n  "g"}\'   # why\nh |\n  i\n'
    assert commands(block) == ["a b \\\n  -c", 'd -e \'{"f":\n  "g"}\'   # why', "h |\n  i"]


def test_a_block_that_ends_within_a_command_is_refused() -> None:
    with pytest.raises(CommandProblem, match="ends within a command: make \\\\"):
        commands("ls\nmake \\")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("make failover", ""),
        ("ansible-playbook playbooks/explain.yml -i inventories/east-west", ""),
        ("ansible-playbook playbooks/failover.yml -i inventories/east-west  # again", MOLECULE),
        ("ansible-playbook playbooks/failover.yml -i inventories/east-west -e a=b", ""),
        ("ansible-playbook playbooks/zone_aware.yml -i inventories/three-clusters", MOLECULE),
        ("ansible-playbook playbooks/zone_aware.yml -i inventories/east-west", ""),
        ("ansible-playbook playbooks/up.yml -i my-lab -e mesh_provider=kind", "needs kind"),
        ("kubectl get pods", "another project's program"),
    ],
)
def test_a_command_runs_unless_there_is_a_reason(command: str, why: str) -> None:
    assert reason(command, KNOWN) == why


def test_files_and_shell_of_a_page_keep_their_order() -> None:
    page = "```sh\na\n```\n\n1. x\n\n   ```yaml\n   # b.yml, with more\n   c: 1\n   ```\n\n```yaml\nd: 1\n```\n"
    assert list(page_parts(page)) == [("", "a\n"), ("b.yml", "# b.yml, with more\nc: 1\n")]
