# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sample showed is one line, and its reasons where it failed."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._progress.sample import sample_lines

SAMPLE = {
    "requests": 500,
    "errors": 0,
    "unidentified": 0,
    "failover_ms": 9.74,
    "judgement": {
        "passed": True,
        "expected": {"zone2": 1.0},
        "observed": {"zone2": 1.0},
        "expectation": "both",
        "reasons": [],
    },
}


def test_a_sample_that_passed() -> None:
    (line,) = sample_lines("zone1 drained", SAMPLE, 1.2)
    assert line.text == "   1.2 s  ✔ zone1 drained: all requests went to zone2, failover 9.74 ms"
    assert line.colour == "green"


def test_a_sample_that_failed() -> None:
    judgement = {
        **SAMPLE["judgement"],
        "passed": False,
        "observed": {"zone2": 0.9, "zone1": 0.1},
        "reasons": ["zone1: 10.0% instead of 0.0%\nzone2: 90.0% instead of 100.0%"],
    }
    sample = {**SAMPLE, "errors": 1234, "failed": True, "judgement": judgement}
    lines = sample_lines("zone1 drained", sample, 12)
    assert [line.text for line in lines] == [
        "  12.0 s  ✘ zone1 drained: requests went to zone2 90.0 %, zone1 10.0 %, failover 9.74 ms, 1 234 of 500 failed",
        "            zone1: 10.0% instead of 0.0%",
        "            zone2: 90.0% instead of 100.0%",
    ]
    assert {line.colour for line in lines} == {"red"}


def test_a_sample_that_was_not_taken() -> None:
    lines = sample_lines("zone1 drained", {"failed": True, "msg": "no pod is ready"}, 0)
    assert [line.text.strip() for line in lines] == [
        "0.0 s  ✘ zone1 drained: not taken",
        "no pod is ready",
    ]
