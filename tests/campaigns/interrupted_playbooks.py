#!/usr/bin/env python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupt the main job at random moments, and check that the next run mends the lab.

    python tests/campaigns/interrupted_playbooks.py --rounds 30 -- -e @kind.yml

Runs on any provider; what follows ``--`` goes to the playbooks. Each round starts the playbook failover and ends it by
SIGINT, SIGTERM, SIGHUP or SIGKILL; every fifth round begins without a lab, so that also its making is interrupted.
After that, failover must pass all steps. At the end the lab is taken down, and nothing may be left of it: no file, and
no kind container on this machine. Exits with 1 after a violation.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "inventories" / "east-west"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
_NEW_LAB_EVERY = 5
_MOST_SECONDS = 1800


class Lab:
    """The lab of one campaign, with a state directory of its own."""

    def __init__(self, state: Path, arguments: t.Sequence[str]) -> None:
        self._arguments = arguments
        self._environment = {**os.environ, "XDG_STATE_HOME": str(state), "ANSIBLE_NOCOLOR": "1"}
        self.directory = state / "eastwest.mesh" / INVENTORY.name
        self._report = self.directory / "report" / "failover.json"

    def start(self, playbook: str, log: t.IO[str]) -> subprocess.Popen[str]:
        command = [shutil.which("ansible-playbook") or "ansible-playbook"]
        command += [str(ROOT / "playbooks" / f"{playbook}.yml"), "-i", str(INVENTORY)]
        return subprocess.Popen(
            [*command, *self._arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            # a group of its own, as a terminal gives its foreground job
            start_new_session=True,
        )

    def run(self, playbook: str) -> tuple[int, str]:
        """Return the exit status and the output of a playbook that nothing interrupts."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            status = self.start(playbook, log).wait(_MOST_SECONDS)
            log.seek(0)
            return status, log.read()

    def interrupt(self, seconds: float, number: signal.Signals) -> str:
        """Start the main job and end it after so many seconds; return its last task."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            process = self.start("failover", log)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, number)
                process.wait(_MOST_SECONDS)
            log.seek(0)
            tasks = [line for line in log if line.startswith("TASK [")]
        return tasks[-1].strip(" *\n") if tasks else "before the first task"

    def verdict(self) -> str:
        try:
            return str(json.loads(self._report.read_text("utf-8"))["verdict"])
        except (OSError, ValueError, KeyError) as exc:
            return f"no report: {exc}"

    def leftovers(self) -> list[str]:
        """Return what is left of the lab after it was taken down."""
        found = [str(path) for path in self.directory.rglob("*")] if self.directory.exists() else []
        if engine := shutil.which("docker") or shutil.which("podman"):
            label = "label=io.x-k8s.kind.cluster"
            listed = subprocess.run(
                [engine, "ps", "--all", "--filter", label, "--format", "{{.Names}}"],
                check=False,
                capture_output=True,
                text=True,
            )
            found += [f"container {name}" for name in listed.stdout.split()]
        return found


def mended(lab: Lab) -> str:
    """Return what is wrong with the lab after the next runs, or nothing."""
    status, output = lab.run("failover")
    if status != 0 or lab.verdict() != "passed":
        return f"failover ended with {status}, {lab.verdict()}:\n{output[-4000:]}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("arguments", nargs="*", help="for ansible-playbook, after --")
    options = parser.parse_args()
    violations = 0
    with tempfile.TemporaryDirectory(prefix="eastwest-campaign-") as state:
        lab = Lab(Path(state), options.arguments)
        try:
            began = time.monotonic()
            violations += report(0, "whole run", mended(lab))
            length = {True: time.monotonic() - began}
            began = time.monotonic()
            violations += report(0, "second run", mended(lab))
            length[False] = time.monotonic() - began
            for number in range(1, options.rounds + 1):
                violations += one_round(lab, number, options.seed, length)
        finally:
            status, output = lab.run("down")
            left = lab.leftovers()
            problem = "" if status == 0 and not left else f"{output[-2000:]}\nleft: {left}"
            violations += report(options.rounds + 1, "down", problem)
    print(f"{options.rounds} rounds, {violations} violations")
    return 1 if violations else 0


def one_round(lab: Lab, number: int, seed: int, length: t.Mapping[bool, float]) -> int:
    """Interrupt one run and have the next one mend it; return the number of violations."""
    source = random.Random(f"{seed} {number}")
    new = number % _NEW_LAB_EVERY == 0
    if new:
        lab.run("down")
    seconds, ended_by = source.uniform(1, length[new]), source.choice(SIGNALS)
    task = lab.interrupt(seconds, ended_by)
    return report(number, f"{ended_by.name} after {seconds:.0f} s, {task}", mended(lab))


def report(number: int, what: str, problem: str) -> int:
    print(f"{number} {what}: {problem or 'passed'}", flush=True)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
