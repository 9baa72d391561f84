# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateways that send on to gateways: the ways that a forecast follows, and its short line."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecast_lines import (
    forecast_lines,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecasts import (
    ForecastSelection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.run import (
    AnalysisOptions,
    analyze,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    HOST,
    NETWORK,
    node,
    obj,
    pod,
    root,
    service,
)

from .manifests import text

GATEWAYS = {"east": "192.0.2.1", "west": "192.0.2.2"}
VIEW = "ISTIO_META_REQUESTED_NETWORK_VIEW"


def cluster(name, *, limited):
    network = f"{name}-network"
    server = {
        "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
        "tls": {"mode": "AUTO_PASSTHROUGH"},
        "hosts": ["*.local"],
    }
    return [
        root(network),
        node(f"{name}-1", name, "a"),
        service(),
        pod(f"hello-{name}", f"{name}-1", network=network),
        pod(f"sleep-{name}", f"{name}-1", "sleep", app="sleep", network=network),
        pod(
            f"gateway-{name}",
            f"{name}-1",
            "istio-system",
            app="eastwest",
            network=network,
            proxy="router",
            env={VIEW: network} if limited else None,
        ),
        obj(
            "Gateway",
            "cross-network",
            "istio-system",
            spec={"selector": {"app": "eastwest"}, "servers": [server]},
        ),
        obj(
            "Service",
            "eastwest",
            "istio-system",
            labels={NETWORK: network},
            spec={
                "type": "LoadBalancer",
                "clusterIP": "10.255.10.15",
                "selector": {"app": "eastwest"},
                "ports": [{"name": "tls", "port": 15443}],
            },
            status={"loadBalancer": {"ingress": [{"ip": GATEWAYS[name]}]}},
        ),
    ]


def diagnosis(directory, *, limited):
    for name in GATEWAYS:
        (directory / f"{name}.yaml").write_text(
            text(*cluster(name, limited=limited)), encoding="utf-8"
        )
    source = {name: str(directory / f"{name}.yaml") for name in GATEWAYS}
    selection = ForecastSelection(hosts=(HOST,))
    return analyze(AnalysisOptions(source=source, forecast=selection))


def ways(found):
    forecast = next(
        each.forecast
        for each in found.forecasts
        if each.forecast.client.name.endswith("sleep-east")
    )
    return {(each.name, each.via): each.share for each in forecast.destinations}


def test_every_way_has_its_share(tmp_path):
    east, west = GATEWAYS["east"], GATEWAYS["west"]
    assert ways(diagnosis(tmp_path, limited=False)) == pytest.approx(
        {
            ("hello-east", ()): 1 / 2,
            ("hello-west", (west,)): 1 / 4,
            ("hello-east", (west, east)): 1 / 8,
            ("hello-west", (west, east, west)): 1 / 16,
            # further than that nobody follows
            ("gateway of east-network", (west, east, west)): 1 / 16,
        }
    )


def test_no_gateway_sends_on_that_sees_its_own_network_only(tmp_path):
    west = GATEWAYS["west"]
    assert ways(diagnosis(tmp_path, limited=True)) == pytest.approx(
        {("hello-east", ()): 1 / 2, ("hello-west", (west,)): 1 / 2}
    )


@pytest.mark.parametrize("limited", [True, False])
def test_the_short_line_tells_how_much_is_sent_on(tmp_path, limited):
    lines = [line.text for line in forecast_lines(diagnosis(tmp_path, limited=limited))]
    line = next(line for line in lines if "sleep-east" in line)
    assert ("(25 % of all sent on from gateway to gateway)" in line) is not limited
