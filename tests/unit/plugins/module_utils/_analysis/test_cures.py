# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cure, applied to the defective lab: its finding is gone, and no error is new."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import (
    FINDING_TYPES,
    check,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import (
    CureTrial,
    with_cure,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import ERROR
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.neighbourhood import (
    Neighbourhoods,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    FAILOVER,
    HOST,
    entry,
    lab,
    obj,
    policy,
    routes,
    rule,
    to,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.test_codes import (
    LABS,
    MORE,
)

DEFECTIVE = [
    pytest.param(code, defective, id=f"{code}-{number}")
    for code in LABS
    for number, defective in enumerate((LABS[code][0], *MORE.get(code, ())))
]


def errors(findings):
    return {(each.code, each.object) for each in findings if each.severity == ERROR}


@pytest.mark.parametrize(("code", "defective"), DEFECTIVE)
def test_a_cure_cures(code, defective):
    """Alone, but where it is for another object, or changes what the rule is to do."""
    built = defective()
    before = built.findings()
    for finding in before:
        objects = with_cure(built.objects, finding)
        if finding.code != code or objects is None or not FINDING_TYPES[code].testable:
            continue
        after = replace(built, objects=objects).findings()
        assert count(after, finding) < count(before, finding)
        assert errors(after) <= errors(before)


def count(findings, like):
    return sum((each.code, each.object) == (like.code, like.object) for each in findings)


def test_a_cure_that_does_not_cure_gives_way_to_what_to_look_at():
    broken = LABS["EW301"][0]()
    (finding,) = (each for each in broken.findings() if each.code == "EW301")
    useless = replace(finding, instead="failover:\n  - from: east\n    to: east\n")
    (tried,) = trial(broken, [useless]).tried()
    assert tried.instead.startswith("# look at spec.trafficPolicy.loadBalancer")
    assert trial(broken, [finding]).tried() == [finding]


def test_a_cure_that_brings_an_error_gives_way_too():
    broken = LABS["EW214"][0]()
    (finding,) = (each for each in broken.findings() if each.code == "EW214")
    harmful = replace(finding, instead="to: {north/zone7: 100}")
    (tried,) = trial(broken, [harmful]).tried()
    assert tried.instead.startswith("# look at")


def test_a_cure_that_brings_a_warning_gives_way_too():
    broken = LABS["EW304"][0]()
    (finding,) = (each for each in broken.findings() if each.code == "EW304")
    detection = "outlierDetection: {consecutive5xxErrors: 1, minHealthPercent: 50}"
    (tried,) = trial(broken, [replace(finding, instead=detection)]).tried()
    assert tried.instead.startswith("# look at")
    assert "it brings EW40" in tried.instead


def test_a_cure_that_copies_a_field_that_does_not_exist_gives_way_too():
    detection = {"maxEjectionPercentage": 100, "minHealthPercent": 50}
    broken = lab(rule(policy(FAILOVER, outlierDetection=detection)))
    (finding,) = (each for each in broken.findings() if each.code == "EW403")
    assert "maxEjectionPercentage" in finding.instead
    (tried,) = trial(broken, [finding]).tried()
    assert "maxEjectionPercentage:" not in tried.instead
    assert tried.instead.startswith("# look at")


def test_localities_that_are_wrong_in_the_same_way_are_cured_together():
    weights = {"us/west/zone3": 100}
    both = lab(rule(policy(to(weights))), entries=[entry("us/west/zone3")])
    tried = trial(both, both.findings()).tried()
    cures = {each.code: each.instead for each in tried}
    assert "west/zone3" in cures["EW102"]
    assert "west/zone3: 100" in cures["EW112"]


def trial(defective, findings):
    topology = defective.topology()
    return CureTrial(topology, "east", findings, lambda changed: check(changed, "east"))


def test_the_part_of_a_large_mesh_keeps_the_routes_to_its_services():
    """Cures are tried in that part, and a VirtualService decides where requests go as a rule does."""
    near = routes({"route": [{"destination": {"host": HOST}}]})
    far = obj(
        "VirtualService", "other", "sample", spec={"hosts": ["other"], "http": near["spec"]["http"]}
    )
    delegate = obj("VirtualService", "delegate", "sample", spec={"http": near["spec"]["http"]})
    mesh = lab(rule(policy(FAILOVER)), extra=[near, far, delegate]).topology()
    part = Neighbourhoods(mesh, "east").of("DestinationRule sample/helloworld")
    assert part is not None
    kept = {each["metadata"]["name"] for each in part.states["east"].objects("VirtualService")}
    assert kept == {"helloworld", "delegate"}
