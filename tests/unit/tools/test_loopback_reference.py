# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import subprocess
import sys

import loopback_reference

TOOL = pathlib.Path(__file__).parents[3] / "tests" / "tools" / "loopback_reference.py"


def test_the_page_says_what_the_provider_checks() -> None:
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_outline() -> None:
    policy = {"mode": "A, B", "name": ""}
    tree = {"spec": {"labels": {"*": ""}, "one": policy, "many[]": {"two": policy}, "host": ""}}
    assert list(loopback_reference.outline(tree)) == [
        "spec:",
        "  labels.*",
        "  one:",
        "    mode: A, B",
        "    name",
        "  many[]:",
        "    two: as spec.one",
        "  host",
    ]
