# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures show the numbers that the report has."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._report import (
    timeline,
    timeline_pictures,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import Palette
from ansible_collections.eastwest.mesh.plugins.module_utils._report.timeline_pictures import (
    proof_timeline,
    step_timeline,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.topology_model import arrange
from ansible_collections.eastwest.mesh.plugins.module_utils._report.topology_picture import (
    topology_picture,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import load, steps

slow = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40, deadline=None)
_BOX = re.compile(r"M(\S+) (\S+)V(\S+)H(\S+)V\S+z")


def _areas(svg):
    """Return the area of each layer by its fill, in square pixels."""
    return {
        path.get("fill"): sum(
            (float(right) - float(left)) * (float(lower) - float(upper))
            for left, lower, upper, right in _BOX.findall(path.get("d"))
        )
        for path in ElementTree.fromstring(f"<svg>{svg}</svg>").iter("path")
    }


@slow
@given(steps())
def test_the_area_of_a_layer_is_the_number_of_its_requests(step):
    palette = Palette({"steps": [step]})
    bins = step["timeline"]
    # 100 pixels of width are a bin, 10 of height a request
    length = len(bins["requests"])
    rate = 10 * max(1, *bins["requests"])
    panel = timeline.Panel(step, 0, 0, 100 * length, rate, length * bins["bin_ms"], rate)
    areas = _areas(timeline.stacked(panel, palette))
    layers = {**bins["counts"], "failed": bins["errors"]}
    expected = {palette.fill(name): sum(counts) for name, counts in layers.items() if any(counts)}
    assert areas.keys() == expected.keys()
    for fill, area in areas.items():
        # coordinates are rounded to a tenth
        assert area / 1000 == pytest.approx(expected[fill], rel=0.002, abs=0.02 * length)


@slow
@given(steps())
def test_everything_is_inside_of_the_picture(step):
    palette = Palette({"steps": [step]})
    root = ElementTree.fromstring(step_timeline(step, palette, "a"))
    width, height = (float(each) for each in root.get("viewBox").split()[2:])
    for path in root.iter("path"):
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d")):
            assert -20 <= float(x) <= width + 20
            assert 0 <= float(y) <= height
    marks = [path for path in root.iter("path") if path.get("class") == "cross"]
    assert bool(marks) == bool(step["failures"])
    assert all(path.find("title").text for path in marks)
    events = [group for group in root.iter("path") if group.get("class") == "dimension"]
    assert len(events) == sum(event["failover_ms"] is not None for event in step["events"])


def test_a_picture_says_what_it_shows(run):
    palette = Palette(run)
    pictures = [proof_timeline(run, palette)]
    for index, step in enumerate(run["steps"]):
        pictures.append(step_timeline(step, palette, f"t{index}"))
        pictures.append(topology_picture(step, palette, f"p{index}"))
    for svg in pictures:
        root = ElementTree.fromstring(svg)
        title, description = root.findall("title")[0], root.findall("desc")[0]
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text
        assert len(description.text) > 40


def test_each_share_is_in_the_topology_once(run):
    for step in run["steps"]:
        topology = arrange(step)
        rows = [row for site in topology.sites for row in site.rows]
        assert sum(row.observed for row in rows) + topology.failed == pytest.approx(1, abs=0.12)
        assert sum(row.expected for row in rows) + topology.failed_expected == pytest.approx(1)


def test_the_failover_can_be_watched():
    shown = {step["name"]: arrange(step) for step in load("failover")["steps"]}
    drained = {
        name: [row.workload for site in each.sites for row in site.rows if row.drained]
        for name, each in shown.items()
    }
    assert drained == {
        "before the rule": [],
        "rule applied": [],
        "zone1 drained": ["helloworld-zone1"],
        "zone2 drained": ["helloworld-zone1", "helloworld-zone2"],
        "restored": [],
    }
    sites = shown["zone2 drained"].sites
    assert [(site.cluster, site.gateway) for site in sites] == [("east", False), ("west", True)]
    assert [zone.locality for zone in sites[0].zones] == ["east/zone1", "east/zone2"]
    assert sites[1].rows[0].observed == 1


@pytest.mark.parametrize(
    "place", [{"workloads": ["helloworld-zone1"]}, {"zone": "zone1"}, {"zone": "east/zone1"}, {}]
)
@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("drain", "drained"),
        ("kill", "killed"),
        ("hang", "hung"),
        ("blackhole", "unreachable"),
        ("fail", "failing"),
    ],
)
def test_a_workload_is_called_what_the_event_made_of_it(place, action, state):
    step = next(each for each in load("failover")["steps"] if each["name"] == "zone1 drained")
    other = {"action": "hang", "workloads": [], "cluster": "west"}
    undone = {"action": "delay", "workloads": [], "undone_ms": 1.0}
    step["events"] = [{"action": action, "workloads": [], **place}, other, undone]
    (row,) = [row for site in arrange(step).sites for row in site.rows if row.drained]
    assert row.state == state


def test_pods_of_one_workload_that_are_told_apart_by_their_names_are_rows_of_their_own():
    step = next(s for s in load("federation")["steps"] if s["judged"]["by"] == "instance")
    rows = [row for site in arrange(step).sites for row in site.rows]
    assert {row.name: row.observed for row in rows} == pytest.approx(step["observed"])
    assert all(row.pod and row.pods == 1 for row in rows)


def test_without_a_forecast_the_picture_shows_who_answered():
    step = load("failover")["steps"][0]
    del step["forecast"]
    topology = arrange(step)
    assert {row.name: row.observed for row in topology.sites[0].rows} == step["observed"]
    assert topology.client == "client"


def test_without_a_timeline_nothing_is_drawn():
    report = load("failover")
    for step in report["steps"]:
        del step["timeline"]
    assert proof_timeline(report, Palette(report)) is None


def test_every_name_has_a_pattern_of_its_own_while_there_are_enough():
    step = {"expected": {f"name{index}": 0 for index in range(30)}, "observed": {}}
    palette = Palette({"steps": [step]})
    fills = [palette.fill(name) for name in (*palette.names, "failed")]
    assert len(set(fills)) == 31
    drawn = ElementTree.fromstring(palette.definitions())
    looks = [ElementTree.tostring(pattern).split(b">", 1)[1] for pattern in drawn.iter("pattern")]
    assert len(set(looks[:13])) == 13
    assert {f"url(#{each.get('id')})" for each in drawn.iter("pattern")} == set(fills)


@slow
@given(st.lists(st.tuples(st.integers(0, 990), st.integers(0, 400)), min_size=1, max_size=5))
def test_the_times_of_failovers_do_not_cover_each_other(moves):
    events = [
        {"name": f"drain {number}", "at_ms": at, "failover_ms": took}
        for number, (at, took) in enumerate(sorted(moves))
    ]
    step = {
        "name": "two at once",
        "requests": 10,
        "events": events,
        "timeline": {"bin_ms": 100.0, "counts": {"zone1": [1] * 10}, "requests": [1] * 10},
    }
    panel = timeline.Panel(step, 58, 100, 900, 130, 1000, 10)
    drawn = ElementTree.fromstring(f"<svg>{timeline.failover_dimension(panel, 20)}</svg>")
    heights = [float(each.get("y")) for each in drawn.iter("text")]
    assert len(heights) == len(events)
    assert all(lower - upper >= 12 for upper, lower in itertools.pairwise(heights))

    overview = ElementTree.fromstring(f"<svg>{timeline_pictures.moved_labels(panel)}</svg>")
    labels = [(float(each.get("x")), each.text) for each in overview.iter("text")]
    assert labels
    for (left, words), (right, _next) in itertools.pairwise(labels):
        assert left + 7 * len(words) < right
