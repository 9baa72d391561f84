# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from ipaddress import IPv4Network

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import listening_sockets

ADDRESS = "127.0.213.7"


@pytest.fixture
def holder() -> socket.socket:
    with socket.socket() as server:
        server.bind((ADDRESS, 0))
        server.listen()
        yield server


def test_a_taken_port_is_named_with_its_holder(holder: socket.socket) -> None:
    port = holder.getsockname()[1]
    with pytest.raises(MeshError, match=rf"{ADDRESS}:{port} cannot be used.*\(process \d+\)"):
        listening_sockets.check_free([(ADDRESS, port)])


def test_a_free_port_passes(holder: socket.socket) -> None:
    port = holder.getsockname()[1]
    listening_sockets.check_free([("127.0.213.8", port)])


def test_networks_in_which_something_listens(holder: socket.socket) -> None:
    used, free = IPv4Network("127.0.213.0/24"), IPv4Network("127.0.214.0/24")
    assert listening_sockets.used_networks([used, free]) == {used}


def test_a_port_of_the_labs_own_envoys_passes(holder: socket.socket) -> None:
    port = holder.getsockname()[1]
    listening_sockets.check_free([(ADDRESS, port)], [os.getpid()])
    with pytest.raises(MeshError, match=rf"\(process {os.getpid()}\) listens there, so end it"):
        listening_sockets.check_free([(ADDRESS, port)], [1])


def test_an_interface_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    listening_sockets.check_loopback()

    # what the kernel says of a loopback interface that is down
    loopback, up = 0x0008, 0x0001
    for flags, fails in ((loopback | up, False), (loopback, True)):
        answer = struct.pack("16sh14x", b"lo", flags)
        monkeypatch.setattr(fcntl, "ioctl", lambda *_arguments, answer=answer: answer)
        context = pytest.raises(MeshError, match=r"interface lo is down, .*; bring it up")
        with context if fails else contextlib.nullcontext():
            listening_sockets.check_loopback()
