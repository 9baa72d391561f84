# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By what a sidecar tells the services apart that its pod calls."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import listeners
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
        Service,
    )


def unambiguous_tcp(
    destinations: t.Iterable[listeners.TcpDestination], http_ports: t.Collection[int]
) -> t.Iterator[listeners.TcpDestination]:
    """Those that have an address, and the first of each port that have none."""
    taken = set(http_ports)
    for destination in destinations:
        if destination.addresses:
            yield destination
        elif destination.port not in taken:
            taken.add(destination.port)
            yield destination


def domains(
    service: Service, port: int, namespace: str, addresses: t.Iterable[str]
) -> tuple[str, ...]:
    """The names under which a client of ``namespace`` may call the service."""
    names = [service.host]
    short = service.host.partition(".")[0]
    if service.kind == "Service":
        names += [f"{short}.{service.namespace}", f"{short}.{service.namespace}.svc"]
        if service.namespace == namespace:
            names.append(short)
    names += addresses
    return tuple(form for name in names for form in (name, f"{name}:{port}"))
