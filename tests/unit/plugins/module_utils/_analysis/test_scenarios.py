# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the scenarios: right ones give no finding, the broken one gives all of them."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    EAST_PODS,
    FAILOVER,
    POOL,
    Lab,
    entry,
    lab,
    pod,
    policy,
    rule,
    to,
)

PATIENT = {"consecutive5xxErrors": 100, "interval": "1s", "baseEjectionTime": "1m"}
DRAINED = ("sample/helloworld-zone1", "sample/helloworld-zone2")


@pytest.mark.parametrize("west_is_known", [True, False])
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [rule(policy(FAILOVER))],
        [rule(policy(to()))],
        [rule(policy(to(), outlierDetection=PATIENT))],
        [rule(policy(to(), outlierDetection={**PATIENT, "maxEjectionPercent": 100}))],
        [rule(policy(to({"east/zone1/*": 10, "east/zone2/*": 10, "west/zone3/*": 80})))],
    ],
)
def test_what_is_right_gives_no_finding(rules, west_is_known):
    assert lab(*rules, west_is_known=west_is_known).findings() == []


def as_commonly_written() -> Lab:
    detection = {"consecutive5xxErrors": 1, "interval": "1s", "baseEjectionTime": "1m"}
    return lab(rule(policy(FAILOVER, outlierDetection=detection)))


def test_the_failover_rule_as_commonly_written():
    assert as_commonly_written().codes() == {"EW402"}
    found = as_commonly_written().one("EW402")
    assert "10 of 3 hosts" in found.message
    assert "100 % to east/zone1" in found.effect
    assert "maxEjectionPercent: 100" in found.instead


def broken(**parts) -> Lab:
    """Weighted distribution as its authors wrote it down."""
    weights = {"east/zone1/*": 10, "east/zone2/*": 10, "us/west/zone3/*": 80}
    balancer = {"localityLbSetting": to(weights)}
    body = policy(loadBalancer=balancer, connectionPool=None, outlierDetection=PATIENT)
    given = {"entries": [entry("us/west/zone3")], "drained": DRAINED, **parts}
    return lab(rule(body), **given)


def test_every_defect_of_the_broken_distribution_is_named():
    assert broken().codes() == {
        # the entry's locality, the rule's key, its four parts
        "EW102",
        "EW112",
        "EW114",
        # zone1 and zone2 are drained
        "EW212",
        "EW621",
        # maxRequestsPerConnection, ROUND_ROBIN
        "EW801",
        "EW902",
    }


@pytest.mark.parametrize("code", ["EW102", "EW112", "EW114", "EW801", "EW902"])
def test_what_does_not_break_the_split_says_so(code):
    found = broken().one(code)
    assert "does not break the split" in found.effect
    assert "80 %" in found.effect


def test_what_breaks_the_split_says_so():
    found = [each for each in broken().findings() if each.code == "EW621"]
    assert [each.object for each in found] == [f"Pod {name}" for name in DRAINED]
    for each in found:
        assert "it breaks the split: for clients in east/zone1 it is 100 % to us/west/zone3" in (
            each.effect
        )
        assert (
            "instead of 10 % to east/zone1, 10 % to east/zone2, 80 % to us/west/zone3"
            in each.effect
        )


def test_mending_one_of_the_two_localities_alone_would_do_harm():
    for code in ("EW102", "EW112"):
        assert "50 % to east/zone1, 50 % to east/zone2" in broken().one(code).effect


def test_without_the_drained_endpoints_the_broken_rule_distributes():
    codes = broken(drained=()).codes()
    assert not codes & {"EW621", "EW212"}
    assert "it breaks the split" not in " ".join(
        each.effect for each in broken(drained=()).findings()
    )


def test_pods_that_are_not_ready_are_named_like_drained_ones():
    pods = [
        EAST_PODS[0],
        pod("helloworld-zone1", "east-worker", ready=False),
        pod("helloworld-zone2", "east-worker2", ready=False),
    ]
    found = broken(drained=(), pods=pods)
    assert {"EW622", "EW212"} <= found.codes()
    unready = [each for each in found.findings() if each.code == "EW622"]
    assert [each.object for each in unready] == [f"Pod {name}" for name in DRAINED]
    assert all("it is 100 % to us/west/zone3" in each.effect for each in unready)


def test_the_mended_rule_gives_no_finding():
    body = policy(to(), connectionPool=POOL, outlierDetection=PATIENT)
    assert lab(rule(body), entries=[entry("west/zone3")]).findings() == []
