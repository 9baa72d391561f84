# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module around the analysis: its options, what it returns, how it fails."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.modules import mesh_analysis_info
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._diagnosis.manifests import (
    FAILOVER,
    MESH,
    rule,
    text,
)

Options = dict[str, t.Any]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the module on a mesh with a rule that lacks outlier detection."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mesh.yaml").write_text(text(*MESH, rule("cart", FAILOVER)), encoding="utf-8")

    def call(*, check: bool = False, **options: t.Any) -> Options:
        arguments = {**options, "_ansible_check_mode": check}
        given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given)
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            mesh_analysis_info.main()
        return t.cast("Options", json.loads(capsys.readouterr().out))

    return call


def test_it_returns_what_is_documented(run):
    result = run(source="mesh.yaml")
    assert result["changed"] is False
    assert result["findings"][0]["file"] == "mesh.yaml"
    assert result["counts"]["error"] == 1
    assert result["text"].startswith("read cluster local")
    assert result["forecasts"]
    assert "lines" not in result


def test_it_fails_by_severity_and_says_which(run):
    result = run(source="mesh.yaml", fail_on=["error"])
    assert result["failed"]
    assert result["msg"] == "1 kind of defect: EW304 DestinationRule shop/cart"
    assert not run(source="mesh.yaml", fail_on=["warning"]).get("failed")


def test_it_writes_where_it_is_told_to_and_not_in_check_mode(run, tmp_path):
    run(source="mesh.yaml", path="out/a.json", check=True)
    assert not (tmp_path / "out").exists()
    written = run(source="mesh.yaml", path="out/a.json")["files"]
    assert sorted(written) == ["json", "junit", "markdown", "page", "sarif"]


def test_a_missing_source_is_an_error_with_what_is_there(run):
    result = run(source="mehs.yaml")
    assert result["failed"]
    assert "mehs.yaml does not exist" in result["msg"]
    assert "mesh.yaml" in result["msg"]


def test_forecasts_of_named_services_come_in_full(run):
    result = run(source="mesh.yaml", services=["orders"], forecast="all")
    assert {each["host"] for each in result["forecasts"]} == {"orders.shop.svc.cluster.local"}
    assert "priority 0" in result["text"]
