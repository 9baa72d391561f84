# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of a service's endpoints, as the clients' sidecars see it."""

from __future__ import annotations

import threading
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

_INTERVAL_S = 0.05
# the longest ejection, by Envoy's default of max_ejection_time, and a sweep
_LONGEST_EJECTION_S = 360.0
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


def wait_returned(
    cluster: Cluster,
    clients: t.Sequence[PodRef],
    host: str,
    port: int,
    addresses: t.Collection[str],
    stop: threading.Event,
) -> None:
    """Wait until no client's sidecar has an endpoint at one of these addresses ejected.

    Raises MeshError when that does not happen; returns early when ``stop`` is set.
    """
    deadline = time.monotonic() + _LONGEST_EJECTION_S
    while ejected := {
        address
        for client in clients
        for address in _ejected(cluster.admin(client, "GET", "/clusters"), host, port)
        if address in addresses
    }:
        if stop.wait(_INTERVAL_S):
            return
        if time.monotonic() > deadline:
            raise MeshError(
                f"events: the client's sidecar has {', '.join(sorted(ejected))} of {host}:{port} still"
                f" ejected {_LONGEST_EJECTION_S:g} s after their event was taken back"
            )


def _ejected(text: str, host: str, port: int) -> t.Iterator[str]:
    """Yield the addresses of ejected endpoints."""
    for line in endpoint_health(text, host, port):
        _cluster, endpoint, _name, flags = line.split("::")
        if _EJECTED in flags:
            yield endpoint.rpartition(":")[0]
