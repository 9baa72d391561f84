# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab's directory: its marker, its block of addresses, its clusters, its lock."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    files,
    listening_sockets,
)

_MARKER = "lab.json"
_LOCK = ".lock"
_CLUSTERS = "clusters"
# 127.<first>.0.0/16 … ; the lower ones are left to whatever else uses loopback addresses.
_FIRST_BLOCK = 16
_LAST_BLOCK = 254
# A block holds sixteen /20 networks: one a cluster, the last for load balancers.
_CLUSTER_PREFIX = 20
_MOST_CLUSTERS = 15


@dataclass(frozen=True, slots=True)
class ClusterAllocation:
    """What the lab gives to one cluster."""

    name: str
    directory: Path
    pod_network: IPv4Network
    service_subnet: IPv4Network


class Lab:
    """A lab directory. Read and changed only while ``locked``."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory).expanduser().absolute()

    @contextlib.contextmanager
    def locked(self) -> t.Iterator[None]:
        """Holds the lab for this process; its end, however it comes, sets it free."""
        with files.open_private(self.directory / _LOCK, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def exists(self) -> bool:
        with self._readable():
            return (self.directory / _MARKER).is_file()

    def check_exists(self) -> None:
        """Raise NotFound, saying what makes a lab."""
        if not self.exists():
            raise NotFound(
                f"there is no lab in {self.directory}; make its clusters with"
                " eastwest.mesh.loopback_cluster first"
            )

    def check_usable(self) -> None:
        """Raise InvalidInput for a directory that holds something else than a lab."""
        with self._readable():
            self._check_usable()

    @contextlib.contextmanager
    def _readable(self) -> t.Iterator[None]:
        """Raise InvalidInput for a directory that is closed to this user."""
        try:
            yield
        except PermissionError as exc:
            raise InvalidInput(
                f"lab_directory: '{self.directory}' is closed to this user ({exc.filename}: {exc.strerror});"
                " name one of yours, by mesh_lab_directory or XDG_STATE_HOME"
            ) from exc

    def _check_usable(self) -> None:
        if not self.directory.exists():
            return
        if not self.directory.is_dir():
            raise InvalidInput(
                f"lab_directory: '{self.directory}' is a file; name a directory, there or not"
            )
        own = {_MARKER, _LOCK, _CLUSTERS, "trust", "report"}
        foreign = sorted(
            entry.name
            for entry in self.directory.iterdir()
            # another cluster of the lab may be coming up right now
            if entry.name not in own and not entry.name.startswith(files.TEMPORARY_PREFIX)
        )
        if foreign and not self.exists():
            raise InvalidInput(
                f"lab_directory: '{self.directory}' holds '{foreign[0]}' and is not a lab;"
                " name an empty or a new directory"
            )

    def create(self) -> None:
        self.check_usable()
        try:
            files.make_directory(self.directory)
            self.directory.chmod(0o700)
        except OSError as exc:
            raise InvalidInput(
                f"lab_directory: '{self.directory}' cannot be made: {exc.strerror};"
                " name another one, by mesh_lab_directory or XDG_STATE_HOME"
            ) from exc

    def settings(self) -> dict[str, t.Any]:
        with self._readable():
            value: dict[str, t.Any] | None = files.read_json(self.directory / _MARKER)
        return value or {}

    def cluster_names(self) -> list[str]:
        return sorted(self.settings().get("clusters", {}))

    def allocation(self, name: str) -> ClusterAllocation:
        """Raise NotFound, naming the clusters that there are."""
        settings = self.settings()
        try:
            entry = settings["clusters"][name]
        except KeyError:
            there_are = ", ".join(settings.get("clusters", {})) or "none"
            raise NotFound(
                f"cluster: the lab {self.directory} has no cluster '{name}'; it has: {there_are}"
            ) from None
        networks = list(self._block(settings).subnets(new_prefix=_CLUSTER_PREFIX))
        return ClusterAllocation(
            name=name,
            directory=self.cluster_directory(name),
            pod_network=networks[entry["index"]],
            service_subnet=IPv4Network(entry["service_subnet"]),
        )

    def pod_directories(self) -> list[Path]:
        """The directories that hold the pods' directories, one a cluster."""
        return [path for path in self.directory.glob(f"{_CLUSTERS}/*/pods") if path.is_dir()]

    def load_balancer_network(self) -> IPv4Network:
        """The network that all clusters share, as kind clusters share their container network."""
        return list(self._block(self.settings()).subnets(new_prefix=_CLUSTER_PREFIX))[-1]

    def cluster_directory(self, name: str) -> Path:
        """Where a cluster's files are, whether or not there is such a cluster."""
        return self.directory / _CLUSTERS / name

    @property
    def envoy(self) -> str | None:
        """The Envoy binary that the user named for this lab."""
        return self.settings().get("envoy")

    def add_cluster(self, name: str, service_subnet: IPv4Network, envoy: str | None = None) -> bool:
        """Registers a cluster and gives the lab its block of addresses; says whether that is new."""
        settings = self.settings() or {"version": 1, "block": self._free_block(), "clusters": {}}
        clusters = settings["clusters"]
        wanted: dict[str, t.Any] = {"service_subnet": str(service_subnet)}
        if name in clusters:
            wanted = {**clusters[name], **wanted}
        else:
            free = sorted(set(range(_MOST_CLUSTERS)) - {c["index"] for c in clusters.values()})
            if not free:
                raise InvalidInput(
                    f"cluster: '{name}' is one too many; a lab holds {_MOST_CLUSTERS} at most"
                )
            wanted["index"] = free[0]
        changed: bool = clusters.get(name) != wanted
        clusters[name] = wanted
        if envoy:
            settings["envoy"] = envoy
        files.write_if_changed(self.directory / _MARKER, files.to_json(settings))
        return changed

    def remove_cluster(self, name: str) -> None:
        """Forgets a cluster; with the last one goes everything that the lab wrote."""
        settings = self.settings()
        settings.get("clusters", {}).pop(name, None)
        shutil.rmtree(self.cluster_directory(name), ignore_errors=True)
        if settings.get("clusters"):
            files.write(self.directory / _MARKER, files.to_json(settings))
            return
        for entry in (_CLUSTERS, "trust", "report"):
            shutil.rmtree(self.directory / entry, ignore_errors=True)
        for entry in (_MARKER, _LOCK):
            (self.directory / entry).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.directory.rmdir()

    def _block(self, settings: t.Mapping[str, t.Any]) -> IPv4Network:
        return _network(settings["block"])

    def _free_block(self) -> int:
        """A block in which nothing listens; the directory's name decides where the search begins."""
        candidates = list(range(_FIRST_BLOCK, _LAST_BLOCK + 1))
        digest = hashlib.sha256(str(self.directory).encode()).digest()
        start = int.from_bytes(digest[:4]) % len(candidates)
        used = listening_sockets.used_networks(_network(number) for number in candidates)
        for number in candidates[start:] + candidates[:start]:
            if _network(number) not in used:
                return number
        raise MeshError("no 127.x.0.0/16 is free: something listens in each of them")


def _network(block: int) -> IPv4Network:
    return IPv4Network(f"127.{block}.0.0/16")
