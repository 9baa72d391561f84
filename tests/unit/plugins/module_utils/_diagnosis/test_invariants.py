# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the analysis of every mesh."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import ERROR, INFO
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    ClusterReading,
    Diagnosis,
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.findings import (
    tried_findings,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecasts import (
    ALL,
    ForecastSelection,
    forecasts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.groups import group
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.not_considered import (
    NotConsideredFinder,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.refused import CompleteMesh
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.text import render
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.completion import complete
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    SourceContent,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.random_meshes import (
    meshes,
)
from hypothesis import given, settings

EXAMPLES = settings(max_examples=15, deadline=None)
# what holds for clients that the rule itself speaks of, by `from` or by a selector, whether they were given or not
OF_NAMED_CLIENTS = {"EW213", "EW323"}


def analyzed(objects):
    completion = complete(objects)
    mesh = CompleteMesh(completion, tuple(map(Topology, completion.ways)))
    tried = [
        (LocatedFinding(each.finding, "east"), each) for each in tried_findings(mesh, mesh, "east")
    ]
    return mesh, tried


def errors(objects):
    _mesh, tried = analyzed(objects)
    return {
        (each.finding.code, each.finding.object)
        for each, _trial in tried
        if each.finding.severity == ERROR
    }


@EXAMPLES
@given(meshes())
def test_every_finding_is_in_one_group(objects):
    """Grouping by defect loses none, and the gravest come first."""
    _mesh, tried = analyzed(objects)
    groups = group(tried)
    shown = [each for one in groups for each in (*one.findings, *one.consequences)]
    assert sorted(each.finding.sort_key for each in shown) == sorted(
        each.finding.sort_key for each, _trial in tried
    )
    severities = [("error", "warning", "info").index(one.severity) for one in groups]
    assert severities == sorted(severities)


@EXAMPLES
@given(meshes())
def test_an_all_clear_never_stands_beside_loss_or_without_rules(objects):
    mesh, tried = analyzed(objects)
    groups = group(tried)
    left_out = NotConsideredFinder({name: SourceContent() for name in objects}, {})
    found, _more = forecasts(mesh, mesh, groups, ForecastSelection(ALL), left_out)
    rules = sum(each["kind"] == "DestinationRule" for each in objects["east"])
    reading = ClusterReading("east", {"DestinationRule": rules}, 1, (), (), {}, {}, {}, {})
    last = render(Diagnosis((reading,), groups, tuple(found)))[-1]
    all_clear = last.text.startswith("no defects in")
    defects = [each for each in groups if each.severity != INFO]
    lost = any(each.forecast.lost for each in found)
    assert all_clear == (not defects and rules > 0 and not lost)
    # requests that are lost have a finding
    assert defects or not lost


@pytest.mark.parametrize("missing", [{"Node"}, {"Pod"}, {"Node", "Pod"}], ids=sorted)
@settings(EXAMPLES, derandomize=True)
@given(objects=meshes())
def test_what_is_not_given_is_no_error(missing, objects):
    """Nobody is blamed for what is there, but was not given."""
    known = {
        name: [each for each in members if each["kind"] not in missing]
        for name, members in objects.items()
    }
    blamed = {each for each in errors(known) if each[0] not in OF_NAMED_CLIENTS}
    assert blamed <= errors(objects)
