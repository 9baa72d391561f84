# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook as users of the collection run it: the analysis first, the sum of it last, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._diagnosis.manifests import (
    EJECTION,
    FAILOVER,
    MESH,
    rule,
    text,
)

SOUND = rule("cart", FAILOVER, outlierDetection=EJECTION)
BROKEN = rule("cart", FAILOVER)


def analyze(directory: Path, *options: str) -> tuple[int, list[str]]:
    (directory / "ansible.cfg").touch()
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ansible-playbook"),
            *("eastwest.mesh.analyze", "-i", "localhost,", "-e", "source=mesh.yaml", *options),
        ],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(directory / "home"),
            "ANSIBLE_NOCOLOR": "1",
        },
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip().splitlines()


@pytest.mark.parametrize(
    ("made", "options", "status", "last"),
    [
        (SOUND, (), 0, "no defects in 1 rule"),
        (BROKEN, (), 2, "1 kind of defect: 1 error"),
        (BROKEN, ("-e", '{"fail_on": []}'), 0, "1 kind of defect: 1 error"),
    ],
)
def test_the_analysis_is_first_and_its_sum_is_last(tmp_path, made, options, status, last):
    (tmp_path / "mesh.yaml").write_text(text(*MESH, made), encoding="utf-8")
    returned, lines = analyze(tmp_path, *options)
    assert returned == status
    assert lines[0] == "Analyse a mesh"
    assert lines[1].startswith("read cluster local: 9 objects")
    assert lines[-1] == last


def test_what_cannot_be_analysed_is_one_message(tmp_path):
    returned, lines = analyze(tmp_path)
    assert returned == 2
    assert lines[0] == "Analyse a mesh"
    assert lines[1].startswith("source: mesh.yaml does not exist")
    assert len(lines) == 2


def test_the_default_output_has_what_is_registered(tmp_path):
    """Other callbacks print what they always do."""
    (tmp_path / "mesh.yaml").write_text(text(*MESH, BROKEN), encoding="utf-8")
    returned, lines = analyze(tmp_path, "-v")
    assert returned == 2
    assert any("PLAY RECAP" in line for line in lines)
