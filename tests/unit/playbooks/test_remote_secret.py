# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role remote_secret checks the way from one cluster to the other, before it touches any."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PLAY = """
- hosts: clusters
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: eastwest.mesh.remote_secret
        tasks_from: preflight
"""

GIVEN = {
    "known": ("existing", "https://api.east.example:6443"),
    "here": ("existing", "https://127.0.0.1:6443"),
    "name": ("existing", "https://localhost:6443"),
    "six": ("existing", "https://[::1]:6443"),
    "plain": ("existing", "http://api.east.example"),
    # a cluster that the lab is to make has no address yet
    "made": ("kind", ""),
    "processes": ("loopback", ""),
}
REFUSED = {"here", "name", "six", "plain"}


def test_addresses_of_this_machine_are_refused_before_anything_is_touched(tmp_path: Path) -> None:
    play = tmp_path / "play.yml"
    play.write_text(PLAY, encoding="utf-8")
    hosts = {
        name: {
            "ansible_connection": "local",
            "mesh_provider": provider,
            "remote_secret_server": server,
        }
        for name, (provider, server) in GIVEN.items()
    }
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(json.dumps({"clusters": {"hosts": hosts}}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", inventory, play],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            **os.environ,
            "ANSIBLE_HOME": str(tmp_path / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_STDOUT_CALLBACK": "default",
        },
    )
    recap = re.findall(r"^(\w+) +: ok=.* failed=(\d)", done.stdout, re.MULTILINE)
    assert {name for name, _failed in recap} == set(GIVEN), done.stdout + done.stderr
    assert {name for name, failed in recap if failed != "0"} == REFUSED
    for name in REFUSED:
        assert f"of {name} is '{GIVEN[name][1]}'; give the https URL" in " ".join(
            done.stdout.split()
        )
