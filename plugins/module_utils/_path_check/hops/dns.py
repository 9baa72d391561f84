# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate the name resolution of the client's pod."""

from __future__ import annotations

import ipaddress

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    is_declared,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    DNS,
    HopResult,
    PathFacts,
)

# Istio's range for addresses that it allocates
_ALLOCATED = ipaddress.IPv4Network("240.240.0.0/16")
_CAPTURE = 'ISTIO_META_DNS_CAPTURE: "true"'


def evaluate(facts: PathFacts) -> HopResult:
    host = facts.request.host
    if is_ip_address(host):
        return HopResult(DNS, True, facts.where, f"{host} is an address, no name to resolve")
    if facts.addresses is None:
        answered = bool(facts.records) and any(record.status for record in facts.records)
        return HopResult(
            DNS,
            True if answered else None,
            facts.where,
            f"the client could not be asked for {host}"
            + (", but its requests get an answer" if answered else ""),
        )
    if not facts.addresses:
        return _unresolved(facts)
    allocated = any(ipaddress.ip_address(a) in _ALLOCATED for a in facts.addresses if "." in a)
    return HopResult(
        DNS,
        True,
        facts.where,
        f"{host} resolves" + (" to an address that Istio allocated" if allocated else ""),
        (f"{host}: {', '.join(facts.addresses)}",),
    )


def _unresolved(facts: PathFacts) -> HopResult:
    host = facts.request.host
    evidence = [f"{host}: no such name"]
    if facts.captures_dns is not None:
        evidence.append(
            f"the sidecar {'answers' if facts.captures_dns else 'does not answer'} DNS queries"
        )
    if facts.route.ports:
        evidence.append(f"the sidecar knows {host} at {_ports(facts.route.ports)}")
        advice = (
            "give the ServiceEntry an address of its own (spec.addresses) or let Istio allocate one,"
            f" and let sidecars answer DNS queries (proxyMetadata {_CAPTURE})"
            if not facts.captures_dns
            else "give the ServiceEntry an address (spec.addresses), or let Istio allocate one"
        )
    elif is_declared(facts.state, facts.request.names):
        evidence.append(
            f"a Service or ServiceEntry has the host {host}, but the sidecar no listener"
        )
        advice = "give the ServiceEntry an address of its own (spec.addresses)"
    else:
        evidence.append(f"the sidecar knows no service {host}")
        advice = (
            "check spelling and namespace; import the service (role import_service), or create a"
            " Service or ServiceEntry that the client's namespace may see"
        )
    return HopResult(
        DNS, False, facts.where, f"the name {host} does not resolve", tuple(evidence), advice
    )


def _ports(ports: tuple[int, ...]) -> str:
    return f"port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))}"
