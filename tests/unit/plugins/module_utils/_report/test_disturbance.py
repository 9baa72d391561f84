# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._report import disturbance
from ansible_collections.eastwest.mesh.plugins.module_utils._report.table import render

from .conftest import load

FORECAST = {"moved_ms": 1040.0, "range_ms": [1000.0, 1100.0], "failed": 3, "because": ["merged"]}


def event(moved, forecast=None, name="kill web"):
    return {
        "name": name,
        "moved_ms": moved,
        "failed": 0,
        **({"forecast": forecast} if forecast else {}),
    }


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            event(1200.0, FORECAST),
            " Requests were disturbed for 1.2 s, by the forecast for 1.04 s (1 s to 1.1 s).",
        ),
        (
            event(None, {**FORECAST, "moved_ms": None, "range_ms": [None, None]}),
            " Requests were disturbed to the end, by the forecast to the end.",
        ),
        (
            event(38.6, {**FORECAST, "moved_ms": 0.0, "range_ms": [0.0, 49.0]}),
            " Requests were disturbed for <50 ms, by the forecast for <50 ms.",
        ),
        (event(0.0, {**FORECAST, "moved_ms": 0.0}), ""),
        (event(12.0), ""),
        (event(12.0, {"problem": "behind a gateway"}), ""),
    ],
)
def test_a_sentence_about_the_longest_disturbance(found, words):
    assert plain(disturbance.sentence({"events": [event(0.0), found]})) == words


def test_remarks_of_the_forecast():
    step = {
        "events": [event(1.0, FORECAST), event(1.0, FORECAST), event(2.0, {"problem": "hm"}, "b")]
    }
    assert disturbance.remarks(step) == ["kill web: merged", "b: hm"]
    assert disturbance.remarks({}) == []


@pytest.mark.parametrize("width", [None, 40])
def test_the_table_has_forecast_and_observed_beside_each_other(width):
    report = load("failover")
    assert "disturbed" not in "\n".join(line.text for line in render(report))
    disturbed = next(step for step in report["steps"] if step.get("events"))
    disturbed["events"] = [{**disturbed["events"][0], **event(1200.0, FORECAST)}]
    text = plain("\n".join(line.text for line in render(report, width)))
    assert "1.04 s / 1.2 s" in text
