# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab's directory: its record, its clusters, its lock, its removal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_paths import (
    PODS,
    absolute,
    check_name,
    check_owner,
    holds_cluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_record import (
    LabRecord,
    free_block,
)

_RECORD = "lab.json"
_LOCK = ".lock"
_CLUSTERS = "clusters"
_SHARED = ("trust", "report")
_OWN_ENTRIES = frozenset({_RECORD, _LOCK, _CLUSTERS, *_SHARED})


@dataclass(frozen=True, slots=True)
class ClusterAllocation:
    """The lab's resources of one cluster."""

    name: str
    directory: Path
    pod_network: IPv4Network
    service_subnet: IPv4Network


class Lab:
    """A lab directory, to be read and changed only while ``locked``."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = absolute(directory)
        # changes of the record until ``save``
        self._unsaved: LabRecord | None = None

    @contextlib.contextmanager
    def locked(self) -> t.Iterator[None]:
        """Hold the lab for this process; the lock ends with the process."""
        descriptor = self._acquire_lock()
        try:
            yield
        finally:
            os.close(descriptor)

    def _acquire_lock(self) -> int:
        path = self.directory / _LOCK
        while True:
            descriptor = files.open_private(path, os.O_RDWR)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # the previous holder may have removed the lab, and another process made a new one
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_ino == os.fstat(descriptor).st_ino:
                    return descriptor
            os.close(descriptor)

    def exists(self) -> bool:
        with self._readable(), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (self.directory / _RECORD).lstat()
            return True
        return False

    def check_exists(self) -> None:
        """Raise NotFound if there is no lab; the error names what makes one."""
        self.check_owner()
        if not self.exists():
            raise NotFound(
                f"there is no lab in {self.directory}; bring it up with the playbook eastwest.mesh.up,"
                " or make its clusters with the module eastwest.mesh.loopback_cluster"
            )

    def check_owner(self) -> None:
        """Raise InvalidInput if another user could have prepared the lab."""
        with self._readable():
            for path in (self.directory, *(self.directory / name for name in _OWN_ENTRIES)):
                check_owner(path)

    def check_usable(self) -> None:
        """Raise InvalidInput for a directory that holds something else than a lab."""
        with self._readable():
            self.check_owner()
            if not self.directory.exists():
                return
            if not self.directory.is_dir():
                raise InvalidInput(
                    f"lab_directory: '{self.directory}' is a file; name a directory, there or not"
                )
            foreign = self._foreign_entries()
            if foreign and not self.exists():
                raise InvalidInput(
                    f"lab_directory: '{self.directory}' holds '{foreign[0]}' and is not a lab;"
                    " name an empty or a new directory"
                )

    def _foreign_entries(self) -> list[str]:
        return sorted(
            entry.name
            for entry in self.directory.iterdir()
            # another process may be writing a file of the lab
            if entry.name not in _OWN_ENTRIES and not entry.name.startswith(files.TEMPORARY_PREFIX)
        )

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

    def create(self) -> None:
        self.check_usable()
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
        except OSError as exc:
            raise InvalidInput(
                f"lab_directory: '{self.directory}' cannot be made: {exc.strerror};"
                " name another one, by mesh_lab_directory or XDG_STATE_HOME"
            ) from exc

    def record(self) -> LabRecord | None:
        """Return the lab's record, with the changes that are not saved; None without a lab."""
        if self._unsaved is not None:
            return self._unsaved
        return LabRecord.load(self.directory / _RECORD) if self.exists() else None

    def _existing_record(self) -> LabRecord:
        record = self.record()
        if record is None:
            raise files.damaged(self.directory / _RECORD, "it is missing")
        return record

    def cluster_names(self) -> list[str]:
        record = self.record()
        return sorted(record.clusters) if record else []

    def allocation(self, name: str) -> ClusterAllocation:
        """Raise NotFound, naming the lab's clusters, for an unknown one."""
        record = self.record()
        if record is None or name not in record.clusters:
            there_are = ", ".join(self.cluster_names()) or "none"
            raise NotFound(
                f"cluster: the lab {self.directory} has no cluster '{name}'; it has: {there_are}"
            )
        return ClusterAllocation(
            name,
            self.cluster_directory(name),
            record.pod_network(name),
            record.service_subnet(name),
        )

    def load_balancer_network(self) -> IPv4Network:
        return self._existing_record().load_balancer_network()

    def cluster_directory(self, name: str) -> Path:
        """Return the directory of a cluster, whether it exists or not."""
        return self.directory / _CLUSTERS / check_name(name)

    def pod_directory(self, cluster: str, namespace: str, pod: str) -> Path:
        """Return the directory of a pod's Envoy, whether it exists or not."""
        name = f"{check_name(namespace, 'namespace')}_{check_name(pod, 'pod')}"
        return self.cluster_directory(cluster) / PODS / name

    def pod_directories(self) -> list[Path]:
        """Return the directories of all pods in the lab, whether they have Envoys or not."""
        parents = [
            cluster / PODS
            for cluster in self._cluster_directories()
            if files.is_directory(cluster) and files.is_directory(cluster / PODS)
        ]
        return [Path(entry.path) for parent in parents for entry in os.scandir(parent)]

    @property
    def envoy(self) -> str | None:
        """The Envoy binary that the user named for this lab."""
        record = self.record()
        return record.envoy if record else None

    def add_cluster(self, name: str, service_subnet: IPv4Network, envoy: str | None = None) -> bool:
        """Allocate a cluster's networks, until ``save`` in memory; return whether anything is new."""
        record = self.record() or LabRecord(free_block(self.directory), {})
        changed = record.add(name, service_subnet)
        record.envoy = envoy or record.envoy
        self._unsaved = record
        return changed

    def save(self) -> None:
        """Write the changes of the record."""
        if self._unsaved is not None:
            self._unsaved.save(self.directory / _RECORD)
            self._unsaved = None

    def check_record(self) -> None:
        """Raise LabBroken if the record is missing but clusters are there."""
        left = [path for path in self._cluster_directories() if holds_cluster(path)]
        if left and not self.exists():
            raise LabBroken(
                f"{self.directory / _RECORD} is missing, but {left[0]} is there; {files.REBUILD}"
            )

    def prepare_removal(self) -> bool:
        """Return whether there is a lab; make a lock of what is in its place."""
        with self._readable():
            check_owner(self.directory)
            if not (self.exists() or self.has_clusters() or self._is_abandoned()):
                return False
        lock, clusters = self.directory / _LOCK, self.directory / _CLUSTERS
        if files.is_link(lock) or (lock.exists() and not lock.is_file()):
            files.remove(lock)
        if files.is_link(clusters):
            files.remove(clusters)
        return True

    def holds(self, name: str) -> bool:
        """Return whether the removal of a cluster would remove anything."""
        with self._readable():
            check_owner(self.directory)
            try:
                known = name in self.cluster_names()
            except LabBroken:
                known = False
            return known or holds_cluster(self.cluster_directory(name)) or self._is_abandoned()

    def _is_abandoned(self) -> bool:
        """Return whether the directory is a lab that has lost its record and clusters."""
        if self.exists() or not (self.directory / _LOCK).exists():
            return False
        return not self.has_clusters() and not self._foreign_entries()

    def remove_cluster(self, name: str) -> bool:
        """Remove a cluster, also from a damaged lab; return whether anything was removed.

        With the last cluster goes everything that the lab wrote.
        """
        directory = self.cluster_directory(name)
        record, readable = None, True
        try:
            record = self.record()
        except LabBroken:
            readable = False
        known = holds_cluster(directory) or (record is not None and name in record.clusters)
        if known:
            files.remove(directory)
        if record is not None:
            record.clusters.pop(name, None)
            if record.clusters:
                record.save(self.directory / _RECORD)
                return known
        elif self.has_clusters() or not (known or not readable or self._is_abandoned()):
            return known
        self._remove_all()
        return True

    def _remove_all(self) -> None:
        # the record last, so that an interrupted removal can be repeated
        for entry in (_CLUSTERS, *_SHARED, _RECORD, _LOCK):
            files.remove(self.directory / entry)
        with contextlib.suppress(OSError):
            self.directory.rmdir()

    def _cluster_directories(self) -> list[Path]:
        parent = self.directory / _CLUSTERS
        return sorted(parent.iterdir()) if files.is_directory(parent) else []

    def has_clusters(self) -> bool:
        return any(map(holds_cluster, self._cluster_directories()))
