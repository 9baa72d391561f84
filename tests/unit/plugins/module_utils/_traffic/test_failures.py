# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.failures import (
    failure_reasons,
    find_failures,
    parse_log,
)
from hypothesis import given
from hypothesis import strategies as st

PROFILE = LoadProfile("http://helloworld.sample:5000/hello", requests=1)
PODS = {"127.10.1.2": "helloworld-zone2-x"}
OWN = (
    "[2026-01-31T12:00:00.000Z] GET helloworld.sample:5000 /hello {status} {flags} 75 {upstream}"
    " outbound|5000||helloworld.sample.svc.cluster.local 127.10.1.9:40000 - -"
)
ISTIO = (
    '[2026-01-31T12:00:00.000Z] "GET /hello HTTP/1.1" {status} {flags} via_upstream - "-" 0 91 75 -'
    ' "-" "curl/8" "a-b-c" "helloworld.sample:5000" "{upstream}"'
    " outbound|5000||helloworld.sample.svc.cluster.local 10.0.0.1:1 10.0.0.2:5000 10.0.0.1:2 - default"
)


def as_json(status, flags, upstream):
    return json.dumps(
        {
            "method": "GET",
            "path": "/hello",
            "response_code": int(status),
            "response_flags": flags,
            "upstream_host": upstream,
        }
    )


LINES = {"loopback": OWN.format, "istio": ISTIO.format, "json": as_json}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_flags_and_endpoint_are_those_of_the_log(line):
    log = "\n".join(
        [
            "[info] something else",
            line(status="200", flags="-", upstream="127.10.1.1:5000"),
            line(status="503", flags="URX,UF", upstream="127.10.1.2:5000"),
            line(status="503", flags="UH", upstream="-"),
        ]
    )
    records = [
        Record(1.0, 2.0, 200, "hello"),
        Record(4.0, 75.5, 503, "upstream connect error"),
        Record(90.0, 1.0, 503, "no healthy upstream"),
    ]
    first, second = find_failures(records, PROFILE, log, PODS)
    assert (first.flags, first.endpoint) == (("URX", "UF"), "127.10.1.2:5000")
    assert (first.pod, first.at_ms, first.took_ms) == ("helloworld-zone2-x", 4.0, 75.5)
    assert (second.flags, second.endpoint, second.pod) == (("UH",), "", "")
    assert str(first) == (
        "at 4 ms: 503 URX,UF 127.10.1.2:5000 helloworld-zone2-x upstream connect error"
    )
    assert first.as_dict()["flags"] == ["URX", "UF"]
    assert first.as_dict()["reason"] == "HTTP 503"


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        ("no healthy upstream", ("UH",)),
        (
            "upstream connect error or disconnect/reset before headers. retried and the latest "
            "reset reason: remote connection failure, transport failure reason: delayed",
            ("UF", "URX"),
        ),
        ("upstream request timeout", ("UT",)),
        ("an app's own error", ()),
    ],
)
@pytest.mark.parametrize("log", ["", OWN.format(status="200", flags="-", upstream="a:1")])
def test_without_a_fitting_log_the_answer_says_it(body, flags, log):
    (failure,) = find_failures([Record(4.0, 75.5, 503, body)], PROFILE, log, {})
    assert (failure.flags, failure.endpoint) == (flags, "")


def test_requests_without_an_answer():
    (failure,) = find_failures([Record(1.0, 5000.0, 0, error="no answer")], PROFILE, "", {})
    assert (failure.status, failure.detail) == (0, "no answer")


def test_reasons_are_few_and_say_how_many_there_are():
    failures = find_failures([Record(n, 1.0, 503, "x") for n in range(9)], PROFILE, "", {})
    reasons = failure_reasons(failures)
    assert len(reasons) == 4
    assert reasons[-1] == "and 6 more; the report lists them all"


@given(st.lists(st.text(max_size=200), max_size=5))
def test_no_log_is_too_odd(lines):
    for line in parse_log("\n".join(lines)):
        assert 0 <= line.status <= 999


@given(st.text(max_size=300), st.text(max_size=300))
def test_every_failed_request_is_described_in_printable_words(body, log):
    (failure,) = find_failures([Record(1.0, 1.0, 500, body)], PROFILE, log, {})
    assert str(failure).isprintable()
