# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read from a client's sidecar and its cluster's nodes which versions a sample ran with."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )


def versions(cluster: Cluster, client: PodRef) -> dict[str, str]:
    """Return the versions of Istio, Envoy and Kubernetes, as far as they are known."""
    try:
        server = json.loads(cluster.admin(client, "GET", "/server_info"))
    except (MeshError, ValueError):
        # a sample without them is worth as much; the requests will say what is wrong with the sidecar
        server = {}
    kubelets = {
        version
        for node in cluster.objects("Node")
        if (version := _at(node, "status", "nodeInfo", "kubeletVersion"))
    }
    found = {
        "Istio": _at(server, "node", "metadata", "ISTIO_VERSION"),
        "Envoy": _envoy(_at(server, "version")),
        "Kubernetes": ", ".join(sorted(kubelets)).replace("v", ""),
    }
    return {product: version for product, version in found.items() if version}


def _envoy(version: str) -> str:
    """Return the number in a version such as ``<commit>/1.40.0/Clean/RELEASE/BoringSSL``."""
    parts = version.split("/")
    return parts[1] if len(parts) > 1 else ""


def _at(value: t.Any, *path: str) -> str:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
