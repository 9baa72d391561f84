# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused has a finding, and no forecast has it; what a server has stored is a fact."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import FINDING_TYPES
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecast_lines import (
    forecast_lines,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecasts import (
    ALL,
    ForecastSelection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.run import (
    AnalysisOptions,
    analyze,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._diagnosis.manifests import (
    EJECTION,
    FAILOVER,
    MESH,
    obj,
    rule,
    text,
)
from hypothesis import given, settings
from hypothesis import strategies as st

GOOD = {"distribute": [{"from": "east/*", "to": {"east/*": 70, "west/*": 30}}]}
# settings and blocks of a policy, and whether the webhook refuses them
SETTINGS = st.sampled_from(
    [
        (GOOD, False),
        (FAILOVER, False),
        ({"distribute": [{"from": "east/*", "to": {"east/*": 70, "west/*": 20}}]}, True),
        ({"distribute": [{"from": "east/*", "to": {"east/*": 0, "west/*": 100}}]}, True),
        ({"failover": [{"from": "east", "to": "east"}]}, True),
        ({"failover": [{"from": "east/east-a", "to": "west"}]}, True),
        ({**GOOD, **FAILOVER}, True),
    ]
)
BLOCKS = st.sampled_from(
    [
        ({"outlierDetection": EJECTION}, False),
        ({"outlierDetection": {"maxEjectionPercent": 101}}, True),
        ({"outlierDetection": {**EJECTION, "interval": "soon"}}, True),
        ({"connectionPool": {}}, True),
        ({"connectionPool": {"tcp": {"maxConnections": -1}}}, True),
        ({"tls": {"mode": "MUTUAL"}}, True),
    ]
)


def analyzed(directory, *objects):
    (directory / "mesh.yaml").write_text(text(*MESH, *objects), encoding="utf-8")
    selection = ForecastSelection(ALL)
    return analyze(AnalysisOptions(source=str(directory), forecast=selection))


def routed(*destinations):
    spec = {"hosts": ["cart"], "http": [{"route": list(destinations)}]}
    return {**obj("VirtualService", "cart", spec=spec), "apiVersion": "networking.istio.io/v1"}


def refusals(diagnosis):
    return {
        each.finding.object
        for each in diagnosis.findings
        if each.finding.code.startswith("EW0") or FINDING_TYPES[each.finding.code].refusal
    }


@settings(max_examples=40, deadline=None)
@given(setting=SETTINGS, block=BLOCKS, is_stored=st.booleans())
def test_no_forecast_has_a_rule_that_is_refused(tmp_path_factory, setting, block, is_stored):
    made = copy.deepcopy(rule("cart", setting[0], **block[0]))
    if is_stored:
        made["metadata"]["uid"] = "4c6c2f1e-0000-0000-0000-000000000001"
    found = analyzed(tmp_path_factory.mktemp("mesh"), made)
    is_refused = setting[1] or block[1]
    assert ("DestinationRule shop/cart" in refusals(found)) == is_refused
    carts = [each for each in found.forecasts if each.forecast.target.service.name == "cart"]
    assert carts
    for each in carts:
        named = [one for one in each.not_considered if one.object == "DestinationRule shop/cart"]
        is_left_out = is_refused and not is_stored
        assert bool(named) == is_left_out
        assert (each.forecast.outbound.rules.effective is None) == is_left_out


def test_what_a_server_has_stored_is_said_to_apply(tmp_path):
    made = rule("cart", {"failover": [{"from": "east", "to": "east"}]})
    made["metadata"]["uid"] = "4c6c2f1e-0000-0000-0000-000000000001"
    (finding,) = (
        each.finding for each in analyzed(tmp_path, made).findings if each.finding.code == "EW301"
    )
    assert "this cluster has it all the same, and it applies" in finding.effect


def test_what_a_refused_rule_would_do_is_conditional(tmp_path):
    """A misspelt zone beside weights that do not add up."""
    to = {"east/*": 70, "west/westa": 20}
    found = analyzed(tmp_path, rule("cart", {"distribute": [{"from": "east/*", "to": to}]}))
    effects = {each.finding.code: each.finding.effect for each in found.findings}
    assert effects["EW111"].startswith("once it is accepted: ")
    assert not effects["EW202"].startswith("once")


def test_the_loss_that_a_refused_rule_leaves_is_its_consequence(tmp_path):
    made = rule("cart", {"failover": [{"from": "east", "to": "east"}]})
    made["spec"]["subsets"] = [{"name": "v1", "labels": {"app": "cart"}}]
    found = analyzed(tmp_path, made, routed({"destination": {"host": "cart", "subset": "v1"}}))
    (group,) = (each for each in found.groups if each.first.finding.code == "EW301")
    assert "EW625" in [each.finding.code for each in group.consequences]


def test_a_loss_stands_for_itself_while_its_rule_stays_refused(tmp_path):
    """Each of two refusals alone does not make the rule accepted."""
    made = rule("cart", {"failover": [{"from": "east", "to": "east"}]})
    made["spec"]["subsets"] = [{"name": "v1", "labels": {"app": "cart"}}]
    made["spec"]["trafficPolicy"]["outlierDetection"] = {"maxEjectionPercent": 150}
    found = analyzed(tmp_path, made, routed({"destination": {"host": "cart", "subset": "v1"}}))
    assert "EW625" in [each.first.finding.code for each in found.groups]
    for each in found.groups:
        assert "EW625" not in [one.finding.code for one in each.consequences]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("VirtualService", {"hosts": ["cart"], "http": [{"route": []}]}),
        ("ServiceEntry", {"hosts": [], "ports": []}),
        ("Sidecar", {"egress": [{"hosts": ["no-slash"]}]}),
    ],
)
def test_refused_objects_of_all_kinds_have_a_finding(tmp_path, kind, spec):
    made = {**obj(kind, "cart", spec=spec), "apiVersion": "networking.istio.io/v1"}
    assert f"{kind} shop/cart" in refusals(analyzed(tmp_path, made))


def test_rules_of_a_wrong_shape_are_named_beside_the_forecast(tmp_path):
    made = rule("cart", FAILOVER)
    made["spec"]["exportTo"] = 5
    found = analyzed(tmp_path, made)
    lines = [line.text for line in forecast_lines(found)]
    assert any(
        "not considered: DestinationRule shop/cart, which has a value" in line for line in lines
    )
