# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failed requests, each with its moment, status, response flags and endpoint.

Envoy's access log has the flags and the endpoint. Where the log was not kept, or does not fit the
requests, the flag is that of the words which Envoy puts into its own answers.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import (
        LoadProfile,
    )

# how long a sidecar may keep lines of its log to itself, as Istio starts it
LOG_FLUSH_S = 1.1
_DETAIL_LENGTH = 200
# plain data has no more; their number is counted apart
MOST_FAILURES = 1000
# requests in the verdict's reasons
_MOST_LISTED = 3

# the formats of Istio and of the loopback provider, in this order
_LINES = (
    re.compile(
        r'"(?P<request>\S+ \S+) [^"]*" (?P<status>\d+) (?P<flags>\S+) .*'
        r'"(?P<upstream>[^"\s]+)" (?:outbound|inbound|Passthrough|BlackHole|-)'
    ),
    re.compile(
        r"\] (?P<method>\S+) \S+ (?P<path>\S+) (?P<status>\d+) (?P<flags>\S+) \d+ (?P<upstream>\S+)"
    ),
)
# parts of Envoy's own answers, with the flag that its access log would have
_ANSWERS = (
    ("no healthy upstream", "UH"),
    ("no cluster match", "NC"),
    ("upstream request timeout", "UT"),
    ("reset reason: overflow", "UO"),
    ("reset reason: connection termination", "UC"),
    ("reset reason: remote connection failure", "UF"),
    ("reset reason: connection timeout", "UF"),
    ("reset reason: remote reset", "UR"),
    ("reset reason: protocol error", "UPE"),
)
_RETRIED = "retried and the latest reset reason"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed request. Times count from the sample's start."""

    at_ms: float
    took_ms: float
    # 0: no complete answer
    status: int
    flags: tuple[str, ...] = ()
    # address and port, and the pod there
    endpoint: str = ""
    pod: str = ""
    detail: str = ""

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.endpoint, self.pod)))
        words = (str(self.status), ",".join(self.flags), where, self.detail)
        return f"at {self.at_ms:.0f} ms: {' '.join(filter(None, words))}"

    def as_dict(self) -> dict[str, t.Any]:
        """Return the failure as plain data."""
        reason = f"HTTP {self.status}" if self.status else self.detail
        return {**asdict(self), "flags": list(self.flags), "reason": reason}


class LogLine(t.NamedTuple):
    """One request in an access log."""

    request: str
    status: int
    flags: tuple[str, ...]
    endpoint: str


def parse_log(text: str) -> list[LogLine]:
    """Read an access log in Istio's formats or the loopback provider's; skip other lines."""
    return [line for line in map(_parse_line, text.splitlines()) if line]


def find_failures(
    records: t.Iterable[Record], profile: LoadProfile, log: str, pods: t.Mapping[str, str]
) -> list[Failure]:
    """Describe the failed requests; ``pods`` maps addresses to names of pods.

    The log is that of the client's sidecar since the sample began, or empty.
    """
    failed = sorted((each for each in records if each.failed), key=lambda each: each.end_ms)
    request = f"{profile.method.upper()} {profile.path}"
    lines = [each for each in parse_log(log) if each.request == request and _failed(each.status)]
    lines = lines[len(lines) - len(failed) :] if len(lines) >= len(failed) else []
    if [each.status for each in lines] != [each.status for each in failed]:
        lines = []
    found = []
    for number, record in enumerate(failed):
        line = (
            lines[number] if lines else LogLine(request, record.status, _answer_flags(record), "")
        )
        address = line.endpoint.rpartition(":")[0]
        detail = _printable(record.error or record.body)
        found.append(
            Failure(
                at_ms=round(record.start_ms, 3),
                took_ms=round(record.latency_ms, 3),
                status=record.status,
                flags=line.flags,
                endpoint=line.endpoint,
                pod=pods.get(address, ""),
                detail=detail,
            )
        )
    return sorted(found, key=lambda each: each.at_ms)


def failure_reasons(failures: t.Sequence[Failure]) -> list[str]:
    """Return the first failures in words."""
    more = len(failures) - _MOST_LISTED
    rest = [f"and {more} more; the report lists them all"] if more > 0 else []
    return [*(f"failed {each}" for each in failures[:_MOST_LISTED]), *rest]


def pod_addresses(clusters: t.Iterable[Cluster]) -> dict[str, str]:
    """Return the names of pods by address; of an address that two clusters use, no name."""
    found: dict[str, str] = {}
    for cluster in clusters:
        for pod in cluster.objects("Pod"):
            address = (pod.get("status") or {}).get("podIP") or ""
            found[address] = "" if address in found else pod["metadata"]["name"]
    return found


def _failed(status: int) -> bool:
    return status == 0 or status >= 400


def _parse_line(line: str) -> LogLine | None:
    try:
        fields = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict):
        status = str(fields.get("response_code") or "0")
        request = f"{fields.get('method')} {fields.get('path')}"
        flags, endpoint = fields.get("response_flags"), fields.get("upstream_host")
        return _log_line(request, status, str(flags or "-"), str(endpoint or "-"))
    for pattern in _LINES:
        if match := pattern.search(line):
            parts = match.groupdict()
            request = parts.get("request") or f"{parts['method']} {parts['path']}"
            return _log_line(request, parts["status"], parts["flags"], parts["upstream"])
    return None


def _log_line(request: str, status: str, flags: str, endpoint: str) -> LogLine:
    names = tuple(flag for flag in flags.split(",") if flag not in ("", "-"))
    number = int(status) if re.fullmatch(r"\d{1,3}", status) else 0
    return LogLine(request, number, names, "" if endpoint == "-" else endpoint)


def _answer_flags(record: Record) -> tuple[str, ...]:
    flags = [flag for words, flag in _ANSWERS if words in record.body][:1]
    if _RETRIED in record.body:
        flags.append("URX")
    return tuple(flags)


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text[:_DETAIL_LENGTH]).strip()
