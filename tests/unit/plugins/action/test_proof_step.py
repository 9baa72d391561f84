# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules a step runs, and what becomes of its outcome."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.action import proof_step

Values = dict[str, t.Any]

PASSED = {"requests": 500, "changed": True, "judgement": {"passed": True}}
FAILED = {"requests": 500, "failed": True, "msg": "not where it should be"}
EARLIER = {"name": "before", "sample": PASSED}
DEFAULTS = {
    **dict.fromkeys(("duration", "rate", "settle_ms", "drain_after_ms", "max_errors"), 0),
    "namespace": "sample",
    "client": {"namespace": "sleep", "workload": "sleep"},
    "url": "http://web.sample:5000/",
    "identify": {},
    "by": "version",
    "requests": 500,
    "concurrency": 1,
    "keepalive": True,
    "timeout": 5,
    "significance": 0.0001,
    "from_forecast": True,
    "drain_at": 100,
}


class Action(proof_step.ActionModule):
    """In the middle of a task, with answers that modules give."""

    def __init__(self, answers: Values, *, check_mode: bool = False) -> None:
        self._task = types.SimpleNamespace(check_mode=check_mode)
        self.answers = answers
        self.ran: list[tuple[str, Values]] = []

    def take(self, planned: int = 3, **step: t.Any) -> Values:
        options = {
            "provider": "loopback",
            "lab_directory": "/lab",
            "cluster": "east",
            "kubeconfig": None,
            "step": {"name": "s", **step},
            "defaults": DEFAULTS,
            "peers": [],
            "restore_method": "replace",
            "drained": ["zone9"],
            "outcomes": [EARLIER],
            "report": {
                "path": "/lab/r.json",
                "planned": ["p"] * planned,
                "versions": {"Istio": "1"},
            },
        }
        self.validate_argument_spec = lambda _spec: (None, options)
        return self.run(None, {})

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: Values | None = None,
        task_vars: Values | None = None,
        **_options: t.Any,
    ) -> Values:
        name = (module_name or "").removeprefix("eastwest.mesh.")
        self.ran.append((name, module_args or {}))
        answer = self.answers.get(name, {})
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    @property
    def names(self) -> list[str]:
        return [name for name, _arguments in self.ran]


@pytest.fixture(autouse=True)
def _base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ActionBase, "run", lambda *_args: {})


def test_a_step_that_passes_is_recorded_with_the_earlier_ones() -> None:
    action = Action({"traffic_sample": PASSED})
    result = action.take(expect={"zone1": 1}, drain=["zone1"])
    assert action.names == ["traffic_sample", "proof_report"]
    assert "failed" not in result
    assert result["changed"] is True
    assert result["outcome"] == {
        "name": "s",
        "expect": {"zone1": 1},
        "sample": PASSED,
        "findings": [],
    }
    assert result["drained"] == ["zone9", "zone1"]
    report = action.ran[-1][1]
    assert report["partial"] is True
    assert report["steps"] == [EARLIER, result["outcome"]]
    assert report["versions"].keys() == {"eastwest.mesh", "Istio"}
    assert action.ran[0][1]["cluster"] == "east"
    assert "kubeconfig" not in action.ran[0][1]


def test_the_last_step_leaves_the_report_to_the_role() -> None:
    action = Action({"traffic_sample": PASSED})
    action.take(planned=2)
    assert action.names == ["traffic_sample"]


def test_check_mode_writes_no_report() -> None:
    action = Action({"traffic_sample": {"skipped": True, "changed": True}}, check_mode=True)
    result = action.take()
    assert action.names == ["traffic_sample"]
    assert result["skipped"] is True


def test_workloads_come_back_before_the_sample() -> None:
    action = Action({"sidecar": {"changed": True}, "traffic_sample": {"requests": 1}})
    result = action.take(restore=["zone9"])
    assert action.names[:2] == ["sidecar", "traffic_sample"]
    assert action.ran[0][1]["workloads"] == ["zone9"]
    assert result["changed"] is True
    assert result["drained"] == []


def test_a_step_that_cannot_restore_sends_nothing_and_keeps_what_was_proved() -> None:
    action = Action({"sidecar": {"failed": True, "msg": "it does not serve"}})
    result = action.take(restore=["zone9"])
    assert action.names == ["sidecar"]
    assert result["failed"] is True
    assert result["msg"] == "it does not serve"
    assert result["drained"] == ["zone9"]
    assert "outcome" not in result


@pytest.mark.parametrize(
    ("sample", "step"), [(FAILED, {}), ({"requests": 200}, {"failed": 1, "requests": 200})]
)
def test_the_rules_behind_requests_that_fail_are_checked(sample: Values, step: Values) -> None:
    findings = [{"code": "no_outlier_detection"}]
    action = Action({"traffic_sample": sample, "locality_info": {"findings": findings}})
    result = action.take(**step)
    assert action.names == ["traffic_sample", "locality_info", "proof_report"]
    assert action.ran[1][1]["services"] == [{"host": "web.sample", "port": 5000}]
    assert result["outcome"]["findings"] == findings
    assert result.get("failed", False) is sample.get("failed", False)


def test_a_sample_that_cannot_be_taken_is_an_outcome() -> None:
    action = Action({"locality_info": {"failed": True, "msg": "no such host"}})
    result = action.take(duration="soon")
    assert action.names == ["locality_info", "proof_report"]
    assert result["failed"] is True
    assert result["msg"] == result["outcome"]["sample"]["msg"]
    assert result["msg"].startswith("proof_steps: duration of step 's' is 'soon'")
    assert result["outcome"]["findings"] == []


def test_unknown_peers_are_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: t.Any) -> Values:
        raise AnsibleActionFail("peers: west: no host of the group clusters")

    monkeypatch.setattr(proof_step, "resolve_peers", refuse)
    action = Action({})
    result = action.take()
    assert action.names == ["proof_report"]
    assert result["msg"].startswith("peers: west")
    assert result["outcome"]["name"] == "s"


def test_a_report_that_cannot_be_written_fails_the_step_and_keeps_its_outcome() -> None:
    action = Action(
        {"traffic_sample": PASSED, "proof_report": {"failed": True, "msg": "the disk is full"}}
    )
    result = action.take()
    assert result["failed"] is True
    assert result["msg"] == "the disk is full"
    assert result["outcome"]["name"] == "s"
