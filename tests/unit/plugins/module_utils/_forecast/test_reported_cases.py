# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts of inputs like those of users' reports."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.options import (
    forecast_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import render
from hypothesis import given, settings
from hypothesis import strategies as st

NODES = [
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"node-{zone}",
            "labels": {
                "topology.kubernetes.io/region": "east",
                "topology.kubernetes.io/zone": zone,
                "kubernetes.io/hostname": f"node-{zone}",
            },
        },
    }
    for zone in ("zone1", "zone2")
]


def deployment(name, zone, app="cart", **pod):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": app}},
            "template": {
                "metadata": {"labels": {"app": app}, **pod.pop("metadata", {})},
                "spec": {
                    "nodeSelector": {"topology.kubernetes.io/zone": zone},
                    "containers": [{"name": "app", "image": "x"}],
                    **pod,
                },
            },
        },
    }


def service(**spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"selector": {"app": "cart"}, "ports": [{"name": "http", "port": 80}], **spec},
    }


def rule(**policy):
    spec = {"host": "cart", "trafficPolicy": policy}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": spec,
    }


def forecast(*objects, client=None, **params):
    request = forecast_request(
        {
            "provider": "loopback",
            "manifests": yaml.safe_dump_all([*NODES, *objects]),
            "services": [{"host": "cart.shop.svc.cluster.local"}],
            "clients": [client or {"locality": "east/zone1", "namespace": "shop"}],
            **params,
        }
    )
    ((origin, target),) = request.targets
    return forecast_service(request.topology, origin, target)


NEAR = rule(outlierDetection={})


@settings(max_examples=25, deadline=None)
@given(st.ip_addresses(v=4).map(str), st.booleans())
def test_the_address_of_a_real_service_is_a_fact(address, balanced):
    given_address = {"clusterIP": address, "clusterIPs": [address]}
    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}] if balanced else []}}
    dump = {**service(**given_address, internalTrafficPolicy="Cluster"), "status": status}
    dump["metadata"] |= {"uid": "1-2", "resourceVersion": "7", "managedFields": [{"manager": "x"}]}
    found = forecast(dump, NEAR, deployment("a", "zone1"), deployment("b", "zone2"))
    assert found.shares("locality") == pytest.approx({"east/zone1": 1.0, "east/zone2": 0.0})


@pytest.mark.parametrize("policy", [NEAR, rule(loadBalancer={"simple": "ROUND_ROBIN"})])
def test_clients_of_a_headless_service_choose_their_pod(policy):
    found = forecast(service(clusterIP="None"), policy, deployment("a", "zone1"))
    assert (found.lost, found.risks) == (0.0, ())
    assert set(found.shares("locality").values()) == {0.0}
    assert as_dict(found)["failed"] == 0.0
    assert "fail now" not in "\n".join(line.text for line in render(found))


def test_a_headless_service_without_a_pod_has_no_address():
    assert forecast(service(clusterIP="None"), NEAR).lost == 1.0


def test_a_gateway_of_the_gateway_api_is_a_client():
    gateway = deployment(
        "in-istio",
        "zone2",
        app="in-istio",
        metadata={"annotations": {"sidecar.istio.io/inject": "false"}},
        containers=[{"name": "istio-proxy", "image": "proxyv2", "args": ["proxy", "router"]}],
    )
    found = forecast(
        service(),
        NEAR,
        deployment("a", "zone1"),
        deployment("b", "zone2"),
        gateway,
        client={"workload": "in-istio", "namespace": "shop"},
    )
    assert found.client.proxy.gateway
    assert found.shares("locality") == pytest.approx({"east/zone1": 0.0, "east/zone2": 1.0})
