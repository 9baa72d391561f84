# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the containers of kind's nodes."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

CLUSTER_LABEL = "io.x-k8s.kind.cluster"
ROLE_LABEL = "io.x-k8s.kind.role"
CONTROL_PLANE = "control-plane"
LOAD_BALANCER = "external-load-balancer"

Json: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True, slots=True)
class Container:
    """The container of a node, or of the load balancer before several control planes."""

    name: str
    role: str
    state: str
    image: str = ""
    addresses: tuple[str, ...] = ()
    started: datetime.datetime | None = None

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def address(self) -> str:
        """Return the IPv4 address, or else the IPv6 one; empty when it does not run."""
        return next(iter(self.addresses), "")


def parse_inspect(documents: t.Iterable[Json], network: str) -> list[Container]:
    """Parse the output of ``docker inspect`` or ``podman inspect``, sorted by name."""
    return sorted(
        (_container(document, network) for document in documents), key=lambda node: node.name
    )


def _container(document: Json, network: str) -> Container:
    state = document.get("State") or {}
    settings = document.get("NetworkSettings") or {}
    attached = (settings.get("Networks") or {}).get(network) or {}
    addresses = (attached.get("IPAddress"), attached.get("GlobalIPv6Address"))
    return Container(
        name=str(document["Name"]).removeprefix("/"),
        role=str((document["Config"].get("Labels") or {}).get(ROLE_LABEL, "")),
        state=str(state.get("Status", "unknown")),
        image=str(document["Config"].get("Image", "")),
        addresses=tuple(str(address) for address in addresses if address),
        started=_time(str(state.get("StartedAt", ""))),
    )


def _time(text: str) -> datetime.datetime | None:
    # To the second, like the API's times that these are compared with
    try:
        seconds = datetime.datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        return None
    return seconds if seconds.tzinfo and seconds.year > 1 else None
