# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.sample_forecast import (
    SampleForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.forecast_expectation import (
    combine,
)

SPLIT = {"zone1": 0.1, "zone2": 0.1, "zone3": 0.8}
HEALTHY = SampleForecast(SPLIT, "exact", because=("weights",))
OUTAGE = SampleForecast({}, failed=1.0, because=("stuck",), problem="every request fails: stuck")
PARTIAL = SampleForecast({"zone2": 1.0}, "exact", failed=0.25, because=("a quarter is stuck",))
SILENT = SampleForecast({}, problem="a VirtualService routes it")

AGREEING = {
    "the split": (HEALTHY, {"shares": SPLIT}, SPLIT),
    "the split in percent": (HEALTHY, {"shares": {"zone1": 10, "zone2": 10, "zone3": 80}}, SPLIT),
    "an outage": (OUTAGE, {"failed": 1}, {"failed": 1.0}),
    "a part": (PARTIAL, {"failed": 0.25, "shares": {"zone2": 1}}, {"zone2": 0.75, "failed": 0.25}),
}
DIFFERING = {
    "another split": (HEALTHY, {"shares": {"zone1": 50, "zone2": 50}}, "but the forecast is"),
    "an outage where there is none": (HEALTHY, {"failed": 1}, "but the forecast is zone1 10.0%"),
    "no outage where there is one": (OUTAGE, {"shares": SPLIT}, "every request fails: stuck"),
    "part of an outage": (OUTAGE, {"failed": 0.5, "shares": {"zone2": 1}}, "every request fails"),
    "more than is lost": (PARTIAL, {"failed": 0.5, "shares": {"zone2": 1}}, "failed 25.0%"),
    "all where a part is lost": (PARTIAL, {"failed": 1}, "zone2 75.0%, failed 25.0%"),
}


@pytest.mark.parametrize(("forecast", "options", "shares"), AGREEING.values(), ids=AGREEING)
def test_statement_and_model_agree(forecast, options, shares):
    found = combine(options, forecast)
    assert (found.source, found.objection) == ("both", "")
    assert found.shares == pytest.approx(shares)
    assert found.because == forecast.because


@pytest.mark.parametrize(("forecast", "options", "objection"), DIFFERING.values(), ids=DIFFERING)
def test_the_model_objects(forecast, options, objection):
    found = combine(options, forecast)
    assert found.source == "statement"
    assert objection in found.objection


@pytest.mark.parametrize("options", [{"shares": {"zone2": 1}}, {"failed": 1}])
def test_where_the_model_is_silent_the_statement_counts(options):
    found = combine(options, SILENT)
    assert (found.source, found.objection) == ("statement", "")
    assert found.because == (SILENT.problem,)


def test_without_a_statement_the_model_counts():
    found = combine({}, HEALTHY)
    assert (found.source, found.shares, found.failed) == ("forecast", SPLIT, 0)


@pytest.mark.parametrize("forecast", [OUTAGE, SILENT])
def test_nobody_says_what_to_expect(forecast):
    with pytest.raises(InvalidInput, match="say in expect"):
        combine({}, forecast)
