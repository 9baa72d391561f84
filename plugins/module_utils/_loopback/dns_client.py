# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query the DNS listener of a pod's sidecar, as the pod's C library does."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import DOMAIN_SUFFIX
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.dns import DNS_PORT

_HEAD = struct.Struct(">HHHHHH")
_RECORD = struct.Struct(">HHIH")
_RECURSION_DESIRED = 0x0100
_CODE = 0x000F
_NAME_ERROR = 3
_TYPE_A = 1
_CLASS_IN = 1
_POINTER = 0xC0
_ATTEMPTS = 3
_SECONDS = 1.0
# as in a pod's resolv.conf
_NDOTS = 5


def candidates(name: str, namespace: str) -> tuple[str, ...]:
    """Return the names that a pod of ``namespace`` looks up for ``name``, in order."""
    if name.endswith("."):
        return (name.rstrip("."),)
    domains = (f"{namespace}.svc.{DOMAIN_SUFFIX}", f"svc.{DOMAIN_SUFFIX}", DOMAIN_SUFFIX)
    searched = tuple(f"{name}.{domain}" for domain in domains)
    return (*searched, name) if name.count(".") < _NDOTS else (name, *searched)


def resolve(address: str, name: str, namespace: str) -> tuple[str, ...]:
    """Return the addresses of ``name`` from the sidecar at ``address``; none if it does not exist."""
    for candidate in candidates(name, namespace):
        found = lookup(address, candidate)
        if found:
            return found
    return ()


def lookup(address: str, name: str) -> tuple[str, ...]:
    """Look up one name. Raise LabBroken without an answer."""
    number = secrets.randbelow(0x10000)
    message = question(number, name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(_SECONDS)
        sock.connect((address, DNS_PORT))
        for _unused in range(_ATTEMPTS):
            try:
                sock.send(message)
                return answers(number, sock.recv(4096))
            except TimeoutError:
                continue
            except OSError as exc:
                raise LabBroken(f"the resolver {address}:{DNS_PORT} is not there: {exc}") from exc
    raise LabBroken(f"the resolver {address}:{DNS_PORT} does not answer for {name}")


def question(number: int, name: str) -> bytes:
    """Encode a query for the IPv4 addresses of a name."""
    try:
        labels = [label.encode("idna") for label in name.split(".")]
    except UnicodeError as exc:
        raise InvalidInput(f"'{name}' is not a name that DNS could hold: {exc}") from exc
    if not all(labels):
        raise InvalidInput(f"'{name}' is not a name that DNS could hold: a part of it is empty")
    encoded = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    head = _HEAD.pack(number, _RECURSION_DESIRED, 1, 0, 0, 0)
    return head + encoded + struct.pack(">HH", _TYPE_A, _CLASS_IN)


def answers(number: int, message: bytes) -> tuple[str, ...]:
    """Decode the IPv4 addresses of an answer, sorted. Raise LabBroken if it is malformed."""
    try:
        got, flags, questions, records, _authorities, _more = _HEAD.unpack_from(message)
        code = flags & _CODE
        if got != number or code not in (0, _NAME_ERROR):
            raise LabBroken(f"the resolver answers with error {code}")
        place = _HEAD.size
        for _unused in range(questions):
            place = _after_name(message, place) + 4
        return tuple(sorted(_addresses(message, place, records)))
    except (struct.error, IndexError, ValueError) as exc:
        raise LabBroken(f"the resolver's answer is not readable: {message!r:.100}") from exc


def _addresses(message: bytes, place: int, records: int) -> t.Iterator[str]:
    for _unused in range(records):
        place = _after_name(message, place)
        kind, _class, _ttl, length = _RECORD.unpack_from(message, place)
        place += _RECORD.size
        if kind == _TYPE_A:
            yield str(ipaddress.IPv4Address(message[place : place + length]))
        place += length


def _after_name(message: bytes, place: int) -> int:
    while message[place]:
        if message[place] & _POINTER == _POINTER:
            return place + 2
        place += 1 + message[place]
    return place + 1
