# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs after reports of users, with the findings that they get."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import explain
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound

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
        # what a server says is a fact, such as an address of any subnet
        ("kubectl-dump", set()),
        # clients of a headless Service choose their pod themselves
        ("headless", {"EW904"}),
        # no rule is for the gateway's locality
        ("gateway-api-client", {"EW216", "EW902"}),
        ("same-locality-here-and-behind-gateway", {"EW322", "EW801"}),
        ("sidecar-and-virtualservice", {"EW626"}),
    ],
)
def test_findings(name, codes):
    assert {each.code for each in explained(name).findings} == codes


def test_clients_of_a_headless_service_lose_nothing():
    (found,) = explained("headless").forecasts
    assert (found.lost, set(found.shares("locality").values())) == (0.0, {0.0})


def test_a_gateway_of_the_gateway_api_is_a_client_with_a_place_of_its_own():
    (found,) = explained("gateway-api-client").forecasts
    assert (found.client.name, found.client.proxy.client.locality) == (
        "edge/ingress-us1-b",
        "us1/us1-b/",
    )
    assert found.shares("locality") == pytest.approx({"us1/us1-a": 0.5, "us1/us1-b": 0.5})


def test_shares_are_of_endpoints_and_not_of_the_names_of_localities():
    """Both clusters have pods in r/z1; nothing goes behind the gateway."""
    (found,) = explained("same-locality-here-and-behind-gateway").forecasts
    assert found.shares("cluster") == pytest.approx({"c1": 1.0, "c2": 0.0})
    assert {each.workload for each in found.destinations if each.share} == {"a-z1"}


def test_what_a_sidecar_hides_is_not_forecast():
    name = CASES / "sidecar-and-virtualservice.yaml"
    options = yaml.safe_load(name.read_text(encoding="utf-8"))
    options["clients"] = [{"locality": "r/z", "namespace": "web"}]
    with pytest.raises(NotFound, match=r"Sidecar web/default does not show 'cart\.shop"):
        explain(options)


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
