# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a rule that are for nothing, or say nothing. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    matches_labels,
    spec_of,
)


def subsets_without_endpoints(facts: AnalysisContext) -> t.Iterator[Finding]:
    for rule in facts.rules:
        for index, subset in enumerate(rule.subsets):
            labels = subset.get("labels") or {}
            for service in facts.services_of(rule):
                endpoints = [
                    each
                    for port in service.ports
                    for each in facts.view.endpoints.of(service, port)
                ]
                if not labels or not endpoints:
                    continue
                if any(matches_labels(labels, each.labels) for each in endpoints):
                    continue
                values = {
                    name: sorted({each.labels.get(name, "") for each in endpoints} - {""})
                    for name in labels
                }
                yield finding(
                    "EW507",
                    rule.title,
                    f"spec.subsets[{index}].labels",
                    message=f"no endpoint of {service.host} has the labels of subset "
                    f"{subset.get('name')}: {_pairs(labels)}",
                    effect="requests that a route sends to the subset fail with 503",
                    instead=_other_labels(values),
                )


def ports_unknown(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Port-level entries are for the Service's port numbers, not for the pods'."""
    for rule in facts.rules:
        found = facts.services_of(rule)
        known = {port.number for service in found for port in service.ports}
        targets = {port.target: port.number for service in found for port in service.ports}
        for policy in rule.policies:
            if policy.port is None or not found or policy.port in known:
                continue
            meant = targets.get(policy.port) or min(known, default=80)
            yield finding(
                "EW508",
                rule.title,
                f"{policy.path}.port.number",
                message=f"{found[0].host} has no port {policy.port}; "
                f"its ports are {listed(sorted(known)) or 'none'}"
                + (f" ({policy.port} is the pods' own)" if policy.port in targets else ""),
                effect="the entry does nothing",
                instead=snippets.block(
                    {"portLevelSettings": [{**policy.raw, "port": {"number": meant}}]}
                ),
            )


def empty(facts: AnalysisContext) -> t.Iterator[Finding]:
    for rule in facts.rules:
        for path, what in _empty_parts(rule):
            yield finding(
                "EW509",
                rule.title,
                path,
                message=f"{path.rpartition('.')[2]} is empty",
                effect="Istio's webhook refuses it, so the rule that was there before stays in "
                "force",
                instead=what,
            )


def _empty_parts(rule: Rule) -> t.Iterator[tuple[str, str]]:
    drop = snippets.remark("leave it out, or say something in it")
    if spec_of(rule.obj).get("trafficPolicy") == {}:
        yield "spec.trafficPolicy", drop
    for policy in rule.policies:
        pool = policy.raw.get("connectionPool")
        if pool is not None and not pool.get("http") and not pool.get("tcp"):
            cure = {"connectionPool": {"http": {"maxRequestsPerConnection": 1}}}
            yield f"{policy.path}.connectionPool", snippets.block(cure)


def _pairs(labels: t.Mapping[str, str]) -> str:
    return listed(f"{name}={value}" for name, value in labels.items())


def _other_labels(values: t.Mapping[str, t.Sequence[str]]) -> str:
    usable = {name: found for name, found in values.items() if found}
    if not usable:
        return snippets.remark("label the workloads, or drop the subset")
    told = listed(f"{name} is {listed(found, 'or')}" for name, found in usable.items())
    return snippets.block(
        {"labels": {name: found[0] for name, found in usable.items()}}, remark=told
    )


CHECKS = (subsets_without_endpoints, ports_unknown, empty)
