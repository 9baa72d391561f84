# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.envoy_filters import (
    inbound_http_options,
)

POD = {"metadata": {"name": "p", "namespace": "sample", "labels": {"app": "httpbin"}}}


def envoy_filter(name, namespace, limit, labels=None):
    options = {"max_requests_per_connection": limit}
    spec = {
        "configPatches": [
            {"patch": {"value": {"typed_config": {"common_http_protocol_options": options}}}}
        ]
    }
    if labels:
        spec["workloadSelector"] = {"labels": labels}
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("filters", "limit"),
    [
        ([], None),
        ([("a", "sample", 1)], 1),
        ([("a", "sample", 1, {"app": "httpbin"})], 1),
        ([("a", "sample", 1, {"app": "other"})], None),
        ([("a", "other", 1)], None),
        ([("a", "istio-system", 1)], 1),
        # the pod's own namespace has the last word
        ([("a", "sample", 1), ("b", "istio-system", 2)], 1),
    ],
)
def test_whose_limits(filters, limit):
    cluster = ClusterState("east", [envoy_filter(*each) for each in filters])
    assert inbound_http_options(cluster, POD).get("max_requests_per_connection") == limit
