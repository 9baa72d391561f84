# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the forecasts of a service in many localities grow, for a client in each of them.

    python tests/benchmarks/many_localities.py

A client in each of 25, 50 and 100 localities, and an endpoint in each: forecasts, findings, text and document of the
module locality_info. Each of n clients has the shares of n endpoints, so what is printed grows with the square. Twice the
localities may take four times the processor time, with some slack; to grow faster than that misses the goal.
Exits with 1 then.
"""

from __future__ import annotations

import sys
import time
import typing as t
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "tools"))

import checkout

checkout.make_importable()

import itertools

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import explain

COUNTS = (25, 50, 100)
ZONES_OF_A_REGION = 5
SQUARE, SLACK = 4.0, 1.5
SETTINGS: t.Mapping[str, t.Callable[[int], t.Mapping[str, t.Any]]] = {
    "without a rule": lambda _count: {"enabled": False},
    "failover": lambda _count: {"failover": [{"from": "r0", "to": "r1"}]},
    "weights": lambda count: {"distribute": [{"from": "*", "to": weights(count)}]},
}


def weights(count: int) -> dict[str, int]:
    regions = count // ZONES_OF_A_REGION
    each = 100 // regions
    return {
        f"r{number}/*": each + (100 - each * regions) * (not number) for number in range(regions)
    }


def seconds(count: int, setting: t.Mapping[str, t.Any]) -> float:
    """Return the least processor time of two runs."""
    policy = {
        "loadBalancer": {"localityLbSetting": setting},
        "outlierDetection": {"maxEjectionPercent": 100},
    }
    places = [f"r{number // ZONES_OF_A_REGION}/z{number}" for number in range(count)]
    options = {"endpoints": [{"locality": place} for place in places], "rules": [policy]}
    took = []
    for _run in range(2):
        started = time.process_time()
        explain(options).as_dict()
        took.append(time.process_time() - started)
    return min(took)


def main() -> int:
    status = 0
    for name, setting in SETTINGS.items():
        took = [seconds(count, setting(count)) for count in COUNTS]
        ratios = [later / earlier for earlier, later in itertools.pairwise(took)]
        missed = ratios[-1] > SQUARE * SLACK
        status |= missed
        numbers = ", ".join(
            f"{count}: {each:.2f} s" for count, each in zip(COUNTS, took, strict=True)
        )
        print(
            f"{name}: {numbers} of CPU time; {ratios[-1]:.1f} times as much for twice as many{' (missed)' if missed else ''}"
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
