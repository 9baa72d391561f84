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

import re
import sys
import tempfile
import typing as t
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "tools"))

import checkout
from _playbooks import play

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils.loopback import processes

SCENARIOS = ("cross_cluster", "zone_aware", "distribute", "failover", "dns_proxy")
UP_S, MEMORY_MIB, SCENARIOS_S = 12.0, 2048.0, 90.0


def memory(directory: Path) -> tuple[int, float, float]:
    """How many Envoys; MiB of all of them: resident, and with what several share counted once."""
    count, resident, own = 0, 0, 0
    for several in processes.running(directory).values():
        for process in several:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
            numbers = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB", text, re.MULTILINE))
            count += 1
            resident += int(numbers["Rss"])
            own += int(numbers["Pss"])
    return count, resident / 1024, own / 1024


def told(text: str, value: float, most: float) -> bool:
    """Prints a measurement beside its goal; says whether it was missed."""
    met = value <= most
    print(f"{text}; goal: at most {most:g}, {'met' if met else 'MISSED'}", flush=True)
    return not met


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        lab = Path(directory, "lab")
        try:
            return int(any(list(measure(lab))))
        finally:
            play("down", "three-clusters", lab)


def measure(lab: Path) -> t.Iterator[bool]:
    """Measures one thing after the other; says for each whether its goal was missed."""
    seconds, used = play("up", "three-clusters", lab)
    yield told(f"up              {seconds:5.1f} s, {used:4.1f} s of CPU time", seconds, UP_S)
    count, resident, own = memory(lab)
    text = f"{count} Envoys       {resident:5.0f} MiB resident, {own:.0f} without what they share"
    yield told(text, resident, MEMORY_MIB)
    seconds, used = play("up", "three-clusters", lab)
    print(f"up again        {seconds:5.1f} s, {used:4.1f} s of CPU time", flush=True)
    total = 0.0
    for name in SCENARIOS:
        seconds, used = play(name, "three-clusters", lab)
        total += seconds
        print(f"{name:<15} {seconds:5.1f} s, {used:4.1f} s of CPU time", flush=True)
    yield told(f"all scenarios   {total:5.1f} s", total, SCENARIOS_S)


if __name__ == "__main__":
    sys.exit(main())
