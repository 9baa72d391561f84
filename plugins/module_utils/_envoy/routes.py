# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP connection managers and routes."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.http_routes import (
    FAULT,
    FAULT_TYPE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    ROUTE_TYPE,
    Config,
    from_file,
    typed,
)

ACCESS_LOG_FILE = "access.log"
_ACCESS_LOG_FORMAT = (
    "[%START_TIME%] %REQ(:METHOD)% %REQ(:AUTHORITY)% %REQ(:PATH)% %RESPONSE_CODE%"
    " %RESPONSE_FLAGS% %DURATION% %UPSTREAM_HOST% %UPSTREAM_CLUSTER%"
    " %DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_PEER_URI_SAN% %REQUESTED_SERVER_NAME%\n"
)


@dataclass(frozen=True, slots=True)
class VirtualHost:
    """The host names of a service on one port, and its routes in the order of trying."""

    name: str
    domains: tuple[str, ...]
    routes: tuple[Config, ...]


def route_file(port: int) -> str:
    return f"xds/rds-{port}.json"


def access_log(enabled: bool) -> list[Config]:
    if not enabled:
        return []
    log = typed(
        "envoy.access_loggers.file",
        "envoy.extensions.access_loggers.file.v3.FileAccessLog",
        path=ACCESS_LOG_FILE,
        log_format={"text_format_source": {"inline_string": _ACCESS_LOG_FORMAT}},
    )
    return [log]


def connection_manager(
    stat_prefix: str, access_logging: bool, filters: t.Sequence[Config] = (), **routes: t.Any
) -> Config:
    """Return the filter; ``routes`` is ``rds`` or ``route_config``, ``filters`` come before the router."""
    return typed(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=stat_prefix,
        normalize_path=True,
        access_log=access_log(access_logging),
        http_filters=[
            *filters,
            typed("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"),
        ],
        **routes,
    )


def outbound_manager(port: int, access_logging: bool) -> Config:
    rds = {"route_config_name": str(port), "config_source": from_file(route_file(port))}
    faults = [typed(FAULT, FAULT_TYPE)]
    return connection_manager(f"outbound_0.0.0.0_{port}", access_logging, faults, rds=rds)


def outbound_routes(port: int, hosts: t.Iterable[VirtualHost]) -> Config:
    """Return the routes of one port, with 502 for unknown hosts as REGISTRY_ONLY has it."""
    unknown = {
        "name": "block_all",
        "domains": ["*"],
        "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 502}}],
    }
    return {
        "@type": ROUTE_TYPE,
        "name": str(port),
        "virtual_hosts": [*(_virtual_host(host) for host in hosts), unknown],
        "validate_clusters": False,
    }


def _virtual_host(host: VirtualHost) -> Config:
    return {"name": host.name, "domains": list(host.domains), "routes": list(host.routes)}
