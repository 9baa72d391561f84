# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate the listener and the route of the client's sidecar."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ROUTE,
    HopResult,
    PathFacts,
)


def evaluate(facts: PathFacts) -> HopResult:
    route, request = facts.route, facts.request
    if route.kind == "cluster":
        clusters = ", ".join(route.clusters)
        return HopResult(
            ROUTE, True, facts.where, f"the sidecar sends this to {clusters}", route.evidence
        )
    if route.kind == "passthrough" and facts.answered:
        detail = "the sidecar knows no such service and lets the requests leave the mesh"
        return HopResult(ROUTE, True, facts.where, detail, route.evidence)
    said = {
        "passthrough": "the sidecar knows no service {0}: it lets the requests leave the mesh as"
        " they are, without mTLS (PassthroughCluster)",
        "blocked": "the sidecar knows no service {0} and blocks what goes there (BlackHoleCluster)",
        "other_host": "the sidecar sends TCP connections to port {1} to another service: {2}",
        "answered": "the sidecar answers requests to {0} itself, by a route",
        "missing": "the sidecar has no route for {0}",
    }[route.kind].format(request.authority, request.port, ", ".join(route.clusters))
    return HopResult(
        ROUTE, False, facts.where, said, (*route.evidence, *_known_ports(facts)), _advice(facts)
    )


def _known_ports(facts: PathFacts) -> list[str]:
    ports = ", ".join(map(str, facts.route.ports))
    host = facts.request.host
    return [f"the sidecar knows {host} at: {ports or 'no port'}"]


def _advice(facts: PathFacts) -> str:
    route, request = facts.route, facts.request
    if route.kind == "answered":
        return "look at the VirtualServices of this host"
    if route.kind == "other_host":
        other = route.clusters[0].rpartition("|")[2]
        return (
            f"give {request.host} and {other} an address of their own each (spec.addresses of the"
            f" ServiceEntry): TCP has no host names to tell services at one port apart"
        )
    if request.port not in route.ports and route.ports:
        ports = " or ".join(map(str, route.ports))
        return (
            f"ask for port {ports}, or add port {request.port} to the Service or ServiceEntry"
            " (with an import: to its ports, too)"
        )
    return (
        f"create a Service or ServiceEntry with host {request.host} and port {request.port}, exported"
        " to the client's namespace; look for a Sidecar resource that hides it"
    )
