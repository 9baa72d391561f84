# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common import name_resolution


@pytest.mark.parametrize(
    ("found", "addresses"),
    [
        (["10.0.0.9", "10.0.0.10", "10.0.0.9"], ["10.0.0.9", "10.0.0.10"]),
        (["2001:db8::1", "10.0.0.9"], ["10.0.0.9"]),
        (["2001:db8::1"], ["2001:db8::1"]),
    ],
)
def test_a_name_stands_for_addresses_of_one_family(monkeypatch, found, addresses):
    answer = [(None, None, None, "", (address, 0)) for address in found]
    monkeypatch.setattr(name_resolution.socket, "getaddrinfo", lambda *_unused, **__: answer)
    assert name_resolution.addresses("gateway.example.com") == addresses


def test_a_name_that_nobody_knows_has_none(monkeypatch):
    def fail(*_arguments, **_options):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(name_resolution.socket, "getaddrinfo", fail)
    assert name_resolution.addresses("gateway.example.com") == []
    assert name_resolution.addresses("") == []


def test_an_address_stands_for_itself():
    assert name_resolution.addresses("192.0.2.7") == ["192.0.2.7"]
