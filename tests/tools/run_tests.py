# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run all parts of `make test`, also after one has failed, and say at the end what passed.

Parts of a stage run side by side. What a part prints goes to a log; of a part that failed it is shown.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

# The importer and Molecule have limits of their own, so nothing else runs beside them.
STAGES = (
    ("unit", "lint", "sanity", "docs", "installed"),
    ("importer",),
    ("oldest", "docs-commands"),
    ("molecule",),
)
PARALLEL = 2
# A CI system may take a silent job for a hung one.
ALIVE_S = 60.0
LOGS = pathlib.Path("build") / "test-logs"


class Part(t.NamedTuple):
    """A part that has run."""

    name: str
    status: int
    seconds: float
    log: pathlib.Path


def run(name: str) -> Part:
    log = LOGS / f"{name}.log"
    began = time.monotonic()
    print(f"{name}: started", flush=True)
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [os.environ.get("MAKE", "make"), "--no-print-directory", name],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        status = wait(name, process, began)
    part = Part(name, status, time.monotonic() - began, log)
    print(f"{name}: {outcome(part)}", flush=True)
    return part


def wait(name: str, process: subprocess.Popen[bytes], began: float) -> int:
    while True:
        try:
            return process.wait(ALIVE_S)
        except subprocess.TimeoutExpired:
            print(f"{name}: {time.monotonic() - began:.0f} s so far", flush=True)


def outcome(part: Part) -> str:
    verdict = "passed" if part.status == 0 else f"FAILED with status {part.status}"
    return f"{verdict}, {part.seconds:.0f} s"


def run_stage(names: t.Sequence[str]) -> list[Part]:
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        return list(pool.map(run, names))


def main() -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    parts = [part for stage in STAGES for part in run_stage(stage)]
    failed = [part for part in parts if part.status]
    for part in failed:
        print(f"\n──── {part.name} ────\n{part.log.read_text(encoding='utf-8', errors='replace')}")
    print(f"\nall parts: {time.monotonic() - began:.0f} s")
    for part in parts:
        print(f"  {part.name:13} {outcome(part)}  {part.log}")
    if failed:
        print(f"to run again: {'; '.join(f'make {part.name}' for part in failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
