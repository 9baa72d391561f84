# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs after reports of users, with the findings that they get."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import explain

CASES = Path(__file__).parent / "cases"


def explained(name):
    return explain(yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        # enabled: true sets no priorities without outlier detection
        ("enabled-alone", {"EW304"}),
        # localities that a ServiceEntry declares exist
        ("external-failover", set()),
        # distribute of the mesh covers no endpoint
        ("distribute-loses-all", {"EW213"}),
        ("warmup-with-weights", {"EW906"}),
        ("consistent-hash-and-distribute", {"EW907"}),
        ("least-request-over-localities", {"EW908"}),
        # what is empty is present all the same
        ("empty-connection-pools", {"EW401"}),
        # the WorkloadEntries that stand for the endpoints are not the user's
        ("plain-endpoints-behind-gateway", set()),
    ],
)
def test_findings(name, codes):
    assert {each.code for each in explained(name).findings} == codes


def test_lost_requests_are_named_with_their_cause():
    explanation = explained("distribute-loses-all")
    assert all(each.lost == 1.0 for each in explanation.forecasts)
    (found,) = explanation.findings
    assert found.object == "ConfigMap istio-system/istio"
    assert "every request of clients in de/de-1 fails" in found.effect
    assert "no findings" not in explanation.as_dict()["text"]


def test_where_no_rule_is_none_is_praised():
    text = explained("plain-endpoints-behind-gateway").as_dict()["text"]
    assert text.endswith("no findings, there is no rule")


def test_both_splits_of_a_hashed_key_are_told():
    (found,) = explained("consistent-hash-and-distribute").findings
    assert found.object == "DestinationRule shop/cart"
    assert "clients in cn1/cn1-j send" in found.effect
    assert "clients in cn1/cn1-k send" in found.effect
