# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.options import (
    forecast_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import (
    percent,
    render,
)


def lines(**options):
    world, _local, questions, *_doubt = forecast_request(options)
    return render(forecast_service(world, *questions[0]))


def text(**options):
    return "\n".join(line.text for line in lines(**options))


SPILL = {
    "endpoints": [
        {"locality": "east/zone1", "count": 3, "healthy": 2},
        {"locality": "west/zone3"},
    ],
    "clients": [{"locality": "east/zone1"}],
    "rules": [
        {
            "outlierDetection": {"maxEjectionPercent": 100},
            "loadBalancer": {
                "simple": "ROUND_ROBIN",
                "localityLbSetting": {"failover": [{"from": "east", "to": "west"}]},
            },
        }
    ],
}


def test_the_whole_text():
    assert (
        text(**SPILL)
        == """
a client in east/zone1 (cluster local) → service.default.svc.cluster.local:80
  rule: default/given-0
  load balancer: ROUND_ROBIN, localities by weight
  the DestinationRule's localityLbSetting has failover
  priority  locality        weight  healthy   share  where
  ────────────────────────────────────────────────────────
         0  east/zone1           3      2/3  93.0 %
              east-zone1-1                   46.5 %
              east-zone1-2                   46.5 %
              east-zone1-3                        –
         1  west/zone3           1      1/1   7.0 %
              west-zone3                      7.0 %
  priority 0: 2 of 3 hosts healthy: it can carry 93 % (140 % of 2/3) and gets 93 %; the rest spills over
    east/zone1: in the client's own region, zone and subzone; weight 3, of which 93 % count, as 2 of 3 hosts serve
  priority 1: 1 of 1 host healthy: it can carry 100 % and gets 7 %, as priorities before it take only 93 %
    west/zone3: in the region that failover from east names; weight 1
  what happens as endpoints die:
    without priority 0: west/zone3 100 %
    without priorities 0, 1: every request fails"""
    )


def test_the_colours():
    colours = {line.text.split()[0]: line.colour for line in lines(**SPILL) if line.text}
    assert colours["east-zone1-1"] == "green"
    assert colours["east-zone1-3"] is None
    assert colours["priority"] is None
    lost = lines(**SPILL | {"endpoints": [{"locality": "east/zone1", "healthy": 0}]})
    assert lost[-2].text == "  ✘ 100 % of the requests fail now"
    assert {line.colour for line in lost[-2:]} == {"red"}


def test_where_there_is_nothing():
    assert "  no endpoints" in text(endpoints=[], clients=[{"locality": ""}])
    assert "a client in no locality" in text(endpoints=[], clients=[{"locality": ""}])


def test_many_endpoints_are_counted():
    found = text(endpoints=[{"locality": "a", "count": 20}])
    assert "and 12 more" in found
    assert "60.0 %" in found


def test_endpoints_that_are_left_out_say_why():
    rules = [{"outlierDetection": {"minHealthPercent": 50}}]
    found = text(endpoints=[{"locality": "a"}, {"locality": "a", "healthy": 0}], rules=rules)
    assert "left out: default/ax: it is not ready" in found


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "–"), (1, "100 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (1 / 3, "33.3 %")],
)
def test_percent(share, shown):
    assert percent(share) == shown
