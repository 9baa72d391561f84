# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that a killed run left are named, and the forecast is one with them."""

from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import explain
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast import options
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import east, rule
from .test_sample_forecast import NEAR, Cluster

ASKED = {
    "by": ["version"],
    "clients": [{"workload": "sleep", "namespace": "sleep"}],
    "services": [{"host": "helloworld.sample.svc.cluster.local", "port": "5000"}],
}


class Faulty(Cluster):
    """Sidecars that fail by percentages of requests, and some that are out of order."""

    def __init__(self, percentages, broken=()):
        super().__init__("east", east(rule(NEAR)))
        self.percentages, self.broken = percentages, tuple(broken)
        self.has_faults = True

    def admin(self, pod, method, path):
        if self.broken and pod.name.startswith(self.broken):
            raise LabBroken("no answer")
        if path != "/runtime":
            return super().admin(pod, method, path)
        values = [value for name, value in self.percentages.items() if pod.name.startswith(name)]
        entries = {"fault.http.abort.abort_percent": {"final_value": str(*values)}}
        return json.dumps({"entries": entries if values else {}})

    def proxy_faults_left(self, *, mend):
        assert not mend
        return [f"the sidecar of pod {name} is out of order" for name in self.broken]


ZONES = st.sampled_from(["zone1", "zone2"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(percentages=st.dictionaries(ZONES, st.sampled_from([1, 50, 99, 100])), broken=st.sets(ZONES))
def test_faults_in_force_are_named_and_forecast(monkeypatch, percentages, broken):
    monkeypatch.setattr(options, "connect", lambda _params: Faulty(percentages, broken))
    found = explain(ASKED)
    for name in broken:
        assert sum(f"pod {name} is out of order" in each for each in found.faults) == 1
    named = {
        name: each for name in ("zone1", "zone2") for each in found.faults if f"/{name}" in each
    }
    assert named.keys() == percentages.keys() - broken
    assert all(f"{percentages[name]} % of the requests with 503" in named[name] for name in named)
    whole = {name for name, percent in percentages.items() if percent == 100} | broken
    for name, words in named.items():
        assert ("has it refuse" in words) == (name in whole)
        assert ("has it serve" in words) == (name not in whole)
    shares = found.as_dict()["forecasts"][0]["shares"]["version"]
    serving = [name for name in ("zone1", "zone2") if name not in whole]
    if serving:
        assert shares[serving[0]] == 1
    assert found.as_dict()["faults"] == list(found.faults)
    lines = [line.text for line in found.lines()]
    assert [each for each in lines if each.startswith("fault in force: ")] == [
        f"fault in force: {each}" for each in found.faults
    ]
    assert not (found.faults and "the rules do what they say" in lines[-1])


@pytest.mark.parametrize("zone", ["zone1", "zone2"])
def test_the_forecast_of_a_real_cluster_asks_for_no_faults(monkeypatch, zone):
    cluster = Faulty({zone: 100})
    cluster.has_faults = False
    monkeypatch.setattr(options, "connect", lambda _params: cluster)
    assert explain(ASKED).faults == ()
