# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module around the logic: its options, what it returns, how it fails."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.modules import locality_info

Options = dict[str, t.Any]
Run = t.Callable[..., Options]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the module as Ansible does, and returns what it prints."""

    def call(*, check: bool = False, **options: t.Any) -> Options:
        arguments = {**options, "_ansible_check_mode": check}
        text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text)
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            locality_info.main()
        return t.cast("Options", json.loads(capsys.readouterr().out))

    return call


# two zones, and failover that nothing sets off
DEFECTIVE: Options = {
    "endpoints": [{"locality": "east/zone1"}, {"locality": "west/zone3"}],
    "clients": [{"locality": "east/zone1"}],
    "rules": [{"loadBalancer": {"localityLbSetting": {"failover": [{"from": "east", "to": "west"}]}}}],
}  # fmt: skip


@pytest.mark.parametrize("check", [False, True])
def test_it_answers_and_changes_nothing(run: Run, check: bool) -> None:
    result = run(check=check, **DEFECTIVE)
    assert result["changed"] is False
    (forecast,) = result["forecasts"]
    assert forecast["shares"]["locality"] == {"east/zone1": 0.5, "west/zone3": 0.5}
    assert result["text"].startswith("a client in east/zone1")
    assert "lines" not in result
    assert result["findings"]


def test_what_is_shown_is_the_text(run: Run) -> None:
    result = run(show=True, **DEFECTIVE)
    assert "\n".join(text for text, _colour in result["lines"]).strip() == result["text"]


def test_the_page_has_what_is_returned(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "explain.json"
    assert "page" not in run(path=str(path), check=True, **DEFECTIVE) and not path.exists()
    result = run(path=str(path), fail_on=["warning", "error"], **DEFECTIVE)
    assert result["failed"]
    assert json.loads(path.read_text("utf-8"))["findings"] == result["findings"]
    page = Path(result["page"]).read_text("utf-8")
    assert all(finding["code"] in page for finding in result["findings"])
    assert Path(result["index"]).exists()


def test_a_page_cannot_be_the_data(run: Run, tmp_path: Path) -> None:
    result = run(path=str(tmp_path / "explain.html"), **DEFECTIVE)
    assert "path: " in result["msg"] and not list(tmp_path.iterdir())


def test_it_fails_on_findings_when_asked_to(run: Run) -> None:
    severities = {finding["severity"] for finding in run(**DEFECTIVE)["findings"]}
    assert severities
    for severity in ("error", "warning", "info"):
        result = run(fail_on=[severity], **DEFECTIVE)
        assert result.get("failed", False) == (severity in severities)
    failed = run(fail_on=["error", "warning", "info"], **DEFECTIVE)
    assert failed["msg"].startswith("the rules will not do what they seem to\n")
    assert all(finding["code"] in failed["msg"] for finding in failed["findings"])
    assert failed["forecasts"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "lab_directory and cluster: missing"),
        ({"cluster": "east"}, "lab_directory: missing"),
        ({"provider": "kind"}, "kubeconfig: missing"),
        ({"endpoints": [], "manifests": []}, "mutually exclusive"),
        ({"manifests": [], "gateways": [{"network": "n", "address": "a"}]}, "gateways"),
        ({"endpoints": [], "clients": [{"namespace": "a"}]}, "workload, locality"),
        (
            {"endpoints": [], "clients": [{"workload": "a", "locality": "b"}]},
            "mutually exclusive",
        ),
        ({"manifests": "a: ["}, "not valid YAML"),
        ({"manifests": [1]}, "neither an object"),
    ],
)
def test_what_is_wrong_with_the_options(run: Run, options: Options, message: str) -> None:
    result = run(**options)
    assert result["failed"]
    assert message in result["msg"]


def test_manifests_as_text(run: Run) -> None:
    result = run(
        manifests="""
apiVersion: v1
kind: Node
metadata: {name: n, labels: {topology.kubernetes.io/region: east}}
---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: b}
spec: {selector: {app: a}, ports: [{port: 80, name: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: b}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: a, version: one}}
    spec: {containers: [{name: a, ports: [{containerPort: 80}]}]}
"""
    )
    (forecast,) = result["forecasts"]
    assert forecast["client"]["locality"] == "east"
    assert forecast["shares"]["version"] == {"one": 1}
    assert [endpoint["share"] for endpoint in forecast["endpoints"]] == [0.5, 0.5]
