# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a lab's Envoys to what its objects say: writes their files, starts and stops them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.bootstrap import (
    BOOTSTRAP_FILE,
    CLUSTERS_FILE,
    LISTENERS_FILE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    admin,
    credentials,
    files,
    listening_sockets,
    processes,
    xds_files,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab

_START_SECONDS = 20.0
# until requests that were under way have their answers
_DRAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ProxySpec:
    """One pod's Envoy: where it lives, what it reads, where it listens, who it is."""

    directory: Path
    content: t.Mapping[str, bytes]
    sockets: tuple[tuple[str, int], ...]
    authority: credentials.CertificateAuthority
    identity: credentials.Identity


@dataclass(slots=True)
class Rollout:
    """What was done; ``wait`` ends when all of it is in effect."""

    started: dict[Path, subprocess.Popen[bytes]] = field(default_factory=dict)
    # and which of their files changed
    updated: dict[Path, set[str]] = field(default_factory=dict)
    stopped: list[Path] = field(default_factory=list)

    def wait(self) -> None:
        """Raise LabBroken, with Envoy's own words, when one does not start or take its files."""
        deadline = time.monotonic() + _START_SECONDS
        for directory, process in self.started.items():
            _wait_started(directory, process, deadline)
            xds_files.wait_accepted(directory)
        for directory, changed in self.updated.items():
            xds_files.wait_accepted(directory, changed)


def roll_out(lab: Lab, pods: t.Iterable[ProxySpec], envoy: str | None) -> Rollout:
    """Only with the lab locked. Raise MeshError when an address is taken: then nothing was started."""
    wanted = {pod.directory: pod for pod in pods}
    running = processes.running(lab.directory)
    rollout = Rollout()
    unwanted = _take_unwanted(wanted, running, rollout)
    for directory in list(running):
        changed = _write(wanted[directory])
        if BOOTSTRAP_FILE in changed:
            processes.stop(running.pop(directory))
        elif changed:
            rollout.updated[directory] = changed
    to_start = [directory for directory in wanted if directory not in running]
    if rollout.stopped and rollout.updated and not to_start:
        # as real pods do, they serve until nobody asks them any more
        for directory, changed in rollout.updated.items():
            # who refuses what is wanted is named later
            with contextlib.suppress(LabBroken):
                xds_files.wait_accepted(directory, changed)
        time.sleep(_DRAIN_SECONDS)
    processes.stop(unwanted)
    _forget_unwanted(lab, wanted)
    if to_start:
        own = {socket for directory in running for socket in wanted[directory].sockets}
        new = {socket for directory in to_start for socket in wanted[directory].sockets}
        listening_sockets.check_free(sorted(new - own))
        path = processes.envoy_path(envoy)
        for directory in to_start:
            # one starts while the next one's files are written
            _write(wanted[directory])
            rollout.started[directory] = processes.start(path, directory)
    return rollout


def _take_unwanted(
    wanted: t.Mapping[Path, ProxySpec], running: dict[Path, list[int]], rollout: Rollout
) -> list[int]:
    """Takes Envoys without a pod, and all but one of those that share a pod, out of the running."""
    unwanted: list[int] = []
    for directory, found in list(running.items()):
        if directory not in wanted or not directory.exists():
            unwanted += running.pop(directory)
            rollout.stopped.append(directory)
        elif len(found) > 1:
            unwanted += found[1:]
            running[directory] = found[:1]
    return unwanted


def _forget_unwanted(lab: Lab, wanted: t.Mapping[Path, ProxySpec]) -> None:
    for pods in lab.pod_directories():
        for entry in os.scandir(pods):
            if Path(entry.path) not in wanted:
                shutil.rmtree(entry.path)


def _write(pod: ProxySpec) -> set[str]:
    """Writes what changed, in the order in which Envoy may need it; returns the names."""
    files.make_directory(pod.directory)
    credentials.provide(pod.directory, pod.authority, pod.identity)
    last = (CLUSTERS_FILE, LISTENERS_FILE)
    order = [name for name in pod.content if name not in last]
    order += [name for name in last if name in pod.content]
    return {
        name for name in order if files.write_if_changed(pod.directory / name, pod.content[name])
    }


def _wait_started(directory: Path, process: subprocess.Popen[bytes], deadline: float) -> None:
    while not admin.is_ready(directory):
        if process.poll() is not None:
            raise LabBroken(
                f"the Envoy of pod {directory.name} ended at once: {processes.log_tail(directory)}"
            )
        if time.monotonic() > deadline:
            raise LabBroken(
                f"the Envoy of pod {directory.name} is not ready after {_START_SECONDS:.0f} s:"
                f" {processes.log_tail(directory)}"
            )
        time.sleep(0.01)
