# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listening sockets of this machine, read from /proc."""

from __future__ import annotations

import fcntl
import socket
import struct
import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import processes

_LISTEN = "0A"
_SIOCGIFFLAGS = 0x8913
_IFF_UP = 1


@dataclass(frozen=True, slots=True)
class ListeningSocket:
    address: IPv4Address
    port: int
    inode: str


def listening_sockets() -> list[ListeningSocket]:
    """Return the listening TCP sockets over IPv4."""
    sockets = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTEN:
            address, port = fields[1].split(":")
            octets = bytes.fromhex(address)[::-1]
            sockets.append(ListeningSocket(IPv4Address(octets), int(port, 16), fields[9]))
    return sockets


def used_networks(networks: t.Iterable[IPv4Network]) -> set[IPv4Network]:
    """Return the networks that have a listening socket."""
    addresses = {entry.address for entry in listening_sockets()}
    return {net for net in networks if any(address in net for address in addresses)}


def check_loopback() -> None:
    """Raise MeshError if the loopback interface is down, since connections then time out."""
    request = struct.pack("16sh14x", b"lo", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, _SIOCGIFFLAGS, request))[1]
    if not flags & _IFF_UP:
        raise MeshError(
            "the network interface lo is down, so nothing in 127.0.0.0/8 can be reached; bring it"
            " up, with: sudo ip link set lo up"
        )


def check_free(sockets: t.Iterable[tuple[str, int]], own_processes: t.Collection[int] = ()) -> None:
    """Raise MeshError for the first address and port that another process uses, naming it."""
    for address, port in sockets:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                # An Envoy that shares its port lets others socket_address it, but not listen.
                probe.listen(1)
            except OSError as exc:
                holders = [_process_of(entry.inode) for entry in _listeners(address, port)]
                if holders and all(holder in own_processes for holder in holders):
                    continue
                foreign = [_describe(holder) for holder in holders if holder not in own_processes]
                raise MeshError(
                    f"{address}:{port} cannot be used: {exc.strerror}"
                    + (f"; {foreign[0]} listens there, so end it" if foreign else "")
                ) from exc


def sockets_of(process: int) -> list[tuple[str, int]]:
    """Return the addresses and ports on which a process listens."""
    found = processes.open_files(process)
    return [
        (str(each.address), each.port)
        for each in listening_sockets()
        if f"socket:[{each.inode}]" in found
    ]


def _listeners(address: str, port: int) -> list[ListeningSocket]:
    addresses = (IPv4Address(address), IPv4Address(0))
    return [
        entry for entry in listening_sockets() if entry.port == port and entry.address in addresses
    ]


def _process_of(inode: str) -> int | None:
    """Return the process that holds a socket; None for another user's."""
    return next(iter(processes.having_open(f"socket:[{inode}]")), None)


def _describe(process: int | None) -> str:
    try:
        return f"{Path(f'/proc/{process}/comm').read_text().strip()} (process {process})"
    except OSError:
        return "another user's process"
