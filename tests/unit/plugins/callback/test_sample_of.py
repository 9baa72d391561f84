# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which results of tasks have a sample whose line is printed."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.callback.progress import _sample_of

SAMPLE = {"requests": 500, "judgement": {"passed": True}}


@pytest.mark.parametrize(
    ("action", "result", "expected"),
    [
        ("eastwest.mesh.traffic_sample", SAMPLE, SAMPLE),
        ("eastwest.mesh.proof_step", {"outcome": {"sample": SAMPLE}}, SAMPLE),
        # a workload did not come back, or Ansible could not read the task
        ("eastwest.mesh.proof_step", {"failed": True, "msg": "no"}, {}),
        ("ansible.builtin.debug", SAMPLE, {}),
    ],
)
def test_samples_are_found_in_results(
    action: str, result: dict[str, t.Any], expected: dict[str, t.Any]
) -> None:
    task = types.SimpleNamespace(resolved_action=action, action=action)
    assert _sample_of(types.SimpleNamespace(_task=task, _result=result)) == expected
