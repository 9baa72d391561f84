# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in fields that Istio does not have is nobody's business, whatever it is, but that they are there."""

from __future__ import annotations

import json
import pathlib
import tempfile

from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.run import (
    AnalysisOptions,
    analyze,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["east", "a/b", ""])
NAMES = st.sampled_from(["from", "to", "distribute", "failover", "failoverPriority", "x"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {"selector": {"app": "cart"}, "ports": [{"port": 80, "name": "http"}]},
}


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3))
def test_unknown_fields_are_named_whatever_is_in_them(content):
    rule = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {
            "host": "cart",
            "trafficPolicy": {"loadBalancr": {"localityLbSetting": content}},
        },
    }
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "mesh.json"
        path.write_text(json.dumps({"kind": "List", "items": [SERVICE, rule]}), encoding="utf-8")
        diagnosis = analyze(AnalysisOptions(source=str(path)))
    assert "EW513" in {each.first.finding.code for each in diagnosis.groups}


@settings(max_examples=30, deadline=None)
@given(VALUES.filter(lambda value: value is not None and not isinstance(value, dict)))
def test_labels_of_a_wrong_shape_are_named(labels):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "remote", "namespace": "istio-system", "labels": labels},
    }
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "mesh.json"
        path.write_text(json.dumps({"kind": "List", "items": [SERVICE, secret]}), encoding="utf-8")
        diagnosis = analyze(AnalysisOptions(source=str(path)))
    assert "EW004" in {each.first.finding.code for each in diagnosis.groups}
