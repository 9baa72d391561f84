# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import struct

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import dns_client

NAME = b"\x03db1\x07example\0"
QUESTION = NAME + b"\0\x01\0\x01"


def answer(code: int, *records: bytes, number: int = 7) -> bytes:
    head = struct.pack(">HHHHHH", number, 0x8180 | code, 1, len(records), 0, 0)
    return head + QUESTION + b"".join(records)


def record(address: str, name: bytes = b"\xc0\x0c", kind: int = 1) -> bytes:
    data = ipaddress.IPv4Address(address).packed
    return name + struct.pack(">HHIH", kind, 1, 30, len(data)) + data


def test_a_question() -> None:
    assert dns_client.question(7, "db1.example") == b"\0\x07\x01\0\0\x01\0\0\0\0\0\0" + QUESTION


@pytest.mark.parametrize("name", ["a..b", "a" * 64])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{name}' is not a name that DNS could hold"):
        dns_client.question(7, name)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (answer(0), ()),
        (answer(3), ()),
        (answer(0, record("240.240.0.2")), ("240.240.0.2",)),
        (answer(0, record("240.240.0.2", NAME)), ("240.240.0.2",)),
        # others than addresses are passed over, and the order does not depend on the server
        (
            answer(0, record("10.0.0.9", kind=5), record("10.0.0.3"), record("10.0.0.2")),
            ("10.0.0.2", "10.0.0.3"),
        ),
    ],
)
def test_answers(message: bytes, expected: tuple[str, ...]) -> None:
    assert dns_client.answers(7, message) == expected


@pytest.mark.parametrize(
    "message",
    [b"", b"\0\x07", answer(2), answer(0, number=8), answer(0, record("10.0.0.1"))[:-9]],
)
def test_what_is_no_answer(message: bytes) -> None:
    with pytest.raises(LabBroken):
        dns_client.answers(7, message)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("hello", "hello.sample.svc.cluster.local", "hello"),
        ("db1.example", "db1.example.sample.svc.cluster.local", "db1.example"),
        ("a.b.c.d.e.f", "a.b.c.d.e.f", "a.b.c.d.e.f.cluster.local"),
        ("db1.example.", "db1.example", "db1.example"),
    ],
)
def test_search_domains(name: str, first: str, last: str) -> None:
    found = dns_client.candidates(name, "sample")
    assert (found[0], found[-1]) == (first, last)
