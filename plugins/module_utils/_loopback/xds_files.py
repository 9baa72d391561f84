# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envoy's discovery responses as files, and whether an Envoy has taken them."""

from __future__ import annotations

import hashlib
import json
import time
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import admin, files, processes

# statistic of the version that Envoy has taken → the file that holds the version it should take
_VERSIONS = {
    "cluster_manager.cds.version_text": "xds/cds.json",
    "listener_manager.lds.version_text": "xds/lds.json",
}
# the same for endpoints, which each cluster reads on its own
_ENDPOINTS = "xds/eds/"
_ENDPOINTS_VERSION = "cluster.{}.version_text"
_ACCEPT_SECONDS = 5.0


def response(type_url: str, resources: t.Sequence[t.Mapping[str, t.Any]]) -> bytes:
    """A ``DiscoveryResponse``; its version is a digest of what it holds."""
    body = files.to_json(resources)
    version = hashlib.sha256(body).hexdigest()[:16]
    head = json.dumps({"version_info": version, "type_url": type_url})
    return head[:-1].encode() + b',"resources":' + body + b"}"


def _wanted(pod_directory: Path) -> dict[str, str]:
    wanted = {}
    for statistic, path in _VERSIONS.items():
        with (pod_directory / path).open("rb") as stream:
            # the version is at the front, the rest may be long
            head = stream.read(60).decode(errors="replace")
        wanted[statistic] = head.split('"')[3]
    return wanted


def _wanted_endpoints(pod_directory: Path, changed: t.Iterable[str]) -> dict[str, str]:
    wanted = {}
    for path in changed:
        if path.startswith(_ENDPOINTS):
            content = files.read_json(pod_directory / path)
            cluster = content["resources"][0]["cluster_name"]
            wanted[_ENDPOINTS_VERSION.format(cluster)] = content["version_info"]
    return wanted


def wait_accepted(pod_directory: Path, changed: t.Iterable[str] = ()) -> None:
    """Waits until the pod's Envoy works with its clusters and listeners as they are on disk.

    And with the endpoints in those files that ``changed`` names.
    Raise LabBroken with Envoy's own reason when it refuses them.
    """
    wanted = _wanted(pod_directory)
    endpoints = _wanted_endpoints(pod_directory, changed)
    deadline = time.monotonic() + _ACCEPT_SECONDS
    while True:
        has = admin.versions(pod_directory)
        # a cluster that is gone, because somebody else changed the lab meanwhile, has no version
        if all(has.get(name) == version for name, version in wanted.items()) and all(
            has.get(name, version) == version for name, version in endpoints.items()
        ):
            return
        if time.monotonic() > deadline:
            raise LabBroken(
                f"the Envoy of pod {pod_directory.name} refuses its configuration:"
                f" {processes.last_rejection(pod_directory)}"
            )
        time.sleep(0.005)
