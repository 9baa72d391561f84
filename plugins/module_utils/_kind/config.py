# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build kind's configuration of a cluster."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec, NodeSpec

# The labels in Kubernetes' own domains that a kubelet may set on its node
KUBELET_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
KUBELET_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
KUBERNETES_DOMAINS = ("kubernetes.io", "k8s.io")

# Node images before kind 0.27 need this to read mirrors from files; containerd ignores a patch
# whose version differs from that of its own configuration.
MIRROR_PATCH = """\
version = 2
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
"""


def build_config(spec: ClusterSpec) -> dict[str, t.Any]:
    """Return the configuration that ``kind create cluster --config`` reads."""
    networking = {
        "ipFamily": spec.ip_family,
        "podSubnet": spec.pod_subnet,
        "serviceSubnet": spec.service_subnet,
        "apiServerAddress": spec.api_server_address,
        "apiServerPort": spec.api_server_port,
    }
    patches = [*spec.containerd_patches, *([MIRROR_PATCH] if spec.registry_mirrors else [])]
    return _present(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "name": spec.name,
            "networking": _present(networking),
            "containerdConfigPatches": patches,
            "nodes": [_node(node, spec.node_image) for node in spec.nodes],
        }
    )


def kubelet_may_set(label: str) -> bool:
    """Return whether a kubelet may set this label; others are set through the API server."""
    domain, slash, _name = label.partition("/")
    if not slash or label in KUBELET_LABELS:
        return True
    return _within(domain, KUBELET_DOMAINS) or not _within(domain, KUBERNETES_DOMAINS)


def _within(domain: str, domains: t.Iterable[str]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in domains)


def _node(node: NodeSpec, image: str | None) -> dict[str, t.Any]:
    return _present(
        {
            "role": node.role,
            "image": image,
            "labels": {key: value for key, value in node.labels.items() if kubelet_may_set(key)},
            "extraMounts": [_mount(mount) for mount in node.mounts],
            "extraPortMappings": [_port(port) for port in node.ports],
        }
    )


def _mount(mount: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return _present(
        {
            "hostPath": mount["host_path"],
            "containerPath": mount["container_path"],
            "readOnly": mount.get("read_only"),
            "selinuxRelabel": mount.get("selinux_relabel"),
            "propagation": mount.get("propagation"),
        }
    )


def _port(port: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return _present(
        {
            "containerPort": port["container_port"],
            "hostPort": port.get("host_port"),
            "listenAddress": port.get("listen_address"),
            "protocol": port.get("protocol"),
        }
    )


def _present(fields: dict[str, t.Any]) -> dict[str, t.Any]:
    return {key: value for key, value in fields.items() if value}
