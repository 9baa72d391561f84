# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks of the checkout, run and timed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def work() -> float:
    """Seconds of CPU time of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def play(name: str, inventory: str, state: Path) -> tuple[float, float]:
    """Runs a playbook; seconds, and seconds of CPU time, which other work on the machine changes less."""
    began, before = time.monotonic(), work()
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("ansible-playbook"), f"playbooks/{name}.yml"),
            *("-i", f"inventories/{inventory}", "-e", f"mesh_lab_directory={state}"),
        ],
        cwd=CHECKOUT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return time.monotonic() - began, work() - before
