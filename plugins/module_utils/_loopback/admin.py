# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envoy's admin interface on a Unix socket."""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.bootstrap import ADMIN_SOCKET


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, directory: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._directory = directory

    def connect(self) -> None:
        # Through the directory's descriptor, because a socket's path may have 107 bytes at most.
        descriptor = os.open(self._directory, os.O_PATH | os.O_DIRECTORY)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{descriptor}/{ADMIN_SOCKET}")
        except BaseException:
            self.sock.close()
            raise
        finally:
            os.close(descriptor)


def call(pod_directory: Path, method: str, path: str, timeout: float = 5.0) -> str:
    """Return the body of the response. Raise LabBroken without one, or for another status than 200."""
    connection = _UnixConnection(pod_directory, timeout)
    try:
        connection.request(method, path, headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as exc:
        raise LabBroken(
            f"the Envoy of {pod_directory.name} does not answer {method} {path}: {exc};"
            " repair the lab, with the playbook eastwest.mesh.up"
        ) from exc
    finally:
        connection.close()
    if response.status != 200:
        raise LabBroken(
            f"the Envoy of {pod_directory.name} answered {method} {path}"
            f" with {response.status}: {body[:200]}"
        )
    return body


def is_ready(pod_directory: Path, timeout: float = 1.0) -> bool:
    try:
        return call(pod_directory, "GET", "/ready", timeout).strip() == "LIVE"
    except LabBroken:
        return False


def statistics(pod_directory: Path, pattern: str) -> dict[str, str]:
    """Return the statistics whose names match a regular expression, values as text."""
    return _statistics(pod_directory, f"filter={pattern}", 5.0)


def versions(pod_directory: Path, timeout: float = 5.0) -> dict[str, str]:
    """Return the versions of its configuration that Envoy has accepted, by statistic."""
    return _statistics(pod_directory, "type=TextReadouts&filter=version_text$", timeout)


def _statistics(pod_directory: Path, query: str, timeout: float) -> dict[str, str]:
    lines = call(pod_directory, "GET", f"/stats?{query}", timeout).splitlines()
    pairs = (line.partition(": ") for line in lines)
    return {name: value.strip('"') for name, _colon, value in pairs}


def is_drained(pod_directory: Path) -> bool:
    """Return whether the listeners have stopped accepting connections."""
    name = "listener_manager.listener_stopped"
    return int(statistics(pod_directory, f"^{name}$").get(name, "0")) > 0
