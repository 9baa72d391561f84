# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    DEFAULT_PATTERN,
    by_jmespath,
    by_pattern,
    identify_responses,
)

HELLO = "Hello version: zone1, instance: helloworld-zone1-5d8f\n"


@pytest.mark.parametrize(
    ("pattern", "body", "names"),
    [
        (DEFAULT_PATTERN, HELLO, {"version": "zone1", "instance": "helloworld-zone1-5d8f"}),
        (
            DEFAULT_PATTERN,
            "<html>" + HELLO,
            {"version": "zone1", "instance": "helloworld-zone1-5d8f"},
        ),
        (DEFAULT_PATTERN, "upstream connect error", {}),
        (DEFAULT_PATTERN, "", {}),
        (r"from (?P<cluster>\w+)(?: v(?P<version>\d))?", "from east", {"cluster": "east"}),
        (r"from (?P<cluster>\w*)", "from !", {}),
    ],
)
def test_by_pattern(pattern, body, names):
    assert by_pattern(pattern)(body) == names


@pytest.mark.parametrize(
    ("expression", "body", "names"),
    [
        ("{version: env.V, instance: host}", '{"env": {"V": 2}, "host": "a"}', {"version": "2", "instance": "a"}),
        ('{version: headers."X-Version"}', '{"headers": {"X-Version": ["v1", "v2"]}}', {"version": "v1"}),
        ("{version: v, instance: host}", '{"host": "a"}', {"instance": "a"}),
        ("{version: v}", '{"v": []}', {}),
        ("{version: v}", '{"v": {"a": 1}}', {}),
        ("{version: v}", '{"v": true}', {}),
        ("{version: v}", "no JSON", {}),
        ("{version: v}", "[1]", {}),
        ("{version: abs(v)}", '{"v": "text"}', {}),
        ("v", '{"v": "1"}', {}),
    ],
)  # fmt: skip
def test_by_jmespath(expression, body, names):
    assert by_jmespath(expression)(body) == names


def test_ways_that_identify_no_server_are_refused():
    with pytest.raises(InvalidInput, match="regular expression"):
        by_pattern("(?P<version>")
    with pytest.raises(InvalidInput, match="no named group"):
        by_pattern("version: (.*)")
    with pytest.raises(InvalidInput, match="cannot be read"):
        by_jmespath("{version: ")


def test_identify_adds_the_place_of_the_instance():
    places = {"helloworld-zone1-5d8f": {"locality": "east/zone1", "cluster": "east"}}
    records = [
        Record(0, 1, 200, HELLO),
        Record(1, 1, 503, HELLO),
        Record(2, 1, 200, "?"),
        Record(3, 1, 0),
    ]
    answers = identify_responses(records, by_pattern(DEFAULT_PATTERN), places)
    assert answers[0].names == {
        "version": "zone1",
        "instance": "helloworld-zone1-5d8f",
        "locality": "east/zone1",
        "cluster": "east",
    }
    # an error page may name anybody
    assert answers[1].names == {}
    assert [(a.failed, a.unidentified) for a in answers] == [
        (False, False),
        (True, False),
        (False, True),
        (True, False),
    ]
