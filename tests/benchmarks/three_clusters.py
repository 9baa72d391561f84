# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast and how large the lab of three clusters is, and how long its scenarios take.

    python tests/benchmarks/three_clusters.py

Runs up.yml with the inventory three-clusters from nothing, in a lab of its own, asks for the memory of its Envoys, then
runs its five scenarios one after the other over the running lab. Beside each time stands the CPU time of Ansible and
all that it ran, which other work on the machine changes little. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "tools"))

import checkout
from _playbooks import play
from _results import Results

checkout.make_importable()

from _envoys import memory

SCENARIOS = ("cross_cluster", "zone_aware", "distribute", "failover", "dns_proxy")
# what is measured → the most that it may be
GOALS = {"up": 12.0, "memory": 2048.0, "all scenarios": 90.0}


def main() -> int:
    results = Results("three_clusters", GOALS)
    with tempfile.TemporaryDirectory() as directory:
        lab = Path(directory, "lab")
        try:
            measure(lab, results)
        finally:
            play("down", "three-clusters", lab)
    return results.finish()


def measure(lab: Path, results: Results) -> None:
    timed("up", "up", lab, results)
    sizes = memory(lab)
    resident, own = sum(one.resident for one in sizes), sum(one.own for one in sizes)
    text = f"{resident:5.0f} MiB resident in {len(sizes)} Envoys, {own:.0f} without what they share"
    results.add("memory", text, resident)
    timed("up again", "up", lab, results)
    total = sum(timed(name, name, lab, results) for name in SCENARIOS)
    results.add("all scenarios", f"{total:5.1f} s", total)


def timed(what: str, playbook: str, lab: Path, results: Results) -> float:
    seconds, used = play(playbook, "three-clusters", lab)
    results.add(what, f"{seconds:5.1f} s", seconds)
    results.add(f"{what}, CPU", f"{used:5.1f} s of CPU time", used)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
