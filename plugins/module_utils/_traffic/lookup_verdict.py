# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on names that a pod looked up, and on connections that it made."""

from __future__ import annotations

import collections
import ipaddress
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import by_pattern

Found: t.TypeAlias = t.Mapping[str, t.Any]

# Istio allocates addresses to hosts of ServiceEntries out of this one
ALLOCATED = ipaddress.ip_network("240.240.0.0/16")


@dataclass(frozen=True, slots=True)
class LookupExpectation:
    """The addresses of names, and the servers that answer connections."""

    # each has one allocated address of its own
    allocated: t.Sequence[str] = ()
    # none has an address
    unresolved: t.Sequence[str] = ()
    # by host, the version that the server's answer tells
    answers: t.Mapping[str, str] | None = None
    # all connections reach one server, whichever it is
    single_answer: bool = False


def judge_lookup(
    addresses: t.Mapping[str, t.Sequence[str]],
    connections: t.Sequence[Found],
    expectation: LookupExpectation,
    pattern: str,
) -> dict[str, t.Any]:
    """Return a sample of a proof's report: requests, errors and a judgement."""
    identify = by_pattern(pattern)
    versions = [identify(str(each["greeting"])).get("version", "") for each in connections]
    reasons = [
        *_allocated(addresses, expectation.allocated),
        *_unresolved(addresses, expectation.unresolved),
        *_answers(connections, versions, expectation),
    ]
    observed = _shares(version for version in versions if version)
    expected = _shares((expectation.answers or {}).values())
    if expectation.single_answer and len(observed) == 1:
        expected = observed
    return {
        "requests": len(connections),
        "errors": sum(1 for each in connections if each["error"]),
        "unidentified": sum(
            1
            for each, version in zip(connections, versions, strict=True)
            if not (version or each["error"])
        ),
        "judgement": {
            "passed": not reasons,
            "expected": expected,
            "observed": observed,
            "by": "version",
            "method": "exact",
            "model": "each name has its own address, each connection its own server"
            if not expectation.single_answer
            else "no name has an address, and all connections reach one server",
            "tolerance": 0.0,
            "max_errors": 0,
            "expectation": "statement",
            "reasons": reasons,
        },
    }


def _allocated(
    addresses: t.Mapping[str, t.Sequence[str]], names: t.Sequence[str]
) -> t.Iterator[str]:
    holders: dict[str, list[str]] = {}
    for name in names:
        found = addresses.get(name) or []
        if len(found) != 1 or ipaddress.ip_address(found[0]) not in ALLOCATED:
            yield f"{name} has {_listed(found)}, not one address of {ALLOCATED}"
        for address in found:
            holders.setdefault(address, []).append(name)
    for address, sharing in holders.items():
        if len(sharing) > 1:
            yield f"{' and '.join(sharing)} share the address {address}"


def _unresolved(
    addresses: t.Mapping[str, t.Sequence[str]], names: t.Sequence[str]
) -> t.Iterator[str]:
    for name in names:
        if found := addresses.get(name):
            yield f"{name} has {_listed(found)}, and should have no address"


def _answers(
    connections: t.Sequence[Found], versions: t.Sequence[str], expectation: LookupExpectation
) -> t.Iterator[str]:
    answers = expectation.answers or {}
    for each, version in zip(connections, versions, strict=True):
        where = f"{each['host']}:{each['port']}"
        if each["error"]:
            yield f"{where}: {each['error']}"
        elif not version:
            yield f"{where}: the answer {each['greeting']!r:.80} names no version"
        elif answers and version != answers.get(each["host"]):
            yield f"{where}: {version} answered, not {answers.get(each['host'])}"
    connected = {each["host"] for each in connections}
    for host in answers:
        if host not in connected:
            yield f"{host}: no connection was made to it"
    if expectation.single_answer and len(connections) < 2:
        yield f"{len(connections)} connections were made, and that one server takes all needs two"
    found = sorted({version for version in versions if version})
    if expectation.single_answer and len(found) > 1:
        yield f"{' and '.join(found)} answered, where one server takes all connections"


def _shares(names: t.Iterable[str]) -> dict[str, float]:
    counts = collections.Counter(names)
    return {name: count / counts.total() for name, count in counts.items()}


def _listed(addresses: t.Sequence[str]) -> str:
    return ", ".join(addresses) or "no address"
