# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a plan's requests from inside a container. Private to this collection."""

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

# how soon it is noticed that the sample is over
_TICK_S = 0.05
# for what is no request: the way to the pod and back, the start of the programs
_PATIENCE_S = 30.0
# for an outcome that came about at the last moment
_LATE_MS = 500.0
# a shell's status for a program that a signal ended is this and the signal
_SIGNAL = 128
_NEEDED = "a client needs a POSIX shell (sh) and curl, as in the image curlimages/curl"


class Session(t.Protocol):
    """The command that runs in the container."""

    @property
    def stderr(self) -> bytes: ...
    def read(self, timeout: float) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    @property
    def running(self) -> bool: ...
    def close(self) -> None: ...
    def outcome(self, stdout: bytes = b"") -> ExecResult: ...


def run_plan(
    plan: LoadProfile,
    open_session: t.Callable[[list[str]], Session],
    where: str,
    progress: Progress,
) -> list[Record]:
    """Runs the plan in one command; ``where`` names the container in errors.

    Raises MeshError when the container cannot do it, or the connection to it is lost.
    """
    mark = secrets.token_hex(8)
    session = open_session(sampling_script.command(plan, mark))
    try:
        return _Sampler(plan, session, mark, where, progress).run()
    finally:
        # the script ends what it started when its input ends
        session.close()


def _now() -> float:
    """The caller's clock, in milliseconds."""
    return time.perf_counter() * 1000


class _Sampler:
    def __init__(
        self,
        plan: LoadProfile,
        session: Session,
        mark: str,
        where: str,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._session = session
        self._mark = mark
        self._where = where
        self._progress = progress
        self._transcript = CurlOutput(mark, plan.body_limit)
        self._heard = _now()

    def run(self) -> list[Record]:
        transcript = self._transcript
        self._await(lambda: bool(transcript.version) or transcript.without_curl)
        self._check_curl()
        earliest, way_ms = self._start()
        self._check_ended(self._follow(earliest))
        return request_times.records(transcript.connections.values(), self._plan, earliest, way_ms)

    def _start(self) -> tuple[float, float]:
        """Lets the requests begin; returns when that was, and what the way from the pod takes."""
        messages = [sampling_script.settings(self._plan, self._mark)] + ["\n"] * (
            sampling_script.HANDSHAKES - 1
        )
        trips = []
        sent = 0.0
        for number, message in enumerate(messages, 1):
            sent = _now()
            self._session.write(message.encode())
            self._await(functools.partial(self._has_shaken_hands, number))
            trips.append(_now() - sent)
        # the quickest one was not held up; both ways take the same time, as far as anyone knows
        return sent, min(trips) / 2

    def _has_shaken_hands(self, times: int) -> bool:
        return self._transcript.handshakes >= times

    def _follow(self, began: float) -> bool:
        """Reads until the end; returns whether the sample was ended from here."""
        over: float | None = None
        stopped = False
        while self._session.running:
            self._read()
            now = _now()
            if over is None and self._is_over(now - began):
                over = now
            if over is not None and not stopped and self._settled(over, now):
                self._session.write(b"\n" * len(sampling_script.counts(self._plan)))
                stopped = True
        return stopped

    def _is_over(self, elapsed_ms: float) -> bool:
        plan = self._plan
        return bool(
            (plan.duration_s is not None and elapsed_ms >= plan.duration_s * 1000)
            or (plan.stop is not None and plan.stop.is_set())
        )

    def _settled(self, over: float, now: float) -> bool:
        """Whether what was under way at the sample's end has come to an outcome."""
        if now - over > self._plan.timeout_s * 1000 + _LATE_MS:
            return True
        connections = self._transcript.connections
        return len(connections) == len(sampling_script.counts(self._plan)) and all(
            each.ended or (each.answers and each.answers[-1].arrived >= over)
            for each in connections.values()
        )

    def _await(self, condition: t.Callable[[], bool]) -> None:
        while not condition():
            if not self._session.running:
                self._explain()
            self._read()

    def _read(self) -> None:
        data = self._session.read(_TICK_S)
        now = _now()
        if data:
            self._heard = now
            before = self._transcript.count
            self._transcript.feed(data, now)
            if self._transcript.count > before:
                self._progress(self._transcript.count)
            return
        silence = (now - self._heard) / 1000
        pause = sampling_script.pause_ms(self._plan) / 1000
        if silence > self._plan.timeout_s + pause + _PATIENCE_S:
            raise MeshError(
                f"{self._where}: nothing was heard of the requests for {silence:.0f} s, after"
                f" {self._transcript.count} answers"
            )

    def _check_curl(self) -> None:
        transcript = self._transcript
        if transcript.without_curl:
            raise MeshError(f"{self._where} has no curl; {_NEEDED}")
        found = re.search(r"curl (\d+)\.(\d+)", transcript.version)
        version = (int(found.group(1)), int(found.group(2))) if found else (0, 0)
        for oldest, what, wanted in (
            (sampling_script.OLDEST_CURL, "", True),
            (
                sampling_script.OLDEST_CURL_WITH_RATE,
                " to send at a rate",
                self._plan.rate is not None,
            ),
        ):
            if wanted and version < oldest:
                raise InvalidInput(
                    f"{self._where} has {transcript.version[:20]!r};"
                    f" curl {oldest[0]}.{oldest[1]} or newer is needed{what}"
                )

    def _check_ended(self, stopped: bool) -> None:
        transcript = self._transcript
        ended = sum(each.ended for each in transcript.connections.values())
        expected = len(sampling_script.counts(self._plan))
        if stopped:
            return
        if ended < expected:
            self._explain()
        if self._plan.requests is None or transcript.count < self._plan.requests:
            remarks = [each.remark for each in transcript.connections.values() if each.remark]
            raise MeshError(
                f"{self._where}: curl ended after {transcript.count} answers:"
                f" {' '.join(remarks) or 'no reason was given'}"
            )

    def _explain(self) -> t.NoReturn:
        """Raises what there is to say of a command that ended too early."""
        outcome = self._session.outcome()
        if outcome.returncode < 0:
            said = f"cannot run sh ({outcome.message}); {_NEEDED}"
        else:
            words = [*self._transcript.noise, outcome.stderr.strip()]
            if outcome.returncode > _SIGNAL:
                words.append("it was killed; was the pod deleted?")
            said = (
                f"the requests ended after {self._transcript.count} answers, with status"
                f" {outcome.returncode}: {' '.join(words).strip() or 'no reason was given'}"
            )
        raise MeshError(f"{self._where}: {said}")
