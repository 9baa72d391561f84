# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for rules about services that no client sees."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.sidecar_scope import (
    SidecarScope,
)

HIDDEN_SERVICE = FindingType(
    "EW627",
    WARNING,
    "no client sees the service of a rule",
    explanation=(
        "A Sidecar, or the service's `exportTo`, hides the service from every workload with a "
        "sidecar and from every gateway. The rule does nothing, and requests to the host go where "
        "unknown hosts go."
    ),
    cure="The host among the Sidecar's `egress` hosts, or a wider `exportTo`.",
)


def hidden_services(context: AnalysisContext) -> t.Iterator[Finding]:
    """Services with a rule that are in the scope of no client that runs."""
    scopes = _scopes(context)
    if not scopes:
        return
    for rule in context.sound_rules:
        services = context.services_of(rule)
        if services and not any(scope.sees(each) for scope in scopes for each in services):
            hiding = sorted({scope.name for scope in scopes if scope.name})
            by = f"Sidecar {', '.join(hiding)}" if hiding else "exportTo of the service"
            yield HIDDEN_SERVICE.finding(
                rule.title,
                "spec.host",
                message=f"no client sees {services[0].host}: {by} hides it",
                effect="the rule does nothing for the workloads and gateways that are known",
                instead=snippets.remark(
                    f"{services[0].namespace}/{services[0].host} among the egress hosts, "
                    "or a wider exportTo"
                ),
            )


CHECKS = (hidden_services,)


def _scopes(context: AnalysisContext) -> list[SidecarScope]:
    """Return the scopes of the clients that run; none where no client is known."""
    found = {}
    for origin in context.origins:
        if origin.real and origin.proxy.namespace:
            proxy = origin.proxy
            scope = context.view.scopes.of(
                proxy.namespace, origin.client.labels, gateway=proxy.gateway
            )
            found[id(scope)] = scope
    return list(found.values())
