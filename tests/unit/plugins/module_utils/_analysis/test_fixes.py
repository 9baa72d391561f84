# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to write instead: weights that add up, keys that do not overlap, YAML that reads back."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.fixes.weights import (
    fair_weights,
    specific_first,
    without_overlap,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    listed,
    percent,
    split,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.snippets import block, remark
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import Locality
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_keys import (
    set_overlaps,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_settings import (
    locality_violations,
)

KNOWN = [Locality("east", "zone1"), Locality("east", "zone2"), Locality("west", "zone3")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": 50, "b": 50}, {"a": 50, "b": 50}),
        ({"a": 50, "b": 40}, {"a": 56, "b": 44}),
        ({"a": 1, "b": 1, "c": 1}, {"a": 34, "b": 33, "c": 33}),
        ({"a": 100, "b": 0}, {"a": 100}),
        ({"a": -5, "b": 10}, {"b": 100}),
        ({"a": 200, "b": "many"}, {"a": 100}),
        ({"a": 1000, "b": 1}, {"a": 99, "b": 1}),
        ({}, {"*": 100}),
    ],
)
def test_weights_that_add_up(given, expected):
    assert fair_weights(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"east/*": 50, "east/zone1": 50}, {"east/zone1": 50, "east/zone2": 50}),
        ({"*": 50, "east": 50}, {"east": 50, "west/zone3": 50}),
        ({"east": 50, "east/*": 50}, {"east": 100}),
    ],
)
def test_keys_without_overlap(given, expected):
    found = without_overlap(given, KNOWN)
    assert found == expected
    assert not list(set_overlaps(list(found)))


@pytest.mark.parametrize(
    "sources",
    [
        ["*", "east", "east/zone1"],
        ["east/*", "east/zone1"],
        ["east", "east/zone1", "west"],
        ["east/zone1", "east/zone1"],
    ],
)
def test_rules_in_an_order_that_the_webhook_takes(sources):
    rules = [{"from": source, "to": {"west": 100}} for source in sources]
    setting = {"distribute": specific_first(rules)}
    assert list(locality_violations(setting, outlier_detection=True)) == []


@pytest.mark.parametrize(
    "value",
    [
        {"to": {"east/zone1/*": 10, "*": 90}},
        {"a": {"b": [{"c": "1s", "d": True}, {"c": "yes", "d": None}]}},
        {"address": "172.18.0.1", "list": [], "text": "a: b # c", "number": "0x10"},
        {"list": ["a", "b"], "empty": {}},
    ],
)
def test_yaml_reads_back(value):
    assert yaml.safe_load(block(value, remark="two\nlines")) == value


def test_a_remark_is_a_comment():
    assert yaml.safe_load(remark("leave it out:\nall of it")) is None


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.1, "10 %"), (1 / 3, "33.3 %"), (1.0, "100 %"), (0.0, "0 %"), (0.999, "99.9 %")],
)
def test_percent(share, text):
    assert percent(share) == text


def test_lists():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "a"]) == "a and b"
    assert listed("abcdefgh", most=3) == "a, b, c and 5 more"
    assert split({"east/zone1": 0.25, "": 0.75, "west": 0.0}) == (
        "25 % to east/zone1, 75 % to no locality"
    )
