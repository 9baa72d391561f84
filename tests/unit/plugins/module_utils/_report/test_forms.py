# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of a report for machines, the files, and the lab's index."""

from __future__ import annotations

import copy
import json
import pathlib
import re
import stat
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import jsonschema
import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.digest import sent
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Header, build
from ansible_collections.eastwest.mesh.plugins.module_utils._report.explanation_page import (
    explanation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.files import (
    check_path,
    to_json,
    write_explanation,
    write_path,
    write_report,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.index import render_index
from ansible_collections.eastwest.mesh.plugins.module_utils._report.junit import render_junit
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markdown import render_markdown
from ansible_collections.eastwest.mesh.plugins.module_utils._report.table import render
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import HOSTILE, load, reports

DOCS = pathlib.Path(__file__).parents[5] / "docs"
SCHEMA = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
# what code tells kinds apart by
KEPT = {"kind", "schema", "started", "verdict", "severity", "shares", "locality"}
slow = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25, deadline=None)


def strict(schema):
    """Return the schema without leave to add fields: what is written here is to be published."""
    schema = copy.deepcopy(schema)
    for name, each in schema.get("$defs", {}).items():
        schema["$defs"][name] = strict(each)
    for name, each in schema.get("properties", {}).items():
        schema["properties"][name] = strict(each)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = strict(schema[key])
    if "properties" in schema:
        schema["additionalProperties"] = False
    return schema


STRICT = jsonschema.Draft202012Validator(strict(SCHEMA))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_real_runs_are_what_the_schema_says(run):
    STRICT.validate(run)


def test_the_schema_refuses_what_is_no_report(run):
    for path, value in (
        (("verdict",), "maybe"),
        (("steps", 0, "observed", "zone1"), 1.5),
        (("steps", 0, "timeline", "bin_ms"), 0),
        (("schema",), 2),
    ):
        broken = copy.deepcopy(run)
        place = broken
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        with pytest.raises(jsonschema.ValidationError):
            STRICT.validate(broken)


def test_a_proof_that_broke_off_is_a_report():
    began = datetime(2026, 1, 31, 12, tzinfo=UTC)
    header = Header(
        "failover", "loopback", began.isoformat(), "east-west", {"eastwest.mesh": "1.0.0"}
    )
    steps = [
        {"name": "a", "expect": {"zone1": 1}, "sample": {"failed": True, "msg": "no client"}},
        {"name": "b"},
    ]
    document = build(header, steps, began + timedelta(seconds=3))
    STRICT.validate(document)
    assert document["lab"] == "east-west"
    assert document["versions"] == {"eastwest.mesh": "1.0.0"}
    for form in (render_junit, render_markdown):
        assert "no client" in form(document)


def test_versions_that_samples_saw_are_added():
    header = Header("a", "kind", "2026-01-31T12:00:00Z", versions={"Istio": "1.31.0"})
    steps = [
        {"name": "a", "sample": {"versions": {"Istio": "1.31.0", "Envoy": "1.39.0"}}},
        {"name": "b", "sample": {"versions": {"Istio": "1.30.2", "Envoy": "1.39.0"}}},
        {"name": "c", "sample": {"versions": {"Istio": "1.30.2"}}},
    ]
    document = build(header, steps, datetime(2026, 1, 31, 12, tzinfo=UTC))
    assert document["versions"] == {"Istio": "1.31.0, 1.30.2", "Envoy": "1.39.0"}


def cases(report):
    root = ElementTree.fromstring(render_junit(report).encode())
    assert root.tag == "testsuites"
    suite = root.find("testsuite")
    found = suite.findall("testcase")
    failed = [case for case in found if case.find("failure") is not None]
    for element in (root, suite):
        assert element.get("tests") == str(len(report["steps"]))
        assert element.get("failures") == str(len(failed))
        assert element.get("errors") == "0"
    return found


@slow
@given(reports())
def test_a_step_is_a_test_case(report):
    found = cases(report)
    verdicts = ["failed" if case.find("failure") is not None else "passed" for case in found]
    assert verdicts == [step["verdict"] for step in report["steps"]]


def test_the_test_case_has_the_reason(failed):
    case = cases(failed)[2]
    assert case.get("name") == "zone1 drained"
    failure = case.find("failure")
    assert failure.get("message") == "zone2: 97.0% instead of 100.0%"
    assert "zone1: 15 of 500 requests" in failure.text
    # a bell is not to be had in XML
    assert case.get("classname") == HOSTILE.replace("\x07", "\ufffd")


def test_every_form_has_the_findings_behind_a_failure(failed):
    finding = failed["steps"][2]["findings"][0]
    for text in (
        ElementTree.fromstring(render_junit(failed)).find(".//testcase[3]/failure").text,
        render_markdown(failed).replace("\\", ""),
        "\n".join(line.text for line in render(failed)),
    ):
        assert f"error {finding['code']}: {finding['object']}: {finding['message']}" in text


def test_the_time_of_a_test_case_is_that_of_its_requests():
    report = load("failover")
    for case, step in zip(cases(report), report["steps"], strict=True):
        assert float(case.get("time")) >= step["requests"] / step["requests_per_second"] * 0.95


@slow
@given(reports())
def test_every_step_is_a_row_of_markdown(report):
    lines = render_markdown(report).splitlines()
    start = lines.index("| --- | ---: | ---: | --- | --- | ---: | ---: | --- |")
    rows = lines[start + 1 : start + 1 + len(report["steps"])]
    for row in rows:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 9, row


def test_markdown_takes_names_as_they_are(failed):
    text = render_markdown(failed)
    assert re.search(r"(?<!\\)[<>`*]", text) is None
    assert "zone2: 97.0% instead of 100.0%" in text


def test_the_numbers_of_markdown():
    report = load("failover")
    text = render_markdown(report).replace("\u00a0", " ")
    assert text.startswith("## ✔ failover passed: 5 of 5 steps\n")
    for step in report["steps"]:
        if "failover_ms" in step:
            assert f"| {step['failover_ms']:.3g} ms |" in text


def test_a_client_sent_what_the_bins_hold():
    for step in load("failover")["steps"]:
        parts = step["requests"] + sum(
            step.get(part, {}).get("requests", 0) for part in ("before", "transition")
        )
        assert parts <= sent(step) <= parts + 30
        del step["timeline"]
        assert sent(step) == parts


def test_all_forms_are_written_side_by_side(tmp_path, run):
    path = tmp_path / "report" / "failover.json"
    paths = write_report(path, run)
    names = ["failover.html", "failover.json", "failover.md", "failover.xml", "index.html"]
    assert sorted(each.name for each in path.parent.iterdir()) == names
    assert sorted(pathlib.Path(each).name for each in paths.values()) == [
        n for n in names if n != path.name
    ]
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    assert json.loads(path.read_text(encoding="utf-8")) == run
    assert 'href="failover.json"' in path.with_suffix(".html").read_text(encoding="utf-8")
    assert 'href="index.html"' in path.with_suffix(".html").read_text(encoding="utf-8")


def test_somebody_elses_index_is_left_alone(tmp_path):
    (tmp_path / "index.html").write_text("<h1>mine</h1>", encoding="utf-8")
    for _twice in range(2):
        paths = write_report(tmp_path / "a.json", load("failover"))
    assert "index" not in paths
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == "<h1>mine</h1>"
    assert "index.html" not in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["a.html", "a.xml", "a.md", "index.json", "index"])
def test_a_path_that_another_form_would_take(name, tmp_path):
    with pytest.raises(InvalidInput, match="is the JSON document"):
        check_path(tmp_path / name)


def test_paths_that_are_free(tmp_path):
    for name in ("a.json", "a", "a.txt", "index.b.json"):
        check_path(tmp_path / name)


def test_a_form_that_cannot_be_written_leaves_the_document(tmp_path):
    (tmp_path / "a.html").mkdir()
    with pytest.raises(MeshError, match="cannot be written"):
        write_report(tmp_path / "a.json", load("failover"))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["scenario"] == "failover"


@pytest.mark.parametrize(
    ("findings", "ruled", "verdict", "summary"),
    [
        ([], True, "passed", "no findings"),
        ([], False, "passed", "no findings, there is no rule"),
        (["info", "info", "warning"], True, "passed", "1 warning, 2 info"),
        (["error"], True, "failed", "1 error"),
    ],
)
def test_errors_fail_an_explanation(findings, ruled, verdict, summary):
    found = [{"severity": severity} for severity in findings]
    document = explanation("east", [], found, datetime.now(UTC), ruled=ruled)
    assert (document["verdict"], document["summary"]) == (verdict, summary)
    assert document["title"] == "the rules, cluster east"


def test_a_forecast_of_failures_fails_an_explanation():
    (forecast,) = load("explanation")["forecasts"]
    lost = [forecast | {"failed": 0.25}]
    assert explanation("east", lost, [], datetime.now(UTC), ruled=True)["verdict"] == "failed"


def test_explanations_and_paths_are_in_the_index(tmp_path):
    for name, write in (("explanation", write_explanation), ("path", write_path)):
        paths = write(tmp_path / f"{name}.json", load(name))
        assert paths == {
            "page": str(tmp_path / f"{name}.html"),
            "index": str(tmp_path / "index.html"),
        }
        assert json.loads((tmp_path / f"{name}.json").read_text("utf-8")) == load(name)
    index = (tmp_path / "index.html").read_text("utf-8")
    assert 'href="explanation.html"' in index and 'href="path.html"' in index
    assert "1 error, 1 warning, 1 info" in index and "0 proofs" not in index


@pytest.mark.parametrize(
    ("name", "write"), [("explanation", write_explanation), ("path", write_path)]
)
def test_names_are_no_markup(tmp_path, name, write):
    def spoil(value):
        if isinstance(value, dict):
            return {key: each if key in KEPT else spoil(each) for key, each in value.items()}
        if isinstance(value, list):
            return [spoil(each) for each in value]
        return HOSTILE if isinstance(value, str) else value

    write(tmp_path / "a.json", spoil(load(name)))
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<script>alert" not in page


def test_the_index_lists_the_newest_first(tmp_path, failed):
    for hour, name in ((9, "old"), (11, "new"), (10, "middle")):
        report = load("failover") | {
            "scenario": name,
            "started": f"2026-01-31T{hour:02}:00:00+00:00",
        }
        write_report(tmp_path / f"{name}.json", report)
    write_report(tmp_path / "z.json", failed)
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    text = render_index(tmp_path)
    assert re.findall(r'href="([a-z]+)\.html"', text) == ["z", "new", "middle", "old"]
    assert "3 of 4\u00a0proofs passed" in text
    assert "<script>" not in text


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@slow
@given(_JSON)
def test_json_comes_back_as_it_was(value):
    assert json.loads(to_json(value)) == value


def test_numbers_are_on_one_line():
    assert to_json({"a": [1, None, 2.5], "b": ["x"], "c": {}}) == (
        '{\n  "a": [1, null, 2.5],\n  "b": [\n    "x"\n  ],\n  "c": {}\n}\n'
    )
