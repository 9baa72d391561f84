# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS listener of a sidecar that captures DNS."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    LISTENER_TYPE,
    Config,
    typed,
)

# The port of the DNS server in Istio's agent
DNS_PORT = 15053


def resolver(address: str, names: t.Mapping[str, t.Iterable[str]]) -> Config:
    """Return a listener that resolves ``names``; other names do not exist for it."""
    table = {
        "virtual_domains": [
            {"name": name, "endpoint": {"address_list": {"address": list(addresses)}}}
            for name, addresses in sorted(names.items())
        ]
    }
    return {
        "@type": LISTENER_TYPE,
        "name": "dns",
        "address": {
            "socket_address": {"address": address, "port_value": DNS_PORT, "protocol": "UDP"}
        },
        "listener_filters": [
            typed(
                "envoy.filters.udp.dns_filter",
                "envoy.extensions.filters.udp.dns_filter.v3.DnsFilterConfig",
                stat_prefix="dns",
                server_config={"inline_dns_table": table},
            )
        ],
    }
