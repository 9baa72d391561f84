# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End a sample when Envoys hang, since requests would time out one by one and prove nothing."""

from __future__ import annotations

import threading
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    admin,
    processes,
    proxy_faults,
)

_INTERVAL = 2.0
# for a busy machine
_ANSWER_SECONDS = 10.0


class Watchdog:
    """Watch the Envoys of a lab, and one sidecar closely, until the ``with`` block ends.

    ``check`` raises LabBroken, naming the pods, if Envoys hang.
    """

    def __init__(self, lab_directory: Path, sidecar: Path, stop: threading.Event) -> None:
        self._lab_directory = lab_directory
        self._sidecar = sidecar
        self._stop = stop
        self._hung: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()

    def check(self, *, suspicious: bool) -> None:
        """Ask all Envoys if requests have failed for no reason that is known."""
        if suspicious and not self._hung:
            self._hung = {
                directory.name for directory in self._running() if not _answers(directory)
            }
        if self._hung:
            raise LabBroken(
                f"the Envoys of {', '.join(sorted(self._hung))} run, but do not answer, so the sample"
                " proves nothing; repair the lab, with the playbook eastwest.mesh.up"
            )

    def _watch(self) -> None:
        while not self._ended.is_set() and not self._hung:
            self._hung = {
                directory.name
                for directory, group in self._running().items()
                if all(map(processes.is_stopped, group))
                or (directory == self._sidecar and not _answers(directory))
            }
            if self._hung:
                self._stop.set()
            self._ended.wait(_INTERVAL)

    def _running(self) -> dict[Path, list[int]]:
        """Return the lab's Envoys but for those that an event has out of order."""
        running = processes.running(self._lab_directory)
        return {
            directory: group
            for directory, group in running.items()
            if not proxy_faults.is_held(directory)
        }


def _answers(directory: Path) -> bool:
    """Return whether the Envoy of a pod that still exists answers."""
    return admin.is_ready(directory, _ANSWER_SECONDS) or directory not in processes.running(
        directory.parent
    )
