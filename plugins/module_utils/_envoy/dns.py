# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolver of a sidecar that captures DNS. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    LISTENER_TYPE,
    Config,
    typed,
)

# Where Istio's agent answers in a pod
DNS_PORT = 15053


def resolver(address: str, names: t.Mapping[str, t.Iterable[str]]) -> Config:
    """Answers for these names, and says of all others that they do not exist: it asks nobody."""
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
