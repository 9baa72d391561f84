# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.config import (
    MIRROR_PATCH,
    build_config,
    kubelet_may_set,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec, NodeSpec


def test_least() -> None:
    assert build_config(
        ClusterSpec("east", [NodeSpec("east-control-plane", "control-plane", {})])
    ) == {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": "east",
        "nodes": [{"role": "control-plane"}],
    }


def test_everything() -> None:
    mount = {"host_path": "/srv", "container_path": "/mnt", "read_only": True, "propagation": None}
    relabelled = {"host_path": "/opt", "container_path": "/opt", "selinux_relabel": True}
    port = {"container_port": 1, "host_port": 2, "listen_address": "127.0.0.1", "protocol": "UDP"}
    labels = {"topology.kubernetes.io/zone": "zone1", "node-role.kubernetes.io/worker": ""}
    spec = ClusterSpec(
        "east",
        [NodeSpec("east-worker", "worker", labels, [mount, relabelled], [port])],
        node_image="node:1",
        pod_subnet="10.10.0.0/16,fd00::/64",
        service_subnet="10.255.10.0/24",
        ip_family="dual",
        api_server_address="127.0.0.2",
        api_server_port=6444,
        containerd_patches=["a = 1"],
        registry_mirrors={"quay.io": ["http://a"]},
    )
    assert build_config(spec) == {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": "east",
        "networking": {
            "ipFamily": "dual",
            "podSubnet": "10.10.0.0/16,fd00::/64",
            "serviceSubnet": "10.255.10.0/24",
            "apiServerAddress": "127.0.0.2",
            "apiServerPort": 6444,
        },
        "containerdConfigPatches": ["a = 1", MIRROR_PATCH],
        "nodes": [
            {
                "role": "worker",
                "image": "node:1",
                "labels": {"topology.kubernetes.io/zone": "zone1"},
                "extraMounts": [
                    {"hostPath": "/srv", "containerPath": "/mnt", "readOnly": True},
                    {"hostPath": "/opt", "containerPath": "/opt", "selinuxRelabel": True},
                ],
                "extraPortMappings": [
                    {
                        "containerPort": 1,
                        "hostPort": 2,
                        "listenAddress": "127.0.0.1",
                        "protocol": "UDP",
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("disk", True),
        ("example.com/disk", True),
        ("topology.istio.io/subzone", True),
        ("topology.kubernetes.io/zone", True),
        ("topology.kubernetes.io/region", True),
        ("topology.kubernetes.io/rack", False),
        ("node-role.kubernetes.io/worker", False),
        ("kubernetes.io/x", False),
        ("sub.k8s.io/x", False),
        ("node.kubernetes.io/x", True),
        ("a.kubelet.kubernetes.io/x", True),
        ("notkubernetes.io/x", True),
    ],
)
def test_kubelet_may_set(label: str, expected: bool) -> None:
    assert kubelet_may_set(label) is expected
