# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the container network that the nodes of all clusters share."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

Json: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True, slots=True)
class Network:
    """A container network: its subnets, and the addresses in use."""

    name: str
    subnets: tuple[str, ...]
    reserved: tuple[str, ...]

    @property
    def ipv4(self) -> str:
        """Return the first IPv4 subnet; empty without one."""
        return next((text for text in self.subnets if _version(text) == 4), "")


def parse_networks(documents: t.Sequence[Json]) -> Network | None:
    """Parse the output of ``docker network inspect`` or ``podman network inspect``."""
    if not documents:
        return None
    # docker may have several networks of one name; the one in use has containers
    document = max(documents, key=lambda found: len(found.get("Containers") or {}))
    pools = _pools(document)
    gateways = [pool.get("gateway") for pool in pools]
    taken = [
        str(container.get(key) or "").partition("/")[0]
        for container in (document.get("Containers") or {}).values()
        for key in ("IPv4Address", "IPv6Address")
    ]
    return Network(
        name=str(document.get("Name") or document.get("name")),
        subnets=tuple(str(pool["subnet"]) for pool in pools if pool.get("subnet")),
        reserved=tuple(sorted({str(address) for address in [*gateways, *taken] if address})),
    )


def _pools(document: Json) -> list[Json]:
    if "IPAM" in document:  # docker
        found = (document["IPAM"] or {}).get("Config") or []
    elif "plugins" in document:  # podman before 4
        ranges = [plugin.get("ipam", {}).get("ranges", []) for plugin in document["plugins"]]
        found = [pool for plugin in ranges for group in plugin for pool in group]
    else:
        found = document.get("subnets") or []
    return [{key.lower(): value for key, value in pool.items()} for pool in found]


def _version(subnet: str) -> int:
    return ipaddress.ip_network(subnet, strict=False).version
