# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses about DestinationRules."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.traffic_policies import (
    policy_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    dns_label,
    export_to,
    host_pattern,
    labels,
    missing,
    selector,
    unique,
)


def destination_rule(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    yield from missing(spec, "host", "spec", "name the service that the rule is for")
    if spec.get("host"):
        yield from host_pattern(spec["host"], "spec.host")
    subsets = spec.get("subsets") or ()
    for index, subset in enumerate(subsets):
        path = f"spec.subsets[{index}]"
        yield from missing(subset, "name", path)
        if subset.get("name"):
            yield from dns_label(subset["name"], f"{path}.name")
        yield from labels(subset.get("labels"), f"{path}.labels")
    yield from unique((each.get("name") for each in subsets), "spec.subsets", "name")
    namespace = (obj.get("metadata") or {}).get("namespace") or "default"
    yield from export_to(spec, namespace)
    selects: Raw | None = spec.get("workloadSelector")
    if selects is not None:
        yield from selector(selects.get("matchLabels") or {}, "spec.workloadSelector")
        exported = [namespace if each == "." else each for each in spec.get("exportTo") or ()]
        if exported not in ([], [namespace]):
            message = "a rule with a workloadSelector cannot leave its own namespace"
            yield Violation("export", "spec.exportTo", message, "leave exportTo out")
    for path, policy in traffic_policies(obj):
        yield from policy_violations(policy, path)


def traffic_policies(rule: Raw) -> t.Iterator[tuple[str, Raw]]:
    """Return every policy in a DestinationRule: its own, its ports', its subsets', their ports'."""
    spec: Raw = rule.get("spec") or {}
    policies = [("spec.trafficPolicy", spec.get("trafficPolicy"))]
    for index, subset in enumerate(spec.get("subsets") or ()):
        policies.append((f"spec.subsets[{index}].trafficPolicy", subset.get("trafficPolicy")))
    for path, policy in policies:
        if policy is None:
            continue
        yield path, policy
        for index, each in enumerate(policy.get("portLevelSettings") or ()):
            yield f"{path}.portLevelSettings[{index}]", each
