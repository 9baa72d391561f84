# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page is whole: every step, every number, nothing from elsewhere, nothing that names can break."""

from __future__ import annotations

import collections
import gc
import html.parser
import itertools
import json
import re
import time

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._report import style
from ansible_collections.eastwest.mesh.plugins.module_utils._report.page import render_page
from hypothesis import HealthCheck, given, settings

from .conftest import HOSTILE, load, reports, spoilt

VOID = {"meta", "br", "hr", "link"}


class Page(html.parser.HTMLParser):
    """A page taken apart; it fails where elements are not nested."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.targets, self.tags = [], [], [], collections.Counter()
        self.texts, self.data, self.references = [], "", []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags[tag] += 1
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.targets += [attributes[key] for key in ("href", "src") if key in attributes]
        self.references += (attributes.get("aria-labelledby") or "").split()
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert attributes == {"type": "application/json", "id": "report"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.data += data
        elif self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").replace("\u202f", " ").split())


def whole(report):
    """Return the page of a report, after what every page must fulfil."""
    page = Page(render_page(report, "a.json", "index.html"))
    assert json.loads(page.data) == report
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    inside = {target[1:] for target in page.targets if target.startswith("#")}
    assert inside <= set(page.ids)
    assert {target for target in page.targets if not target.startswith("#")} == {
        "a.json",
        "index.html",
    }
    assert page.tags["script"] == 1
    return page


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25, deadline=None)
@given(reports())
def test_a_page_of_anything_is_whole(report):
    whole(report)


def test_every_step_and_its_numbers_are_there(run):
    text = whole(run).text
    assert ("passed: " if run["verdict"] == "passed" else "failed: ") in text
    for index, step in enumerate(run["steps"], 1):
        assert f"{index} {step['name']}" in text
        for share in step["observed"].values():
            assert f"{share:.1%}".replace("%", " %") in text or share in (0, 1)
        for event in step.get("events", ()):
            assert event["name"] in text
            if event["failover_ms"] is not None:
                assert f"{event['failover_ms']:.3g} ms" in text
        assert step["judged"]["model"] in text
        for reason in step.get("forecast", {}).get("reasons", ()):
            assert reason in text
    for product, version in run["versions"].items():
        assert f"{product} {version}" in text


def test_a_failed_proof_says_so_first(failed):
    page = whole(failed)
    start = page.text[: page.text.index("Steps passed")]
    assert "✘" in start
    assert "failed: 2 of 6 steps failed" in start
    assert (
        "Not as expected: \N{LEFT DOUBLE QUOTATION MARK}zone1 drained\N{RIGHT DOUBLE QUOTATION MARK}"
        in start
    )
    assert "97.0% instead of 100.0%" in page.text
    assert "no sample was taken" in page.text


def test_names_cannot_break_the_page(failed):
    text = render_page(failed)
    assert "<script>alert" not in text
    assert "</script><script>" not in text
    assert HOSTILE.split(" ")[0].replace("<", "&lt;").replace(">", "&gt;") in text


def test_the_page_is_readable_where_nothing_is_known():
    step = {**spoilt(load("failover"))["steps"][-1], "expected": {}}
    report = load("failover") | {"steps": [step], "verdict": "failed", "versions": {}}
    assert "Not taken." in whole(report).text
    whole(report | {"steps": []})


@pytest.mark.parametrize(
    ("name", "steps", "most_kb", "most_s"),
    [
        ("failover", 5, 400, 0.3),
        ("failover_as_commonly_written", 4, 400, 0.3),
        ("federation", 16, 1500, 1.0),
    ],
)
def test_size_and_time(name, steps, most_kb, most_s):
    report = load(name)
    assert len(report["steps"]) == steps
    gc.collect()
    began = time.process_time()
    text = render_page(report)
    assert time.process_time() - began < most_s
    assert len(text.encode()) < most_kb * 1000


def _luminance(colour):
    channels = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_contrast(colours):
    words = ("ink", "quiet", "link", "good", "bad")
    for word, ground in itertools.product(words, ("page", "card", "track")):
        assert _contrast(colours[word], colours[ground]) >= 4.5, (word, ground)
    assert _contrast(colours["good"], colours["good-soft"]) >= 4.5
    for word in ("ink", "bad"):
        assert _contrast(colours[word], colours["bad-soft"]) >= 4.5, word
    # what is no text needs less
    for name, colour in colours.items():
        if re.fullmatch("c.|event", name):
            assert _contrast(colour, colours["card"]) >= 2.6, name


def test_both_palettes_have_the_same_names():
    assert style.LIGHT.keys() == style.DARK.keys()
    used = set(re.findall(r"var\(--([a-z0-9-]+)", style.style_sheet()))
    assert used - {"verdict", "soft", "flow"} <= style.LIGHT.keys()
