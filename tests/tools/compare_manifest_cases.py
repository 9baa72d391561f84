# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the model's answers to whole manifests with those of istiod's oracle.

    python tests/tools/random_manifest_cases.py --seed 7 --count 1000 |
        python tests/tools/compare_manifest_cases.py -- ORACLE

What follows ``--`` is the oracle's command. Prints each difference, then how many cases agreed;
exits with 1 if one did not. ``--record FILE`` writes the cases with istiod's answers, compressed.
``--answers FILE`` takes what the oracle answered before.
"""

from __future__ import annotations

import argparse
import json
import lzma
import subprocess
import sys
import typing as t
from pathlib import Path

from checkout import make_importable
from manifest_outcome import Case, outcome

# whose refusals name the object; the rest of the words are each side's own
_REFUSED = "the webhook"


def differences(expected: Case, actual: Case) -> t.Iterator[str]:
    """Says what the model answers differently from istiod."""
    if "error" in expected:
        yield f"istiod: {expected['error']}"
        return
    theirs, ours = expected["refused"], actual["refused"]
    for name in theirs.keys() - ours.keys():
        yield f"{_REFUSED} refuses {name}: {theirs[name]}"
    for name in ours.keys() - theirs.keys():
        yield f"{_REFUSED} does not refuse {name}: {ours[name]}"
    if theirs.keys() == ours.keys():
        for name, proxy in expected["proxies"].items():
            own = actual["proxies"][name]
            for each in _differing(proxy["clusters"], own["clusters"]):
                yield f"proxy {name}, clusters: {each}"
            for each in _differing(proxy["routes"], _of_ports(own["routes"], proxy["routes"])):
                yield f"proxy {name}, routes: {each}"
            theirs = proxy["connections"]
            # listeners of one address and port collide, and then istiod keeps the first
            shared = {each: own["connections"].get(each) for each in theirs}
            for each in _differing(theirs, shared):
                yield f"proxy {name}, connections: {each}"


def _of_ports(routes: Case, others: Case) -> Case:
    """Leave out ports without any route in istiod's answer: then no listener asks for them."""
    ports = {name.rpartition(":")[2] for name in others}
    return {name: each for name, each in routes.items() if name.rpartition(":")[2] in ports}


def _differing(theirs: Case, ours: Case) -> t.Iterator[str]:
    for name in sorted(theirs.keys() | ours.keys()):
        if name not in ours:
            yield f"{name} is missing: {json.dumps(theirs[name])}"
        elif name not in theirs:
            yield f"{name} is too many: {json.dumps(ours[name])}"
        elif ours[name] == {"undecided": True}:
            continue
        else:
            yield from _fields(name, theirs[name], ours[name])


def _fields(name: str, theirs: t.Any, ours: t.Any) -> t.Iterator[str]:
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for index, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from _fields(f"{name}[{index}]", one, other)
        return
    if not isinstance(theirs, dict) or not isinstance(ours, dict):
        if theirs != ours:
            yield f"{name}: {json.dumps(theirs)}\n    model: {json.dumps(ours)}"
        return
    for field in sorted(theirs.keys() | ours.keys()):
        if theirs.get(field) != ours.get(field):
            yield (
                f"{name}, {field}: {json.dumps(theirs.get(field))}\n"
                f"    model: {json.dumps(ours.get(field))}"
            )


def ask(oracle: t.Sequence[str], lines: t.Sequence[str]) -> list[Case]:
    """Returns the oracle's answers, reduced to what is compared."""
    asked = subprocess.run(
        oracle, input="\n".join(lines), stdout=subprocess.PIPE, text=True, check=False
    )
    return [outcome(json.loads(line)) for line in asked.stdout.splitlines()]


def main() -> int:
    """Runs both over the cases on stdin, one a line."""
    make_importable()
    from manifest_answers import answer

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--record", type=Path, help="write cases and istiod's answers here (xz)")
    parser.add_argument("oracle", nargs="+", help="the oracle's command")
    options = parser.parse_args()
    lines = [line for line in sys.stdin.read().splitlines() if line.strip()]
    answers = ask(options.oracle, lines)
    if len(answers) != len(lines):
        print(f"the oracle answered {len(answers)} of {len(lines)} cases", file=sys.stderr)
        return 2
    differing = 0
    recorded = []
    for line, expected in zip(lines, answers, strict=True):
        case = json.loads(line)
        found = list(differences(expected, answer(case)))
        differing += bool(found)
        for each in found:
            print(f"{case['name']}: {each}")
        recorded.append(json.dumps({"case": case, "answer": expected}, sort_keys=True))
    if options.record:
        options.record.write_bytes(lzma.compress("\n".join(recorded).encode(), preset=9))
    print(f"{len(lines)} cases, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
