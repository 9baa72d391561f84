# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis as JSON, Markdown, JUnit XML and SARIF."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.files import write_analysis
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.run import (
    AnalysisOptions,
    analyze,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._diagnosis.manifests import (
    EJECTION,
    FAILOVER,
    MESH,
    rule,
    text,
)

SCHEMA = json.loads(
    (Path(__file__).parents[5] / "docs" / "analysis.schema.json").read_text(encoding="utf-8")
)


@pytest.fixture
def forms(tmp_path, monkeypatch):
    """Analyses a mesh with these rules and returns all forms."""
    monkeypatch.chdir(tmp_path)

    def call(*rules):
        (tmp_path / "a rule.yaml").write_text(text(*MESH, *rules), encoding="utf-8")
        diagnosis = analyze(AnalysisOptions(source="a rule.yaml"))
        paths = write_analysis(tmp_path / "out" / "mesh.json", diagnosis)
        return {form: (tmp_path / path).read_text(encoding="utf-8") for form, path in paths.items()}

    return call


def test_all_forms_say_the_same(forms):
    found = forms(rule("cart", FAILOVER), rule("orders", FAILOVER))
    document = json.loads(found["json"])
    (first, second) = (each for each in document["findings"] if each["code"] == "EW304")
    assert (first["file"], first["severity"], document["counts"]["error"]) == (
        "a rule.yaml",
        "error",
        2,
    )
    assert first["line"] < second["line"]
    sarif = json.loads(found["sarif"])["runs"][0]
    results = [each for each in sarif["results"] if each["ruleId"] == "EW304"]
    region = results[0]["locations"][0]["physicalLocation"]
    assert region["artifactLocation"]["uri"] == "a%20rule.yaml"
    assert region["region"]["startLine"] == first["line"]
    assert sarif["tool"]["driver"]["rules"][results[0]["ruleIndex"]]["id"] == "EW304"
    junit = ElementTree.fromstring(found["junit"])
    assert junit.get("failures") == "2"
    assert len(junit.findall(".//failure")) == 2
    assert "### error EW304: DestinationRule shop/cart" in found["markdown"]
    assert "```yaml\noutlierDetection:" in found["markdown"]


def test_the_document_has_its_schema(forms):
    jsonschema.validate(json.loads(forms(rule("cart", FAILOVER))["json"]), SCHEMA)


def test_the_page_has_places_and_needs_nothing_else(forms):
    page = forms(rule("cart", {"failover": [{"from": "east", "to": "<b>"}]}))["page"]
    assert "a rule.yaml:" in page
    assert "&lt;b>" in page or "&lt;b&gt;" in page
    assert "src=" not in page


def test_without_findings_there_is_a_case_that_says_what_was_read(forms):
    found = forms(rule("cart", FAILOVER, outlierDetection=EJECTION))
    junit = ElementTree.fromstring(found["junit"])
    assert (junit.get("tests"), junit.get("failures")) == ("1", "0")
    assert "read cluster local" in junit.findtext(".//testcase/system-out", "")
    assert json.loads(found["sarif"])["runs"][0]["results"] == []


def test_a_path_that_another_form_takes_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"must end in \.json"):
        write_analysis(tmp_path / "a.xml", None)
