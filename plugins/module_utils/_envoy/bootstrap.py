# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The static part of an Envoy's configuration."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    Config,
    from_file,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client

# Relative to the directory that Envoy is started in: a Unix socket's path may have 107 bytes at
# most, the lab directory may be longer.
ADMIN_SOCKET = "admin.sock"
BOOTSTRAP_FILE = "bootstrap.json"
CLUSTERS_FILE = "xds/cds.json"
LISTENERS_FILE = "xds/lds.json"
# Envoy looks several times a second whether a thread hangs, and does nothing about it. That is
# nearly all that an Envoy without requests does, and many on few processors keep each other busy.
_WATCHDOG = {"miss_timeout": "10s", "megamiss_timeout": "60s"}


def bootstrap(pod: str, namespace: str, client: Client) -> Config:
    """Return the bootstrap configuration; the rest comes from the files that Envoy watches."""
    locality = parse_locality(client.locality)
    return {
        "node": {
            "id": f"{pod}.{namespace}",
            "cluster": f"{client.cluster}/{namespace}",
            "locality": {
                "region": locality.region,
                "zone": locality.zone,
                "sub_zone": locality.subzone,
            },
        },
        "admin": {"address": {"pipe": {"path": ADMIN_SOCKET, "mode": 0o600}}},
        "dynamic_resources": {
            "cds_config": from_file(CLUSTERS_FILE),
            "lds_config": from_file(LISTENERS_FILE),
        },
        # without it the admin interface sets no runtime keys, by which faults are given
        "layered_runtime": {"layers": [{"name": "admin", "admin_layer": {}}]},
        "watchdogs": {"main_thread_watchdog": _WATCHDOG, "worker_watchdog": _WATCHDOG},
    }
