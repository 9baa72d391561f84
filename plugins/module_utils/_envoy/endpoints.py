# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoint assignments as configuration of Envoy."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    ENDPOINT_TYPE,
    Config,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
        Assignment,
        Endpoint,
        LocalityGroup,
    )


def load_assignment(name: str, assignment: Assignment) -> Config:
    """Return the ``ClusterLoadAssignment`` of one cluster."""
    return {
        "@type": ENDPOINT_TYPE,
        "cluster_name": name,
        "endpoints": [_group(group) for group in assignment.groups],
    }


def _group(group: LocalityGroup) -> Config:
    locality = parse_locality(group.locality)
    config: Config = {
        "locality": {
            "region": locality.region,
            "zone": locality.zone,
            "sub_zone": locality.subzone,
        },
        "priority": group.priority,
        "lb_endpoints": [_endpoint(endpoint) for endpoint in group.endpoints],
    }
    if group.weight:
        config["load_balancing_weight"] = group.weight
    return config


def _endpoint(endpoint: Endpoint) -> Config:
    config: Config = {
        "endpoint": {
            "address": {
                "socket_address": {"address": endpoint.address, "port_value": endpoint.port}
            },
        },
        "health_status": endpoint.health,
        "load_balancing_weight": endpoint.weight,
    }
    metadata: Config = {}
    if endpoint.mtls:
        metadata["envoy.transport_socket_match"] = {"tlsMode": "istio"}
    if endpoint.name:
        namespace, _slash, name = endpoint.name.partition("/")
        metadata["istio"] = {"workload": f"{name};{namespace};;;{endpoint.cluster}"}
    if metadata:
        config["metadata"] = {"filter_metadata": metadata}
    return config
