# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for subsets, ports and blocks of a rule that have no effect."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    listed,
    refused,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    matches_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.destination_rules import (
    destination_rule,
)

EMPTY_SUBSET = FindingType(
    "EW507",
    WARNING,
    "a subset selects no endpoint",
    explanation=(
        "No endpoint has the subset's labels: requests that a VirtualService sends there fail "
        "with 503."
    ),
    cure="Labels that the workloads carry; the finding lists them.",
)


def subsets_without_endpoints(context: AnalysisContext) -> t.Iterator[Finding]:
    for rule in context.rules:
        for index, subset in enumerate(rule.subsets):
            labels = subset.get("labels") or {}
            for service in context.services_of(rule):
                endpoints = [
                    each
                    for port in service.ports
                    for each in context.view.endpoints.of(service, port)
                ]
                if not labels or not endpoints:
                    continue
                if any(matches_labels(labels, each.labels) for each in endpoints):
                    continue
                values = {
                    name: sorted({each.labels.get(name, "") for each in endpoints} - {""})
                    for name in labels
                }
                yield EMPTY_SUBSET.finding(
                    rule.title,
                    f"spec.subsets[{index}].labels",
                    message=f"no endpoint of {service.host} has the labels of subset "
                    f"{subset.get('name')}: {_pairs(labels)}",
                    effect="requests that a route sends to the subset fail with 503",
                    instead=_other_labels(values),
                )


UNKNOWN_PORT = FindingType(
    "EW508",
    ERROR,
    "a port's policy is for a port that the service does not have",
    explanation=(
        "`portLevelSettings` is for a port that the service does not have, often the pods' port "
        "in place of the Service's."
    ),
    cure="The Service's port number.",
)


def ports_unknown(context: AnalysisContext) -> t.Iterator[Finding]:
    """Port-level entries are for the Service's port numbers, not for the pods'."""
    for rule in context.rules:
        found = context.services_of(rule)
        known = {port.number for service in found for port in service.ports}
        targets = {port.target: port.number for service in found for port in service.ports}
        for policy in rule.policies:
            if policy.port is None or not found or policy.port in known:
                continue
            number = targets.get(policy.port) or min(known, default=80)
            yield UNKNOWN_PORT.finding(
                rule.title,
                f"{policy.path}.port.number",
                message=f"{found[0].host} has no port {policy.port}; "
                f"its ports are {listed(sorted(known)) or 'none'}"
                + (f" ({policy.port} is the pods' own)" if policy.port in targets else ""),
                effect="the entry does nothing",
                instead=snippets.block(
                    {"portLevelSettings": [{**policy.raw, "port": {"number": number}}]}
                ),
            )


EMPTY_POLICY = FindingType(
    "EW509",
    ERROR,
    "a policy is empty",
    explanation=(
        "An empty `connectionPool` or `trafficPolicy` is refused by the webhook, so the rule "
        "that was there before stays in force."
    ),
    cure="Leave it out, or say something in it.",
    refusal=True,
)


def empty_policies(context: AnalysisContext) -> t.Iterator[Finding]:
    for rule in context.rules:
        for violation in destination_rule(rule.obj):
            if violation.code == "empty":
                yield EMPTY_POLICY.finding(
                    rule.title,
                    violation.field,
                    message=f"{violation.field.rpartition('.')[2]} is empty",
                    effect=refused(rule.obj),
                    instead=_something(violation.field),
                )


def _something(path: str) -> str:
    if path.endswith(".connectionPool"):
        return snippets.block({"connectionPool": {"http": {"maxRequestsPerConnection": 1}}})
    return snippets.remark("leave it out, or say something in it")


def _pairs(labels: t.Mapping[str, str]) -> str:
    return listed(f"{name}={value}" for name, value in labels.items())


def _other_labels(values: t.Mapping[str, t.Sequence[str]]) -> str:
    usable = {name: found for name, found in values.items() if found}
    if not usable:
        return snippets.remark("label the workloads, or drop the subset")
    alternatives = listed(f"{name} is {listed(found, 'or')}" for name, found in usable.items())
    return snippets.block(
        {"labels": {name: found[0] for name, found in usable.items()}}, remark=alternatives
    )


CHECKS = (subsets_without_endpoints, ports_unknown, empty_policies)
