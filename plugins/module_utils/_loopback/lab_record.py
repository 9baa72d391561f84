# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a lab: its block of addresses, its clusters, the user's Envoy."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    files,
    listening_sockets,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_paths import check_name

# 127.<first>.0.0/16 … ; the lower ones are left to other users of loopback addresses
_BLOCKS = range(16, 255)
# A block holds sixteen /20 networks: one for each cluster, the last for load balancers.
_CLUSTER_PREFIX = 20
_MOST_CLUSTERS = 15


@dataclass(slots=True)
class LabRecord:
    """The content of ``lab.json``."""

    block: int
    # name → index of the network in the block, and service_subnet
    clusters: dict[str, dict[str, t.Any]]
    envoy: str | None = None

    @classmethod
    def load(cls, path: Path) -> LabRecord:
        """Read a record. Raise LabBroken for a damaged one."""
        try:
            content = files.read_json(path)
            record = cls(content["block"], content["clusters"], content.get("envoy"))
            record._check()
        except (AttributeError, KeyError, TypeError, ValueError, InvalidInput) as exc:
            raise files.damaged(path, f"not a lab's record: {exc}") from exc
        return record

    def _check(self) -> None:
        indexes = [entry["index"] for entry in self.clusters.values()]
        numbers = (self.block, *indexes)
        # JSON's true is an int, too
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in numbers):
            raise TypeError(f"block {self.block!r}, indexes {indexes}")
        if self.block not in _BLOCKS or not set(indexes) <= set(range(_MOST_CLUSTERS)):
            raise ValueError(f"block {self.block}, indexes {indexes}")
        if len(set(indexes)) < len(indexes) or not isinstance(self.envoy, str | None):
            raise ValueError(f"indexes {indexes}, envoy {self.envoy!r}")
        for name, entry in self.clusters.items():
            check_name(name)
            IPv4Network(entry["service_subnet"])

    def save(self, path: Path) -> None:
        content = {"version": 1, "block": self.block, "clusters": self.clusters}
        content |= {"envoy": self.envoy} if self.envoy else {}
        files.write_if_changed(path, files.to_json(content))

    def add(self, name: str, service_subnet: IPv4Network) -> bool:
        """Allocate a cluster's networks; return whether anything is new."""
        entry = {"index": self._free_index(name), **self.clusters.get(check_name(name), {})}
        entry["service_subnet"] = str(service_subnet)
        changed = self.clusters.get(name) != entry
        self.clusters[name] = entry
        return changed

    def _free_index(self, name: str) -> int:
        used = {entry["index"] for entry in self.clusters.values()}
        free = [index for index in range(_MOST_CLUSTERS) if index not in used]
        if not free and name not in self.clusters:
            raise InvalidInput(
                f"cluster: '{name}' is one too many; a lab holds {_MOST_CLUSTERS} at most"
            )
        return free[0] if free else -1

    def pod_network(self, name: str) -> IPv4Network:
        index: int = self.clusters[name]["index"]
        return self._networks()[index]

    def service_subnet(self, name: str) -> IPv4Network:
        return IPv4Network(self.clusters[name]["service_subnet"])

    def load_balancer_network(self) -> IPv4Network:
        """Return the network that all clusters share, as kind clusters share their container network."""
        return self._networks()[-1]

    def _networks(self) -> list[IPv4Network]:
        return list(_network(self.block).subnets(new_prefix=_CLUSTER_PREFIX))


def free_block(directory: Path) -> int:
    """Return a block without listening sockets; the search begins at a digest of the directory."""
    digest = hashlib.sha256(str(directory).encode()).digest()
    start: int = int.from_bytes(digest[:4]) % len(_BLOCKS)
    used = listening_sockets.used_networks(_network(number) for number in _BLOCKS)
    candidates = list(_BLOCKS)
    for number in candidates[start:] + candidates[:start]:
        if _network(number) not in used:
            return number
    raise MeshError("no 127.x.0.0/16 is free: something listens in each of them")


def _network(block: int) -> IPv4Network:
    return IPv4Network(f"127.{block}.0.0/16")
