# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the findings of every mesh."""

from __future__ import annotations

import re

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.distributions import (
    distributions,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import Explanation
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import place, split
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    HEADLESS,
    NONE,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.random_meshes import (
    default_questions,
    meshes,
)
from hypothesis import given, settings

EXAMPLES = settings(max_examples=40, deadline=None)


def forecasts(topology):
    return [
        forecast_service(topology, client, target)
        for client, target in default_questions(topology)
        if target.service.resolution not in (HEADLESS, NONE)
    ]


@EXAMPLES
@given(meshes())
def test_lost_requests_always_have_a_finding(objects):
    """One that names the service or the rule that loses them."""
    topology = Topology(objects)
    found = check(topology, "east")
    computed = forecasts(topology)
    for forecast in computed:
        service = forecast.target.service
        title = f"{service.kind} {service.namespace}/{service.name}"
        assert not forecast.lost or any(
            each.object == title or each.code == "EW213" for each in found
        )
    text = Explanation("east", tuple(computed), tuple(found)).as_dict()["text"]
    assert not (re.search(r"of the requests fail now", text) and "no findings" in text)


@EXAMPLES
@given(meshes())
def test_weights_that_are_not_kept_always_have_a_finding(objects):
    topology = Topology(objects)
    context = AnalysisContext(topology, "east")
    found = check(topology, "east")
    for each in distributions(context):
        shares = each.case.shares
        kept = all(
            abs(
                sum(
                    share
                    for name, share in shares.items()
                    if matches(target.pattern, parse_locality(name))
                )
                - target.percent / 100
            )
            < 0.005
            for target in each.rule.targets
        )
        assert kept or found


@EXAMPLES
@given(meshes())
def test_settings_that_do_nothing_always_have_a_finding(objects):
    """A localityLbSetting of a rule in effect that sets neither priorities nor weights."""
    topology = Topology(objects)
    found = check(topology, "east")
    for case in AnalysisContext(topology, "east").all_cases():
        setting = case.policy.locality_lb
        inert = setting is not None and setting.get("enabled") is not False
        if inert and case.applied.mode is Mode.NOTHING:
            assert any(
                each.code == "EW304" and each.object == f"DestinationRule {case.rule_name}"
                for each in found
            )


_PLACE = r"(?:no locality|[^\s,;:.()]+)"
_PART = rf"[\d.]+ % to {_PLACE}"
NOW = re.compile(rf"clients in ({_PLACE}) send ({_PART}(?:, {_PART})*)")


def test_the_pattern_reads_a_sentence():
    found = NOW.search(
        "it is so (clients in east/zone1 send 70 % to east/zone1, 30 % to no locality); and"
    )
    assert found and found[2] == "70 % to east/zone1, 30 % to no locality"


@EXAMPLES
@given(meshes())
def test_a_split_that_a_finding_states_is_that_of_a_forecast(objects):
    """Or the finding says which supposition it has."""
    topology = Topology(objects)
    context = AnalysisContext(topology, "east")
    now = {(place(case.origin.client.locality), split(case.shares)) for case in context.all_cases()}
    for finding in check(topology, "east"):
        for found in NOW.finditer(finding.effect):
            rest = finding.effect[found.end() :]
            supposed = rest.lstrip(" ").startswith("with all endpoints ready")
            assert supposed or (found[1], found[2]) in now, finding
