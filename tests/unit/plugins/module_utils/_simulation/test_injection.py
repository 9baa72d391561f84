# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.proxies import (
    client,
    proxy_role,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.injection import (
    injected_role,
)

INJECT = "sidecar.istio.io/inject"
GATEWAY = {"inject.istio.io/templates": "gateway"}
ENABLED = {"istio-injection": "enabled"}
DISABLED = {"istio-injection": "disabled"}


@pytest.mark.parametrize(
    ("labels", "annotations", "namespace", "expected"),
    [
        ({}, {}, {}, ""),
        ({}, {}, ENABLED, "sidecar"),
        ({}, {}, {"istio.io/rev": "default"}, "sidecar"),
        ({}, {}, {**DISABLED, "istio.io/rev": "default"}, ""),
        ({INJECT: "false"}, {}, ENABLED, ""),
        ({}, {INJECT: "false"}, ENABLED, ""),
        ({INJECT: "true"}, {}, {}, "sidecar"),
        ({INJECT: "true"}, {}, DISABLED, ""),
        ({}, {INJECT: "true"}, {}, ""),
        ({"istio.io/rev": "default"}, {}, {}, "sidecar"),
        ({INJECT: "true"}, GATEWAY, {}, "router"),
        ({}, GATEWAY, ENABLED, "router"),
    ],
)
def test_which_proxy_a_pod_gets(labels, annotations, namespace, expected):
    assert injected_role(labels, annotations, namespace, "x") == expected


def test_a_gateway_without_injection_is_refused():
    with pytest.raises(InvalidInput, match=f'Deployment a/b: .*{INJECT}: "true"'):
        injected_role({}, GATEWAY, {}, "Deployment a/b")


def test_a_sidecar_is_what_the_registry_expects(lab):
    root = lab.obj("Namespace", "istio-system", labels={"topology.istio.io/network": "net1"})
    base = (lab.namespace("sample", istio_injection="enabled"), root, lab.node("n1", "zone1"))
    objects = lab.run(lab.deployment(labels={"version": "v1"}), base=base)
    (pod,) = lab.pods(objects)
    assert proxy_role(pod) == "sidecar"
    assert [c["name"] for c in pod["spec"]["containers"]] == ["app", "istio-proxy"]
    labels = pod["metadata"]["labels"]
    assert labels["security.istio.io/tlsMode"] == "istio"
    assert labels["service.istio.io/canonical-name"] == "hello"
    assert labels["service.istio.io/canonical-revision"] == "v1"
    found = client(ClusterState("east", objects), pod)
    assert (found.network, found.locality) == ("net1", "/zone1/")


def test_a_pod_without_injection_has_no_proxy(lab):
    (pod,) = lab.pods(lab.run(lab.deployment(), base=(lab.namespace("sample"), lab.node("n1"))))
    assert proxy_role(pod) == ""
    assert "security.istio.io/tlsMode" not in pod["metadata"]["labels"]


def test_a_gateway_keeps_its_containers_settings(lab):
    view = {"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": "net1"}
    container = {"name": "istio-proxy", "image": "auto", "env": [view]}
    labels = {INJECT: "true", "topology.istio.io/network": "net1"}
    deployment = lab.deployment(
        "gw", "istio-system", labels=labels, annotations=GATEWAY, containers=[container]
    )
    objects = lab.run(deployment)
    (pod,) = lab.pods(objects)
    assert proxy_role(pod) == "router"
    (found,) = pod["spec"]["containers"]
    assert found["image"] == "auto"
    proxy = client(ClusterState("east", objects), pod)
    assert (proxy.network, proxy.network_view) == ("net1", {"net1"})
    # what the gateway itself listens on is no mTLS of its own
    assert "security.istio.io/tlsMode" not in pod["metadata"]["labels"]
    assert container["env"] == [view]
