# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files from which an Envoy reads its configuration, and the versions that it has accepted."""

from __future__ import annotations

import functools
import hashlib
import json
import time
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import tls
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.bootstrap import (
    CLUSTERS_FILE,
    LISTENERS_FILE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import admin, files, processes

# file → the statistic with its accepted version
_STATISTICS = {
    CLUSTERS_FILE: "cluster_manager.cds.version_text",
    LISTENERS_FILE: "listener_manager.lds.version_text",
    tls.IDENTITY_FILE: "sds.default.version_text",
    tls.ROOT_FILE: "sds.ROOTCA.version_text",
}
# Envoy reads the others for resources of these two, and forgets them with the resource
_ALWAYS_READ = (CLUSTERS_FILE, LISTENERS_FILE)
# the name of a file's resource → the statistic
_RESOURCE_STATISTICS = (
    ("xds/eds/", "cluster_name", "cluster.{0}.version_text"),
    ("xds/rds-", "name", "http.outbound_0.0.0.0_{0}.rds.{0}.version_text"),
)
_ACCEPT_SECONDS = 30.0


def response(type_url: str, resources: t.Sequence[t.Mapping[str, t.Any]]) -> bytes:
    """Return a ``DiscoveryResponse`` whose version is a digest of its resources."""
    body = files.to_json(resources)
    version = hashlib.sha256(body).hexdigest()[:16]
    head = json.dumps({"version_info": version, "type_url": type_url})
    return head[:-1].encode() + b',"resources":' + body + b"}"


def version(content: bytes) -> str:
    """Return the version of a response, which is at its beginning."""
    parts = content[:60].decode(errors="replace").split('"')
    return parts[3] if len(parts) > 3 else ""


# sidecars share most of their files
@functools.lru_cache(maxsize=4096)
def _statistic(path: str, content: bytes) -> str | None:
    for prefix, field, statistic in _RESOURCE_STATISTICS:
        if path.startswith(prefix):
            return statistic.format(json.loads(content)["resources"][0][field])
    return _STATISTICS.get(path)


def differing(content: t.Mapping[str, bytes], accepted: t.Mapping[str, str]) -> list[str]:
    """Return the files whose version is not the accepted one."""
    found = []
    for path, data in content.items():
        statistic = _statistic(path, data)
        if statistic is None:
            continue
        sent = version(data)
        if accepted.get(statistic, "" if path in _ALWAYS_READ else sent) != sent:
            found.append(path)
    return found


def wait_accepted(pod_directory: Path, content: t.Mapping[str, bytes], log_offset: int = 0) -> None:
    """Wait until the pod's Envoy has accepted all files.

    Raise LabBroken with Envoy's reason, read from its log after ``log_offset``, if it rejects one.
    """
    deadline = time.monotonic() + _ACCEPT_SECONDS
    while True:
        try:
            refused = differing(content, admin.versions(pod_directory))
        except LabBroken:
            if pod_directory.exists():
                raise
            return
        # what another process has written meanwhile, that process waits for
        if all(_is_replaced(pod_directory / path, content[path]) for path in refused):
            return
        reason = processes.last_rejection(pod_directory, log_offset)
        # the log may be older than the answer before it
        if reason and differing(content, admin.versions(pod_directory)):
            raise LabBroken(
                f"the Envoy of pod {pod_directory.name} refuses its configuration: {reason}"
            )
        if time.monotonic() > deadline:
            raise LabBroken(
                f"the Envoy of pod {pod_directory.name} has not read {pod_directory / refused[0]}"
                f" within {_ACCEPT_SECONDS:.0f} s; run the same command again"
            )
        time.sleep(0.005)


def _is_replaced(path: Path, content: bytes) -> bool:
    current = files.read(path)
    return current is None or version(current) != version(content)
