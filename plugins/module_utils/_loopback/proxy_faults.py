# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of Envoy processes: killed, stopped, or replaced by sockets that answer no packet.

A record in the pod's directory names the fault. The run that causes it holds a lock of the record,
and the lock ends with the run, however that ends. Rollouts leave a pod alone while the lock is held.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import (
    BLACKHOLE,
    HANG,
    PROXY_FAULTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    files,
    listening_sockets,
    processes,
)

RECORD = "fault"

# A socket filter that keeps no byte of any packet drops a client's SYN before the kernel answers it.
# Started before its Envoy is killed, so that nothing is refused in between; its sockets work while it
# is stopped itself, as a hung Envoy is.
_BLACKHOLE_SCRIPT = """
import ctypes, os, signal, socket, struct, sys, time
drop = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
program = struct.pack("HP", 1, ctypes.addressof(drop))
print("waiting", flush=True)
sys.stdin.readline()
sockets = []
for number in range(3, len(sys.argv), 2):
    each = socket.socket()
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    each.setsockopt(socket.SOL_SOCKET, 26, program)
    deadline = time.monotonic() + 5
    while True:
        try:
            each.bind((sys.argv[number], int(sys.argv[number + 1])))
            break
        except OSError:
            # without a pause, for what comes in between is refused
            if time.monotonic() > deadline:
                raise
    each.listen(1)
    sockets.append(each)
print("listening", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


@dataclass(slots=True)
class HeldFault:
    """A fault of this process's making."""

    directory: Path
    fault: str
    # holds the record's lock
    descriptor: int
    # what has the sockets in the Envoy's place
    stand_in: subprocess.Popen[bytes] | None = None


def cause(directory: Path, group: t.Sequence[int], fault: str) -> HeldFault:
    """Cause a fault of the Envoy processes ``group`` of a pod. Raises LabBroken.

    To be called while the lab is locked.
    """
    descriptor = files.open_private(directory / RECORD, os.O_RDWR | os.O_TRUNC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        os.close(descriptor)
        raise LabBroken(
            f"the Envoy of {directory.name} has a fault of another run already; let that one end"
        ) from exc
    held = HeldFault(directory, fault, descriptor)
    try:
        os.write(descriptor, fault.encode())
        if fault == HANG:
            for process in group:
                processes.send_signal(process, signal.SIGSTOP)
        elif fault == BLACKHOLE:
            held.stand_in = _swallow(directory, group)
        else:
            processes.kill(group)
    except BaseException:
        release(held)
        raise
    return held


def release(held: HeldFault) -> None:
    """Let rollouts mend the pod, and a hung Envoy go on. The pod may be gone."""
    if held.fault == HANG:
        for process in processes.running(held.directory.parent).get(held.directory.resolve(), []):
            processes.send_signal(process, signal.SIGCONT)
    if held.stand_in is not None:
        held.stand_in.kill()
        held.stand_in.wait()
    forget(held.directory)
    os.close(held.descriptor)


def forget(directory: Path) -> None:
    """Remove the record of a fault."""
    files.remove(directory / RECORD)


def is_held(directory: Path) -> bool:
    """Return whether a run that goes on has the pod's Envoy out of order."""
    descriptor = _open(directory)
    if descriptor is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holders(lab_directory: Path) -> dict[int, list[str]]:
    """Return the processes that have Envoys of a lab out of order, with the pods' names."""
    found: dict[int, list[str]] = {}
    for record in lab_directory.resolve().glob(f"*/*/*/*/{RECORD}"):
        if is_held(record.parent):
            for process in processes.having_open(str(record)):
                found.setdefault(process, []).append(record.parent.name)
    return {process: sorted(pods) for process, pods in found.items()}


def left_behind(directory: Path) -> str:
    """Return the fault that a run left when it was killed; empty where there is none."""
    if is_held(directory):
        return ""
    fault = (files.read(directory / RECORD) or b"").decode(errors="replace")
    return fault if fault in PROXY_FAULTS else ""


def _open(directory: Path) -> int | None:
    with contextlib.suppress(OSError):
        return os.open(directory / RECORD, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return None


def _swallow(directory: Path, group: t.Sequence[int]) -> subprocess.Popen[bytes]:
    """Replace the processes by one that answers no packet to their sockets, and return it."""
    sockets = [each for process in group for each in listening_sockets.sockets_of(process)]
    arguments = [text for address, port in sockets for text in (address, str(port))]
    log = files.open_private(directory / processes.LOG_FILE, os.O_WRONLY | os.O_APPEND)
    try:
        # run_command would wait for its end
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            # with an Envoy's arguments, by which the processes of pods are known
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                _BLACKHOLE_SCRIPT,
                *processes.CONFIGURATION,
                *arguments,
            ],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise LabBroken("a process has no pipes")
    with stdin, stdout:
        if stdout.readline():
            with contextlib.suppress(BrokenPipeError):
                stdin.write(b"\n")
                stdin.flush()
            processes.kill(group)
        if not stdout.readline():
            raise LabBroken(
                f"the sockets of {directory.name} cannot be taken over:"
                f" {processes.log_tail(directory, 1)}"
            )
    return process
