# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listening sockets of this machine, read from /proc."""

from __future__ import annotations

import socket
import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

_LISTEN = "0A"


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


def check_free(sockets: t.Iterable[tuple[str, int]]) -> None:
    """Raise MeshError for the first address and port in use, naming the process."""
    for address, port in sockets:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                # An Envoy that shares its port lets others socket_address it, but not listen.
                probe.listen(1)
            except OSError as exc:
                raise MeshError(
                    f"{address}:{port} cannot be used: {exc.strerror}{_holder(address, port)}"
                ) from exc


def _holder(address: str, port: int) -> str:
    anywhere = IPv4Address(0)
    for entry in listening_sockets():
        if entry.port == port and entry.address in (IPv4Address(address), anywhere):
            return f"; {_process_of(entry.inode)} listens on {entry.address}:{port}"
    return ""


def _process_of(inode: str) -> str:
    link = f"socket:[{inode}]"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) == link for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            # the process has ended or belongs to another user
            continue
    return "another user's process"
