#!/usr/bin/env python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeat the main job on loopback while the machine is busy; no step may fail.

python tests/campaigns/busy_machine.py --runs 20 --cycles 2 --load 8

A cycle drains zone1, drains zone2 and brings both back. The lab stays up between the runs. Every
failed step is printed with its failed requests, and the exit status says whether there was one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "inventories" / "east-west"
# ends with its parent, however that ends
_BUSY = "import os\nos.nice(19)\nparent = os.getppid()\nwhile os.getppid() == parent: pass"


@contextlib.contextmanager
def busy(number: int) -> t.Iterator[None]:
    """Keep this many processes busy that step back for others."""
    loops = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _unused in range(number)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def steps(cycles: int) -> list[dict[str, t.Any]]:
    """Return the scenario's steps, with the drains and the restoration as often as there are cycles."""
    text = (INVENTORY / "host_vars" / "east" / "failover.yml").read_text("utf-8")
    first, *rest = yaml.safe_load(text)["failover_steps"]
    return [first] + [
        {**step, "name": f"{step['name']} {cycle}"}
        for cycle in range(1, cycles + 1)
        for step in rest
    ]


def write_inventory(directory: Path, cycles: int, report: Path) -> None:
    """Write an inventory that replaces the steps and the report's path in the lab's own."""
    (directory / "hosts.yml").write_text("all: {hosts: {east: }}\n", "utf-8")
    variables = directory / "host_vars" / "east" / "busy_machine.yml"
    variables.parent.mkdir(parents=True)
    values = {"failover_steps": steps(cycles), "proof_report_path": str(report)}
    variables.write_text(yaml.safe_dump(values), "utf-8")


def run(inventory: Path, report: Path) -> dict[str, t.Any]:
    """Run the playbook once; return its report."""
    report.unlink(missing_ok=True)
    playbook = str(ROOT / "playbooks" / "failover.yml")
    command = ["ansible-playbook", playbook, "-i", str(INVENTORY), "-i", str(inventory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not report.exists():
        return {"verdict": "no report", "steps": [], "output": done.stdout[-3000:] + done.stderr}
    found: dict[str, t.Any] = json.loads(report.read_text("utf-8"))
    return found


def describe(number: int, report: t.Mapping[str, t.Any], seconds: float) -> str:
    """Return a line for the run, and one for each failed step and request."""
    load = os.getloadavg()[0]
    lines = [f"run {number}: {report['verdict']}, {seconds:.0f} s, load {load:.1f}"]
    lines += [report["output"]] if "output" in report else []
    for step in report["steps"]:
        if step["verdict"] != "passed" or step.get("failures"):
            lines.append(f"  {step['name']}: {'; '.join(step['reasons'])}")
            lines += [f"    {json.dumps(failure)}" for failure in step.get("failures", [])]
    return "\n".join(lines)


def main() -> int:
    """Repeat the job; return 1 if any run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--cycles", type=int, default=1, help="failovers in each run")
    parser.add_argument("--load", type=int, default=8, help="busy processes")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as directory, busy(options.load):
        inventory, report = Path(directory, "inventory"), Path(directory, "report.json")
        inventory.mkdir()
        write_inventory(inventory, options.cycles, report)
        for number in range(1, options.runs + 1):
            began = time.monotonic()
            found = run(inventory, report)
            print(describe(number, found, time.monotonic() - began), flush=True)
            failed += found["verdict"] != "passed"
    print(f"{options.runs - failed} of {options.runs} runs of {options.cycles} failovers passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
