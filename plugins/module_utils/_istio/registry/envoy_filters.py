# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one use of EnvoyFilter that is known here: limits of a pod's inbound connections."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    age_key,
    labels_of,
    matches_labels,
    namespace_of,
    spec_of,
)

HTTP_MANAGER = "envoy.filters.network.http_connection_manager"
HTTP_MANAGER_TYPE = (
    "type.googleapis.com/"
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
OPTIONS = "common_http_protocol_options"


def inbound_http_options(cluster: ClusterState, pod: KubernetesObject) -> dict[str, t.Any]:
    """Return what filters set for the pod's inbound HTTP connections, the root namespace's first."""
    options: dict[str, t.Any] = {}
    for namespace in dict.fromkeys((cluster.root_namespace, namespace_of(pod))):
        for obj in sorted(cluster.objects("EnvoyFilter", namespace), key=age_key):
            spec = spec_of(obj)
            if matches_labels(
                (spec.get("workloadSelector") or {}).get("labels") or {}, labels_of(pod)
            ):
                for patch in spec.get("configPatches") or ():
                    options.update(_options(patch))
    return options


def _options(patch: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    found = ((patch.get("patch") or {}).get("value") or {}).get("typed_config") or {}
    options: t.Mapping[str, t.Any] = found.get(OPTIONS) or {}
    return options
