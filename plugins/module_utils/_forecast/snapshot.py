# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that decide about localities, read from clusters."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        KubernetesObject,
    )

# What a forecast looks at, besides mesh settings and the names of remote clusters
KINDS = (
    "Namespace",
    "Node",
    "Deployment",
    "Pod",
    "Service",
    "EndpointSlice",
    "WorkloadEntry",
    "ServiceEntry",
    "DestinationRule",
    "VirtualService",
    "Sidecar",
    "Gateway",
    "PeerAuthentication",
    well_known.GATEWAY_API_GATEWAY,
    "GatewayClass",
    "HTTPRoute",
    "GRPCRoute",
    "ReferenceGrant",
)


def read_objects(cluster: Cluster) -> list[KubernetesObject]:
    """Read everything that a forecast needs; of secrets only the names of the clusters in them."""
    found = [obj for kind in KINDS for obj in cluster.objects(kind)]
    found += cluster.objects("ConfigMap", well_known.ROOT_NAMESPACE)
    labels = {well_known.REMOTE_CLUSTERS: "true"}
    found += [
        names_only(obj) for obj in cluster.objects("Secret", well_known.ROOT_NAMESPACE, labels)
    ]
    return found


def names_only(secret: KubernetesObject) -> KubernetesObject:
    """Return a Secret without its values; the names are those of clusters."""
    data = {**(secret.get("data") or {}), **(secret.get("stringData") or {})}
    shown = {key: value for key, value in secret.items() if key not in ("data", "stringData")}
    return {**shown, "data": dict.fromkeys(data, "")}
