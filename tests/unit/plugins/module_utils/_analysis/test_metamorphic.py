# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings and forecasts do not depend on order, names or objects that have nothing to do with them."""

from __future__ import annotations

import json

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    pod,
    service,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.random_meshes import (
    default_questions,
    meshes,
)
from hypothesis import given, settings
from hypothesis import strategies as st

EXAMPLES = settings(max_examples=25, deadline=None)
# findings that are about clients which really run
OF_CLIENTS = {"EW216", "EW504", "EW705"}


def findings(objects):
    found = check(Topology(objects), "east")
    # a Service without ports is refused, and that is a finding about itself
    return [each for each in found if each.object != "Service other/unrelated"]


def keys(found):
    return {(each.code, each.severity, each.object, each.field) for each in found}


def effects(found):
    return {(each.code, each.object, each.field, each.message, each.effect) for each in found}


def forecasts(objects):
    topology = Topology(objects)
    return [as_dict(forecast_service(topology, *each)) for each in default_questions(topology)]


def with_pod(objects, **parts):
    added = pod("unrelated", "node0", "other", app="unrelated", **parts)
    added["status"]["podIP"] = "10.9.9.9"
    elsewhere = service("unrelated", "other", selector={"app": "nothing"}, ports=[])
    return {**objects, "east": [added, elsewhere, *objects["east"]]}


@EXAMPLES
@given(meshes(), st.randoms(use_true_random=False))
def test_the_order_of_objects_changes_nothing(objects, random):
    shuffled = {name: random.sample(found, len(found)) for name, found in objects.items()}
    assert findings(shuffled) == findings(objects)
    assert forecasts(shuffled) == forecasts(objects)


@EXAMPLES
@given(meshes())
def test_a_pod_outside_of_the_mesh_changes_nothing(objects):
    more = with_pod(objects, sidecar=False)
    assert effects(findings(more)) == effects(findings(objects))
    assert forecasts(more) == forecasts(objects)


@EXAMPLES
@given(meshes())
def test_one_more_client_takes_no_finding_away(objects):
    more = with_pod(objects)
    before, after = keys(findings(objects)), keys(findings(more))
    assert before <= after
    # where only endpoints of the client's node count, its node may be one without any
    of_nodes = {"EW623"} if '"internalTrafficPolicy": "Local"' in json.dumps(objects) else set()
    # a rule may be in effect for the new client alone
    added = {each for each in after - before if not each[2].startswith("DestinationRule ")}
    assert {code for code, *_rest in added} <= OF_CLIENTS | of_nodes
    assert forecasts(more) == forecasts(objects)


def renamed(value):
    text = json.dumps(value)
    for name in ("shop", "bank", "cart", "orders", "rule"):
        text = text.replace(name, f"x{name}")
    return json.loads(text)


@EXAMPLES
@given(meshes())
def test_names_change_nothing(objects):
    before = renamed([list(each) for each in keys(findings(objects))])
    assert keys(findings(renamed(objects))) == {tuple(each) for each in before}
    shares = [each["shares"]["locality"] for each in forecasts(objects)]
    assert [each["shares"]["locality"] for each in forecasts(renamed(objects))] == shares
