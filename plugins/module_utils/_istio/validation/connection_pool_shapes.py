# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of the fields of ``connectionPool``."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    DURATION,
    FLAG,
    INT32,
    UINT32,
    Mapping,
    one_of,
)

_TCP_POOL = Mapping(
    {
        "maxConnections": INT32,
        "connectTimeout": DURATION,
        "maxConnectionDuration": DURATION,
        "idleTimeout": DURATION,
        "tcpKeepalive": Mapping({"probes": UINT32, "time": DURATION, "interval": DURATION}),
    }
)
_HTTP_POOL = Mapping(
    {
        "http1MaxPendingRequests": INT32,
        "http2MaxRequests": INT32,
        "maxRequestsPerConnection": INT32,
        "maxRetries": INT32,
        "maxConcurrentStreams": INT32,
        "idleTimeout": DURATION,
        "h2UpgradePolicy": one_of("DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"),
        "useClientProtocol": FLAG,
        "http2KeepAlive": Mapping({"interval": DURATION, "timeout": DURATION}),
    }
)
CONNECTION_POOL = Mapping({"tcp": _TCP_POOL, "http": _HTTP_POOL})
