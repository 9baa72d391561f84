# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of a service's endpoints, as the clients' sidecars see it."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

_HEALTH = "::health_flags::"
_EJECTED = "/failed_outlier_check"


def endpoint_health(text: str, host: str, port: int) -> frozenset[str]:
    """Return the endpoints of a host and port with their health, from Envoy's list of clusters."""
    return frozenset(
        line.strip()
        for line in text.splitlines()
        if _HEALTH in line and _belongs(line.partition("::")[0].split("|"), host, port)
    )


def _belongs(cluster: t.Sequence[str], host: str, port: int) -> bool:
    # direction, port, subset, host; a client may use a shorter name
    return len(cluster) == 4 and cluster[1] == str(port) and f"{cluster[3]}.".startswith(f"{host}.")


def ejected_endpoints(cluster: Cluster, client: PodRef, host: str, port: int) -> frozenset[str]:
    """Return the endpoints that the client's sidecar has ejected, as ``address:port``."""
    text = cluster.admin(client, "GET", "/clusters")
    fields = (line.split("::") for line in endpoint_health(text, host, port))
    return frozenset(field[1] for field in fields if _EJECTED in field[-1])
