# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locality rules: checks, and the DestinationRules of the role locality."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import destination_rules
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Object,
    Variables,
    is_true,
    provider,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.rules import (
    ambiguous_localities,
)

# with one dot a name is neither short nor complete: Istio ignores the rule without a word
_INCOMPLETE = re.compile(r"[^.*]+[.][^.]+([.]svc)?")


def locality_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe what of the rules does not work, as it would be applied."""
    yield from rule_problems(lab, name, lab.clusters[name]["locality_rules"])


def rule_problems(lab: Lab, name: str, rules: t.Sequence[Variables]) -> t.Iterator[str]:
    """Describe wrong hosts, settings and localities of rules for a cluster."""
    host = lab.clusters[name]
    nodes = lab.values("cluster_nodes", ())
    imports = [
        entry for entries in lab.values("import_service_list", ()).values() for entry in entries
    ]
    known = destination_rules.known_localities(nodes, imports)
    for rule in rules:
        if _INCOMPLETE.fullmatch(str(rule["host"])):
            yield (
                f"locality_rules: host {rule['host']} is not fully qualified,"
                " write <service>.<namespace>.svc.cluster.local"
            )
        manifest = destination_rule(host, rule)
        yield from destination_rules.refusals(manifest, provider(host))
        if known and "allow_unknown_localities" not in rule:
            yield from destination_rules.unknown_localities(manifest, known)
    for problem in ambiguous_localities(
        [rule for rule in rules if "allow_shared_zones" not in rule], nodes
    ):
        yield (f"{problem}, so the rule cannot tell them apart; give the nodes different zones")


def rule_manifests(lab: Lab, name: str) -> list[Object]:
    """Build a DestinationRule for each rule."""
    host = lab.clusters[name]
    return [destination_rule(host, rule) for rule in host["locality_rules"]]


def destination_rule(host: Variables, rule: Variables) -> Object:
    """Build a DestinationRule; the host's variables fill in what the rule leaves out."""
    spec = {
        "host": rule["host"],
        "trafficPolicy": _traffic_policy(host, rule),
        "subsets": rule.get("subsets"),
        "exportTo": rule.get("export_to"),
    }
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": rule["name"], "namespace": rule["namespace"]},
        "spec": {field: value for field, value in spec.items() if value is not None},
    }


def _traffic_policy(host: Variables, rule: Variables) -> Object:
    max_requests = int(
        rule.get("max_requests_per_connection", host["locality_max_requests_per_connection"])
    )
    connection_pool: Object = {}
    if max_requests > 0:
        connection_pool = {"http": {"maxRequestsPerConnection": max_requests}}
    policy = {
        "loadBalancer": _load_balancer(rule),
        "connectionPool": _merged(connection_pool, rule.get("connection_pool") or {}),
        "outlierDetection": _outlier_detection(host, rule),
    }
    filled = {field: value for field, value in policy.items() if value}
    return _merged(filled, rule.get("traffic_policy") or {})


def _load_balancer(rule: Variables) -> Object:
    settings = {
        "enabled": rule.get("enabled"),
        "failover": rule.get("failover"),
        "distribute": rule.get("distribute"),
        "failoverPriority": rule.get("failover_priority"),
    }
    locality = {field: value for field, value in settings.items() if value not in (None, "", [])}
    simple = {"simple": rule.get("load_balancer") or "ROUND_ROBIN"}
    return simple | ({"localityLbSetting": locality} if locality else {})


def _outlier_detection(host: Variables, rule: Variables) -> Object:
    own = rule.get("outlier_detection")
    settings = dict(host["locality_outlier_detection"] if own is None else own)
    if is_true(host["locality_as_commonly_written"]):
        settings.pop("maxEjectionPercent", None)
    return settings


def _merged(base: Variables, over: Variables) -> Object:
    """Merge mappings at every depth."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        nested = isinstance(below, t.Mapping) and isinstance(value, t.Mapping)
        result[key] = _merged(below, value) if nested else value  # type: ignore[arg-type]
    return result
