# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the model's answers to locality cases with those of the istiod oracle.

    python tests/tools/random_locality_cases.py --seed 7 --count 1000 |
        python tests/tools/compare_locality_cases.py --mode both -- ORACLE

What follows ``--`` is the oracle's command. Prints each difference, then how many cases agreed;
exits with 1 if one did not. ``--record FILE`` writes the cases with the oracle's answers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import typing as t
from pathlib import Path

from checkout import make_importable
from locality_cases import Case, read_cases

# part of the reason for refusing what the webhook only finds with luck
CHANCE = "cover the same localities"

FLAGS = ("localityWeightedLbConfig", "zoneAwareLbConfig", "outlierDetectionInCDS")


def differences(expected: Case, actual: Case) -> t.Iterator[str]:
    """Says what the model answers differently from istiod; the order of addresses is nothing."""
    error = expected.get("error", "")
    # two paths that disagree: chance again, and the oracle then does not look any further
    undecided = expected.get("nondeterministic") or error.startswith("direct and full disagree")
    if undecided and actual.get("nondeterministic"):
        # istiod answers as chance has it; then the rule must not be accepted
        if not actual.get("invalid"):
            yield "istiod is undecided, but the model accepts the rule"
        return
    if error != actual.get("error", "") or undecided:
        yield f"{error or 'undecided'}, model: {actual.get('error', 'decided')}"
        return
    if expected.get("invalid") and not actual.get("invalid"):
        yield f"the webhook refuses it: {expected['invalid']}"
    refused = actual.get("invalid", "")
    if refused and not expected.get("invalid") and CHANCE not in refused:
        yield f"the webhook does not refuse it: {refused}"
    if actual.get("nondeterministic"):
        # the oracle tries a few times only; it may well have missed it
        return
    theirs, ours = (list(map(_comparable, each["localities"])) for each in (expected, actual))
    if theirs != ours:
        yield f"localities: {theirs}\n    model: {ours}"
    for flag in FLAGS:
        if flag in expected and expected[flag] != actual[flag]:
            yield f"{flag}: {expected[flag]}, model {actual[flag]}"


def _comparable(locality: Case) -> t.Any:
    hosts = sorted(zip(locality["addresses"], locality["endpointWeights"], strict=True))
    return locality["locality"], locality["priority"], locality["weight"], hosts


def main() -> int:
    """Runs both over the cases on stdin."""
    make_importable()
    from locality_answers import answer

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mode", choices=("direct", "full", "both"), default="both")
    parser.add_argument("--record", type=Path, help="write cases and the oracle's answers here")
    parser.add_argument("oracle", nargs="+", help="the oracle's command")
    options = parser.parse_args()
    cases = read_cases(sys.stdin.read())
    asked = subprocess.run(
        [*options.oracle, "-mode", options.mode],
        input="\n".join(json.dumps(case) for case in cases),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    answers = [json.loads(line) for line in asked.stdout.splitlines()]
    if len(answers) != len(cases):
        print(f"the oracle answered {len(answers)} of {len(cases)} cases", file=sys.stderr)
        return 2
    differing = undecided = 0
    for case, expected in zip(cases, answers, strict=True):
        found = list(differences(expected, answer(case, options.mode)))
        differing += bool(found)
        undecided += bool(expected.get("nondeterministic"))
        for each in found:
            print(f"{json.dumps(case)}\n    {each}")
    if options.record:
        lines = (
            json.dumps({"case": case, "answer": expected})
            for case, expected in zip(cases, answers, strict=True)
        )
        options.record.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{len(cases)} cases, {differing} differ, istiod is undecided in {undecided}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
