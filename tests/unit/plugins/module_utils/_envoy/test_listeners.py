# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import (
    http_routes,
    listeners,
    routes,
)


@pytest.mark.parametrize("limit", ["", "0.05s"])
def test_how_long_a_gateway_keeps_connections(limit: str) -> None:
    chain = listeners.Passthrough("sni", "cluster", max_duration=limit)
    config = listeners.gateway(
        listeners.GatewayListener((("127.0.0.1", 15443),), (chain,)), access_logging=False
    )
    proxy = config["filter_chains"][0]["filters"][0]["typed_config"]
    assert proxy["cluster"] == "cluster"
    assert proxy.get("max_downstream_connection_duration", "") == limit


@pytest.mark.parametrize("limits", [{}, {"max_requests_per_connection": 10}])
def test_limits_of_the_connections_that_a_sidecar_takes(limits: dict[str, int]) -> None:
    port = listeners.InboundPort(8080, "STRICT", [], http_options=limits)
    config = listeners.inbound("127.0.0.1", port, ["cluster.local"], access_logging=False)
    manager = config["filter_chains"][0]["filters"][0]["typed_config"]
    assert manager.get("common_http_protocol_options", {}) == limits


def test_sidecars_inject_faults_before_they_route() -> None:
    manager = routes.outbound_manager(80, access_logging=False)["typed_config"]
    names = [each["name"] for each in manager["http_filters"]]
    assert names == [http_routes.FAULT, "envoy.filters.http.router"]
