# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send the requests of a load profile from inside a container."""

from __future__ import annotations

import functools
import re
import secrets
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    request_times,
    sampling_script,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.curl_output import (
    CurlOutput,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.pod_exec import ExecResult
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

Progress: t.TypeAlias = t.Callable[[int], None]

# The precision of the sample's end
_TICK_S = 0.05
# For the connection to the pod and the start of the programs
_OVERHEAD_S = 30.0
# For a response to a request that just timed out
_LATE_MS = 500.0
# A shell's status for a program that a signal ended is this plus the signal
_SIGNAL = 128
_NEEDED = "a client needs a POSIX shell (sh) and curl, as in the image curlimages/curl"


class Session(t.Protocol):
    """A command in the container."""

    @property
    def stderr(self) -> bytes: ...
    def read(self, timeout: float) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    @property
    def running(self) -> bool: ...
    def close(self) -> None: ...
    def result(self, stdout: bytes = b"") -> ExecResult: ...


def run_profile(
    profile: LoadProfile,
    open_session: t.Callable[[list[str]], Session],
    where: str,
    progress: Progress,
) -> list[Record]:
    """Run the profile in one command; ``where`` names the container in errors.

    Raises MeshError when the container cannot do it, or the connection to it is lost.
    """
    mark = secrets.token_hex(8)
    session = open_session(sampling_script.command(profile, mark))
    try:
        return _Sampler(profile, session, mark, where, progress).run()
    finally:
        # The script ends its programs when its input ends
        session.close()


def _now() -> float:
    """Return the caller's clock, in milliseconds."""
    return time.perf_counter() * 1000


class _Sampler:
    def __init__(
        self,
        profile: LoadProfile,
        session: Session,
        mark: str,
        where: str,
        progress: Progress,
    ) -> None:
        self._profile = profile
        self._session = session
        self._mark = mark
        self._where = where
        self._progress = progress
        self._output = CurlOutput(mark, profile.body_limit)
        self._last_data = _now()

    def run(self) -> list[Record]:
        output = self._output
        self._await(lambda: bool(output.version) or output.without_curl)
        self._check_curl()
        earliest, latency_ms = self._start()
        self._check_ended(self._follow(earliest))
        return request_times.records(
            output.connections.values(), self._profile, earliest, latency_ms
        )

    def _start(self) -> tuple[float, float]:
        """Start the requests; return the time, and the latency from the pod, in milliseconds."""
        messages = [sampling_script.settings(self._profile, self._mark)] + ["\n"] * (
            sampling_script.HANDSHAKES - 1
        )
        trips = []
        sent = 0.0
        for number, message in enumerate(messages, 1):
            sent = _now()
            self._session.write(message.encode())
            self._await(functools.partial(self._has_handshakes, number))
            trips.append(_now() - sent)
        # The fastest trip was not held up; both directions count as equally fast
        return sent, min(trips) / 2

    def _has_handshakes(self, times: int) -> bool:
        return self._output.handshakes >= times

    def _follow(self, began: float) -> bool:
        """Read until the end; return whether the sample was stopped from here."""
        over: float | None = None
        stopped = False
        while self._session.running:
            self._read()
            now = _now()
            if over is None and self._is_over(now - began):
                over = now
            if over is not None and not stopped and self._is_complete(over, now):
                self._session.write(b"\n" * len(sampling_script.counts(self._profile)))
                stopped = True
        return stopped

    def _is_over(self, elapsed_ms: float) -> bool:
        profile = self._profile
        return bool(
            (profile.duration_s is not None and elapsed_ms >= profile.duration_s * 1000)
            or (profile.stop is not None and profile.stop.is_set())
        )

    def _is_complete(self, over: float, now: float) -> bool:
        """Return whether the requests in flight at the sample's end have a response."""
        if now - over > self._profile.timeout_s * 1000 + _LATE_MS:
            return True
        connections = self._output.connections
        return len(connections) == len(sampling_script.counts(self._profile)) and all(
            each.ended or (each.responses and each.responses[-1].arrived >= over)
            for each in connections.values()
        )

    def _await(self, condition: t.Callable[[], bool]) -> None:
        while not condition():
            if not self._session.running:
                self._raise_early_end()
            self._read()

    def _read(self) -> None:
        data = self._session.read(_TICK_S)
        now = _now()
        if data:
            self._last_data = now
            before = self._output.count
            self._output.feed(data, now)
            if self._output.count > before:
                self._progress(self._output.count)
            return
        silence = (now - self._last_data) / 1000
        pause = sampling_script.pause_ms(self._profile) / 1000
        if silence > self._profile.timeout_s + pause + _OVERHEAD_S:
            raise MeshError(
                f"{self._where}: no response arrived for {silence:.0f} s, after"
                f" {self._output.count} responses"
            )

    def _check_curl(self) -> None:
        output = self._output
        if output.without_curl:
            raise MeshError(f"{self._where} has no curl; {_NEEDED}")
        found = re.search(r"curl (\d+)\.(\d+)", output.version)
        version = (int(found.group(1)), int(found.group(2))) if found else (0, 0)
        for oldest, what, needed in (
            (sampling_script.OLDEST_CURL, "", True),
            (
                sampling_script.OLDEST_CURL_WITH_RATE,
                " to send at a rate",
                self._profile.rate is not None,
            ),
        ):
            if needed and version < oldest:
                raise InvalidInput(
                    f"{self._where} has {output.version[:20]!r};"
                    f" curl {oldest[0]}.{oldest[1]} or newer is needed{what}"
                )

    def _check_ended(self, stopped: bool) -> None:
        output = self._output
        ended = sum(each.ended for each in output.connections.values())
        expected = len(sampling_script.counts(self._profile))
        if stopped:
            return
        if ended < expected:
            self._raise_early_end()
        if self._profile.requests is None or output.count < self._profile.requests:
            remarks = [each.remark for each in output.connections.values() if each.remark]
            raise MeshError(
                f"{self._where}: curl ended after {output.count} responses:"
                f" {' '.join(remarks) or 'no reason was given'}"
            )

    def _raise_early_end(self) -> t.NoReturn:
        """Raise MeshError, with the reason, for a command that ended too early."""
        result = self._session.result()
        if result.returncode < 0:
            error = f"cannot run sh ({result.message}); {_NEEDED}"
        else:
            words = [*self._output.foreign_lines, result.stderr.strip()]
            if result.returncode > _SIGNAL:
                words.append("it was killed; was the pod deleted?")
            error = (
                f"the requests ended after {self._output.count} responses, with status"
                f" {result.returncode}: {' '.join(words).strip() or 'no reason was given'}"
            )
        raise MeshError(f"{self._where}: {error}")
