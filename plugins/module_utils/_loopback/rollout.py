# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the Envoys of a lab to their specification: write files, start and stop processes.

``plan`` finds what cannot work; ``RolloutPlan.execute`` changes files and processes.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.bootstrap import (
    BOOTSTRAP_FILE,
    CLUSTERS_FILE,
    LISTENERS_FILE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.clusters import endpoints_file
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    admin,
    credentials,
    files,
    listening_sockets,
    processes,
    proxy_faults,
    xds_files,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab

_START_SECONDS = 60.0
# for an Envoy that another process may have just started
_ANSWER_SECONDS = 20.0
# until requests in progress have their responses
_DRAIN_SECONDS = 0.1
_PROBES = 8


@dataclass(frozen=True, slots=True)
class ProxySpec:
    """The specification of one pod's Envoy: directory, files, sockets, identity."""

    directory: Path
    content: t.Mapping[str, bytes]
    sockets: tuple[tuple[str, int], ...]
    authority: credentials.CertificateAuthority
    identity: credentials.Identity


@dataclass(slots=True)
class Rollout:
    """The changes of a rollout; ``wait`` ends when all of them are in effect."""

    content: dict[Path, t.Mapping[str, bytes]] = field(default_factory=dict)
    started: dict[Path, subprocess.Popen[bytes]] = field(default_factory=dict)
    # with the changed files
    updated: dict[Path, set[str]] = field(default_factory=dict)
    # the Envoys' logs before the change
    log_sizes: dict[Path, int] = field(default_factory=dict)
    stopped: list[Path] = field(default_factory=list)
    # what killed runs left out of order, in words
    mended: list[str] = field(default_factory=list)

    def wait(self) -> None:
        """Raise LabBroken, with Envoy's reason, if one does not start or rejects its files."""
        deadline = time.monotonic() + _START_SECONDS
        for directory, process in self.started.items():
            if _wait_started(directory, process, deadline):
                xds_files.wait_accepted(directory, self.content[directory])
        for directory in self.updated:
            xds_files.wait_accepted(
                directory, self.content[directory], self.log_sizes.get(directory, 0)
            )


@dataclass(slots=True)
class RolloutPlan:
    """A rollout that has not begun."""

    lab: Lab
    envoy: str
    proxies: dict[Path, ProxySpec]
    content: dict[Path, dict[str, bytes]]
    # one process of each pod that runs and answers
    running: dict[Path, int]
    # processes without a pod, with a pod that another has, or that do not answer
    orphans: dict[Path, list[int]]
    hung: list[int]
    # pods whose Envoys have not accepted the files that are on disk
    differing: set[Path]
    # pods whose Envoys an event has out of order
    held: frozenset[Path] = frozenset()

    def execute(self) -> Rollout:
        rollout = Rollout(dict(self.content), stopped=list(self.orphans))
        self._check_parents()
        rollout.mended = self._forget_faults()
        processes.stop(self.hung)
        self._update_running(rollout)
        to_start = [
            directory for directory in self.proxies if directory not in {*self.running, *self.held}
        ]
        if rollout.stopped and rollout.updated and not to_start:
            # as real pods do, they serve until no proxy has them as endpoints
            for directory in rollout.updated:
                # wait reports a rejection
                with contextlib.suppress(LabBroken):
                    xds_files.wait_accepted(directory, self.content[directory])
            time.sleep(_DRAIN_SECONDS)
        processes.stop(process for group in self.orphans.values() for process in group)
        for directory in self.lab.pod_directories():
            if directory not in self.proxies:
                files.remove(directory)
        for directory in to_start:
            # one Envoy starts while the next one's files are written
            _make_directories(directory)
            _write(directory, self.content[directory])
            rollout.started[directory] = processes.start(self.envoy, directory)
        return rollout

    def _update_running(self, rollout: Rollout) -> None:
        """Write the files of running Envoys; stop those that have to start again."""
        for directory in list(self.running):
            log_size = processes.log_size(directory)
            unwatched = _make_directories(directory)
            changed = _write(directory, self.content[directory])
            if not changed and directory in self.differing:
                # without a rejection, it does not see changes
                unwatched |= not processes.last_rejection(directory)
            if unwatched or BOOTSTRAP_FILE in changed:
                processes.stop([self.running.pop(directory)])
            elif changed:
                rollout.updated[directory] = changed
                rollout.log_sizes[directory] = log_size
            elif directory in self.differing:
                rollout.updated[directory] = set()

    def _forget_faults(self) -> list[str]:
        """Return the faults that killed runs left, in words; this rollout mends them."""
        found = []
        for directory in self.proxies:
            if fault := proxy_faults.left_behind(directory):
                proxy_faults.forget(directory)
                found.append(
                    f"the sidecar of {directory.name} was left out of order by the event '{fault}' of a"
                    " run that did not end by itself; it is started again"
                )
        return found

    def _check_parents(self) -> None:
        """Raise LabBroken for a cluster's directory that is a link."""
        pods = {directory.parent for directory in self.proxies}
        for directory in sorted(pods | {path.parent for path in pods}):
            files.make_directory(directory)


def plan(lab: Lab, proxies: t.Iterable[ProxySpec], envoy: str | None) -> RolloutPlan:
    """Plan a rollout while the lab is locked.

    Raise MeshError if the interface is down, a socket is in use, a certificate cannot be issued, or there is no Envoy.
    """
    listening_sockets.check_loopback()
    by_directory = {proxy.directory: proxy for proxy in proxies}
    content = {
        directory: {
            **proxy.content,
            **credentials.credential_files(directory, proxy.authority, proxy.identity),
        }
        for directory, proxy in by_directory.items()
    }
    found = processes.running(lab.directory)
    orphans = {
        directory: group
        for directory, group in found.items()
        if directory not in by_directory or not directory.exists()
    }
    held = frozenset(filter(proxy_faults.is_held, by_directory))
    present = {
        directory: group for directory, group in found.items() if directory not in {*orphans, *held}
    }
    accepted = _accepted_versions(present)
    running = {directory: group[0] for directory, group in present.items() if directory in accepted}
    hung = [
        process
        for directory, group in present.items()
        for process in (group[1:] if directory in running else group)
    ]
    differing = {
        directory
        for directory in running
        if xds_files.differing(content[directory], accepted[directory])
    }
    to_start = [directory for directory in by_directory if directory not in {*running, *held}]
    used = {socket for directory in running for socket in by_directory[directory].sockets}
    new = {socket for directory in to_start for socket in by_directory[directory].sockets}
    own = [process for group in found.values() for process in group]
    listening_sockets.check_free(sorted(new - used), own)
    path = processes.envoy_path(envoy) if by_directory else ""
    return RolloutPlan(lab, path, by_directory, content, running, orphans, hung, differing, held)


def _accepted_versions(present: t.Mapping[Path, list[int]]) -> dict[Path, dict[str, str]]:
    """Ask each pod's Envoy for its accepted versions; leave out those that do not answer."""
    with ThreadPoolExecutor(_PROBES) as pool:
        answers = pool.map(_probe, present, present.values())
        return {
            directory: versions
            for directory, versions in zip(present, answers, strict=True)
            if versions is not None
        }


def _probe(directory: Path, group: list[int]) -> dict[str, str] | None:
    deadline = time.monotonic() + _ANSWER_SECONDS
    while not processes.is_stopped(group[0]):
        remaining = deadline - time.monotonic()
        if remaining < 0:
            break
        try:
            return admin.versions(directory, timeout=remaining + 1)
        except LabBroken:
            time.sleep(0.05)
    return None


def _make_directories(directory: Path) -> bool:
    """Create the directories that Envoy watches; return whether one was not there."""
    missing = [path for path in (directory, *_watched(directory)) if not files.is_directory(path)]
    for path in missing:
        files.remove(path)
        files.make_directory(path)
    return bool(missing)


def _watched(directory: Path) -> tuple[Path, Path]:
    clusters = directory / CLUSTERS_FILE
    return clusters.parent, (directory / endpoints_file("")).parent


def _write(directory: Path, content: t.Mapping[str, bytes]) -> set[str]:
    """Write changed files, in the order in which Envoy may need them; return their names."""
    last = (CLUSTERS_FILE, LISTENERS_FILE)
    order = [name for name in content if name not in last]
    order += [name for name in last if name in content]
    return {name for name in order if files.write_if_changed(directory / name, content[name])}


def _wait_started(directory: Path, process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait until the Envoy is ready; return False if another process has replaced it."""
    while not admin.is_ready(directory):
        if process.poll() is not None:
            if not directory.exists() or directory in processes.running(directory.parent):
                return False
            raise LabBroken(
                f"the Envoy of pod {directory.name} ended at once: {processes.log_tail(directory)}"
            )
        if time.monotonic() > deadline:
            raise LabBroken(
                f"the Envoy of pod {directory.name} is not ready after {_START_SECONDS:.0f} s:"
                f" {processes.log_tail(directory)}"
            )
        time.sleep(0.01)
    return True
