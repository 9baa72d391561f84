# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's playbooks print their progress unless a stdout callback is configured; those of others do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
IMPORTING = "- ansible.builtin.import_playbook: eastwest.mesh.images\n"


def play(directory: Path, playbook: str, **environment: str) -> str:
    (directory / "ansible.cfg").touch()
    (directory / "hosts.yml").write_text("clusters: {hosts: {east: }}\n", encoding="utf-8")
    (directory / "site.yml").write_text(IMPORTING, encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts.yml", playbook],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(directory / "home"),
            "ANSIBLE_NOCOLOR": "1",
            **environment,
        },
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("playbook", ["eastwest.mesh.images", str(PLAYBOOKS / "images.yml")])
def test_the_playbooks_of_the_collection_print_their_progress(
    tmp_path: Path, playbook: str
) -> None:
    told = play(tmp_path, playbook)
    assert " s  tasks: " in told and "TASK [" not in told, told


def test_what_is_configured_stays(tmp_path: Path) -> None:
    told = play(tmp_path, "eastwest.mesh.images", ANSIBLE_STDOUT_CALLBACK="default")
    assert "PLAY RECAP" in told and " s  tasks: " not in told


def test_a_playbook_of_others_prints_what_it_did_before(tmp_path: Path) -> None:
    told = play(tmp_path, "site.yml")
    assert "PLAY RECAP" in told and " s  tasks: " not in told
