# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in answers are text, whatever the answers hold."""

from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    by_jmespath,
    by_pattern,
    identify_responses,
)
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
WAYS = {
    "pattern": by_pattern(r"version: (?P<version>.*), instance: (?P<instance>[^,]*)"),
    "jmespath": by_jmespath("{version: version, instance: instance}"),
    "function": by_jmespath("{version: join('', [version, instance]), instance: max(instance)}"),
}


def names(way, body):
    (response,) = identify_responses([Record(0.0, 1.0, 200, body)], WAYS[way])
    return response.names


@pytest.mark.parametrize("way", WAYS)
@given(body=st.text(max_size=300))
def test_any_text(way, body):
    assert all(name.isprintable() for name in names(way, body).values())


@pytest.mark.parametrize("way", WAYS)
@given(version=VALUES, instance=VALUES)
def test_any_json(way, version, instance):
    for text in names(way, json.dumps({"version": version, "instance": instance})).values():
        # reports are written and printed as UTF-8
        assert text.isprintable()
        assert text.encode("utf-8")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("opening", ["[", '{"version":', "{{"])
def test_nesting_without_an_end(way, opening):
    assert names(way, opening * 100_000) == {}


@pytest.mark.parametrize("body", ["version: {{ 6 * 7 }}, instance: {% raw %}"])
def test_templates_stay_text(body):
    assert names("pattern", body) == {"version": "{{ 6 * 7 }}", "instance": "{% raw %}"}
