# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole manifests against answers of istiod's own code, recorded from its oracle.

``tests/tools/compare_manifest_cases.py --record`` writes the file anew.
"""

from __future__ import annotations

import copy
import json
import lzma
import typing as t
from pathlib import Path

import pytest
from compare_manifest_cases import differences
from manifest_answers import answer

Recorded: t.TypeAlias = dict[str, t.Any]

RECORDED: list[Recorded] = [
    json.loads(line)
    for line in lzma.decompress(
        Path(__file__).with_name("recorded_manifests.jsonl.xz").read_bytes()
    ).splitlines()
]


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda each: str(each["case"]["name"]))
def test_the_model_answers_as_istiod_does(recorded: Recorded) -> None:
    assert list(differences(recorded["answer"], answer(recorded["case"]))) == []


@pytest.mark.parametrize(
    ("what", "at_least"),
    [
        ("several clusters", 30),
        ("refused by the webhook", 20),
        ("several priorities", 15),
        ("gateways", 15),
        ("clients without a network, and their own cluster's gateway", 8),
        ("hosts hidden by a Sidecar", 20),
        ("subsets", 15),
        ("names that Envoy resolves", 5),
        ("routes of a VirtualService", 60),
        ("weighted destinations", 20),
        ("faults", 15),
        ("routes of the Gateway API", 25),
        ("routes of a Gateway", 8),
    ],
)
def test_the_record_holds_enough_of_everything(what: str, at_least: int) -> None:
    assert sum(what in _features(each) for each in RECORDED) >= at_least


def _features(recorded: Recorded) -> set[str]:
    case, given = recorded["case"], recorded["answer"]
    clusters = [
        (name, each)
        for proxy in given["proxies"].values()
        for name, each in proxy["clusters"].items()
    ]
    groups = [group for _name, each in clusters for group in each.get("endpoints", ())]
    routes = [
        route
        for proxy in given["proxies"].values()
        for found in proxy["routes"].values()
        for route in found
    ]
    kinds = {obj["kind"] for obj in case["clusters"][case["local"]]}
    routers = [each["name"] for each in case["proxies"] if each["type"] == "router"]
    checks = {
        "several clusters": len(case["clusters"]) > 1,
        "refused by the webhook": bool(given["refused"]),
        "several priorities": any(group[1] for group in groups),
        "gateways": any(host[0].startswith("203.0.113.") for group in groups for host in group[3]),
        "clients without a network, and their own cluster's gateway": any(
            host[0].partition(":")[0] in _own_gateways(case)
            for group in groups
            for host in group[3]
        ),
        "hosts hidden by a Sidecar": "Sidecar" in kinds,
        "subsets": any(name.split("|")[2] for name, _each in clusters),
        "names that Envoy resolves": any("DNS" in each["type"] for _name, each in clusters),
        "routes of a VirtualService": any("caseSensitive" in each["match"] for each in routes),
        "weighted destinations": any("weightedClusters" in each for each in routes),
        "faults": any("fault" in each for each in routes),
        # only they match whole parts of a path
        "routes of the Gateway API": any("pathSeparatedPrefix" in each["match"] for each in routes),
        "routes of a Gateway": any(given["proxies"][each]["routes"] for each in routers),
    }
    return {name for name, holds in checks.items() if holds}


def _own_gateways(case: t.Mapping[str, t.Any]) -> set[str]:
    """Return the addresses of the gateway of the cluster that the clients are in."""
    return {
        address["ip"]
        for obj in case["clusters"][case["local"]]
        if obj["metadata"]["name"] == "eastwest"
        for address in obj["status"]["loadBalancer"]["ingress"]
    }


def _some_cluster() -> tuple[Recorded, dict[str, t.Any]]:
    """A recorded case and, within a copy of its answer, a cluster with endpoints."""
    for recorded in RECORDED:
        expected = copy.deepcopy(recorded["answer"])
        for proxy in expected["proxies"].values():
            for cluster in proxy["clusters"].values():
                if cluster.get("endpoints"):
                    return {"case": recorded["case"], "answer": expected}, cluster
    raise AssertionError("no recorded cluster has endpoints")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "STATIC"),
        ("weighted", None),
        ("panic", 7.0),
        ("algorithm", "NO"),
        ("endpoints", []),
    ],
)
def test_the_comparison_notices(field: str, value: t.Any) -> None:
    recorded, cluster = _some_cluster()
    cluster[field] = value
    assert list(differences(recorded["answer"], answer(recorded["case"])))


def test_the_comparison_notices_what_only_one_side_has() -> None:
    recorded, _cluster = _some_cluster()
    given = answer(recorded["case"])
    for proxy in recorded["answer"]["proxies"].values():
        proxy["clusters"]["outbound|1||x"] = {"type": "EDS"}
    assert any("is missing" in each for each in differences(recorded["answer"], given))
    recorded, _cluster = _some_cluster()
    recorded["answer"]["refused"]["Sidecar web/x"] = "no"
    assert any("refuses Sidecar web/x" in each for each in differences(recorded["answer"], given))
