# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second hop: the listener and route of the client's sidecar. Private to this collection."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ROUTE,
    Hop,
    PathFacts,
)


def judge(facts: PathFacts) -> Hop:
    route, target = facts.route, facts.target
    if route.kind == "cluster":
        clusters = ", ".join(route.clusters)
        return Hop(
            ROUTE, True, facts.where, f"the sidecar sends this to {clusters}", route.evidence
        )
    if route.kind == "passthrough" and facts.answered:
        detail = "the sidecar knows no such service and lets the requests leave the mesh"
        return Hop(ROUTE, True, facts.where, detail, route.evidence)
    said = {
        "passthrough": "the sidecar knows no service {0}: it lets the requests leave the mesh as"
        " they are, without mTLS (PassthroughCluster)",
        "blocked": "the sidecar knows no service {0} and blocks what goes there (BlackHoleCluster)",
        "answered": "the sidecar answers requests to {0} itself, by a route",
        "missing": "the sidecar has no route for {0}",
    }[route.kind].format(target.authority)
    return Hop(ROUTE, False, facts.where, said, (*route.evidence, *_known(facts)), _advice(facts))


def _known(facts: PathFacts) -> list[str]:
    ports = ", ".join(map(str, facts.route.ports))
    host = facts.target.host
    return [f"the sidecar knows {host} at: {ports or 'no port'}"]


def _advice(facts: PathFacts) -> str:
    route, target = facts.route, facts.target
    if route.kind == "answered":
        return "look at the VirtualServices of this host"
    if target.port not in route.ports and route.ports:
        ports = " or ".join(map(str, route.ports))
        return (
            f"ask for port {ports}, or add port {target.port} to the Service or ServiceEntry"
            " (with an import: to its ports, too)"
        )
    return (
        f"create a Service or ServiceEntry with host {target.host} and port {target.port}, exported"
        " to the client's namespace; look for a Sidecar resource that hides it"
    )
