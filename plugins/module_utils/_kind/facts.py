# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Return the facts of a running cluster that roles and other clusters use."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import Locality
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import (
    CONTROL_PLANE,
    LOAD_BALANCER,
    Container,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.networks import Network
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec

PORT = 6443


def node_facts(spec: ClusterSpec, containers: t.Sequence[Container]) -> list[dict[str, t.Any]]:
    """Return the nodes in the order of the spec, with addresses and localities."""
    found = {container.name: container for container in containers}
    result = []
    for node in spec.nodes:
        locality = Locality(*(node.labels.get(label, "") for label in LOCALITY_LABELS))
        container = found.get(node.name)
        result.append(
            {
                "name": node.name,
                "role": node.role,
                **locality._asdict(),
                "locality": str(locality),
                "labels": node.labels,
                "address": container.address if container else "",
                "addresses": list(container.addresses) if container else [],
            }
        )
    return result


def api_facts(containers: t.Sequence[Container]) -> dict[str, str]:
    """Return the URLs of the API for other clusters on the same container network."""
    for role in (LOAD_BALANCER, CONTROL_PLANE):
        for container in containers:
            if container.role == role:
                address = container.address
                host = f"[{address}]" if ":" in address else address
                return {
                    "internal_api": f"https://{host}:{PORT}" if address else "",
                    "internal_api_name": f"https://{container.name}:{PORT}",
                }
    return {"internal_api": "", "internal_api_name": ""}


def network_facts(network: Network | None) -> dict[str, t.Any]:
    """Return the network that load balancers take their addresses from."""
    return {
        "network": network.ipv4 if network else "",
        "network_name": network.name if network else "",
        "network_subnets": list(network.subnets) if network else [],
        "network_reserved": list(network.reserved) if network else [],
    }
