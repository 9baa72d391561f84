# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.options import (
    forecast_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    forecast_service,
)

EAST, WEST = {"locality": "east/zone1"}, {"locality": "west/zone3"}
NEAR = {"outlierDetection": {}}


def shares(endpoints, client=None, **options):
    clients = [client or {"locality": "east/zone1"}]
    world, _local, questions, *_doubt = forecast_request(
        {"endpoints": endpoints, "clients": clients, **options}
    )
    ((asker, asked),) = questions
    found = forecast_service(world, asker, asked).shares("locality")
    return {name: round(share, 3) for name, share in found.items() if share}


@pytest.mark.parametrize(
    ("endpoints", "rules", "expected"),
    [
        ([EAST, WEST], [], {"east/zone1": 0.5, "west/zone3": 0.5}),
        ([EAST, WEST], [NEAR], {"east/zone1": 1}),
        ([EAST | {"count": 3, "healthy": 2}, WEST], [NEAR], {"east/zone1": 0.93, "west/zone3": 0.07}),
        ([EAST | {"healthy": 0}, WEST], [NEAR], {"west/zone3": 1}),
        ([EAST | {"count": 0}, WEST], [NEAR], {"west/zone3": 1}),
        ([], [], {}),
        (
            [EAST, WEST | {"weight": 3}],
            [{"loadBalancer": {"simple": "ROUND_ROBIN"}}],
            {"east/zone1": 0.25, "west/zone3": 0.75},
        ),
        (
            [EAST, WEST | {"labels": {"tier": 1}}],
            [{**NEAR, "loadBalancer": {"localityLbSetting": {"failoverPriority": ["tier=1"]}}}],
            {"west/zone3": 1},
        ),
    ],
)  # fmt: skip
def test_endpoints_as_plain_data(endpoints, rules, expected):
    assert shares(endpoints, rules=rules) == expected


def test_clusters_and_networks():
    remote = WEST | {"cluster": "west", "network": "far", "count": 3}
    by_cluster = {
        **NEAR,
        "loadBalancer": {
            "localityLbSetting": {"failoverPriority": ["topology.istio.io/cluster=west"]}
        },
    }
    assert shares([EAST, remote], rules=[by_cluster]) == {"west/zone3": 1}
    gateways = [{"network": "far", "address": "192.0.2.9"}]
    client = {"locality": "east/zone1", "network": "near"}
    near = EAST | {"network": "near"}
    options = {"gateways": gateways, "rules": [{"loadBalancer": {"simple": "ROUND_ROBIN"}}]}
    assert shares([near, remote], client, **options) == {"east/zone1": 0.25, "west/zone3": 0.75}
    world, _local, questions, *_doubt = forecast_request(
        {"endpoints": [near, remote], "clients": [client], **options}
    )
    found = forecast_service(world, *questions[0])
    assert {leaf.address for leaf in found.destinations if leaf.seen_as == "west/zone3"} == {
        "192.0.2.9"
    }


def test_mesh_settings_and_traffic_distribution():
    services = [{"host": "a.b.svc.cluster.local", "traffic_distribution": "PreferClose"}]
    assert shares([EAST, WEST], services=services) == {"east/zone1": 1}
    mesh = {"localityLbSetting": {"enabled": False}}
    assert shares([EAST, WEST], rules=[NEAR], mesh=mesh) == {"east/zone1": 0.5, "west/zone3": 0.5}


def test_clients_are_where_endpoints_are_by_default():
    world, _local, questions, *_doubt = forecast_request({"endpoints": [EAST, WEST, WEST]})
    assert [asker.proxy.client.locality for asker, _asked in questions] == [
        "east/zone1",
        "west/zone3",
    ]
    assert world.state("local").name == "local"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"endpoints": [EAST | {"healthy": 2}]}, "2 of 1 cannot be healthy"),
        ({"endpoints": [EAST | {"count": 2, "address": "192.0.2.1"}]}, "cannot share one address"),
        ({"endpoints": [], "services": [{"host": "short"}]}, "must be a complete name"),
        ({"endpoints": [], "services": [{"host": "a"}, {"host": "b"}]}, "name only one"),
        ({"endpoints": [], "services": [{"host": "a", "port": "http"}]}, "must be a number"),
    ],
)
def test_what_cannot_be(options, message):
    with pytest.raises(InvalidInput, match=message):
        forecast_request(options)
