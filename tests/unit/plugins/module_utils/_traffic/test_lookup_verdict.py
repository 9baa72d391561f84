# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Header, build
from ansible_collections.eastwest.mesh.plugins.module_utils._report.junit import render_junit
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markdown import render_markdown
from ansible_collections.eastwest.mesh.plugins.module_utils._report.page import render_page
from ansible_collections.eastwest.mesh.plugins.module_utils._report.table import render
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.lookup_verdict import (
    LookupExpectation,
    judge_lookup,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    DEFAULT_PATTERN,
)

ADDRESSES = {"db1": ["240.240.0.1"], "db2": ["240.240.0.2"], "none": []}


def connection(host: str, version: str = "", error: str = "") -> dict[str, t.Any]:
    greeting = f"Hello version: {version}, instance: i" if version else ""
    return {"host": host, "port": 3306, "greeting": greeting, "error": error}


BOTH = [connection("db1", "db1"), connection("db2", "db2")]
OWN = LookupExpectation(["db1", "db2"], ["none"], {"db1": "db1", "db2": "db2"})


def judge(
    addresses: dict[str, list[str]], connections: list[t.Any], expectation: LookupExpectation
) -> dict[str, t.Any]:
    return judge_lookup(addresses, connections, expectation, DEFAULT_PATTERN)


def test_each_server_has_its_own_address() -> None:
    sample = judge(ADDRESSES, BOTH, OWN)
    assert (sample["requests"], sample["errors"], sample["unidentified"]) == (2, 0, 0)
    judgement = sample["judgement"]
    assert judgement["passed"]
    assert judgement["expected"] == judgement["observed"] == {"db1": 0.5, "db2": 0.5}


@pytest.mark.parametrize(
    ("addresses", "connections", "reason"),
    [
        ({"db1": []}, BOTH, "db1 has no address, not one address of 240.240.0.0/16"),
        ({"db1": ["10.0.0.1"]}, BOTH, "db1 has 10.0.0.1, not one address of 240.240.0.0/16"),
        ({"db1": ["240.240.0.2"]}, BOTH, "db1 and db2 share the address 240.240.0.2"),
        ({"none": ["10.0.0.1"]}, BOTH, "none has 10.0.0.1, and should have no address"),
        ({}, [BOTH[0], connection("db2", "db1")], "db2:3306: db1 answered, not db2"),
        ({}, [BOTH[0], connection("db2", error="refused")], "db2:3306: refused"),
        ({}, [BOTH[0]], "db2: no connection was made to it"),
        ({}, [BOTH[0], connection("db2")], "db2:3306: the answer '' names no version"),
    ],
)
def test_reasons(addresses: dict[str, list[str]], connections: list[t.Any], reason: str) -> None:
    judgement = judge({**ADDRESSES, **addresses}, connections, OWN)["judgement"]
    assert not judgement["passed"]
    assert judgement["reasons"] == [reason]


def test_one_server_takes_all_connections() -> None:
    expectation = LookupExpectation(single_answer=True)
    same = [connection("10.0.0.1", "db2"), connection("10.0.0.2", "db2")]
    judgement = judge({}, same, expectation)["judgement"]
    assert judgement["passed"]
    assert judgement["expected"] == judgement["observed"] == {"db2": 1.0}
    assert judge({}, same[:1], expectation)["judgement"]["reasons"] == [
        "1 connections were made, and that one server takes all needs two"
    ]
    judgement = judge({}, BOTH, expectation)["judgement"]
    assert judgement["reasons"] == ["db1 and db2 answered, where one server takes all connections"]
    assert not judgement["passed"]


def test_a_report_takes_it_for_a_sample() -> None:
    started = "2026-01-31T12:00:00+00:00"
    steps = [
        {"name": "allocated", "sample": judge(ADDRESSES, BOTH, OWN)},
        {"name": "refused", "sample": judge(ADDRESSES, BOTH[:1], OWN)},
    ]
    document = build(Header("dns_proxy", "loopback", started), steps, datetime.now(UTC))
    assert [step["verdict"] for step in document["steps"]] == ["passed", "failed"]
    assert document["steps"][1]["reasons"] == ["db2: no connection was made to it"]
    assert any("no connection was made" in line.text for line in render(document))
    for text in (render_page(document), render_junit(document), render_markdown(document)):
        assert "no connection was made" in text
