# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DestinationRule is in effect, and what of it for one port and subset.

The rules are Kubernetes objects; the order of look-up and of merging is istiod's. Private to this collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils.locality.types import Policy

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

_DOMAIN = "svc.cluster.local"
_SETTINGS = ("connectionPool", "outlierDetection", "loadBalancer", "tls")
_CONSISTENT_HASH = "CONSISTENT_HASH"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, or several of one host that istiod merges; ``names`` has the oldest first."""

    namespace: str
    names: tuple[str, ...]
    host: str
    export_to: frozenset[str]
    spec: t.Mapping[str, t.Any]

    def visible_in(self, namespace: str) -> bool:
        if not self.export_to or "*" in self.export_to or namespace in self.export_to:
            return True
        return "." in self.export_to and namespace == self.namespace

    @property
    def private(self) -> bool:
        return self.export_to == {"."}


class DestinationRules:
    """The rules of one istiod."""

    def __init__(self, objects: t.Iterable[KubernetesObject], root_namespace: str) -> None:
        self._root = root_namespace
        self._rules: dict[str, dict[str, list[Rule]]] = {}
        for obj in sorted(objects, key=_age):
            self._add(obj)

    def find(self, host: str, service_namespace: str, client_namespace: str) -> Rule | None:
        """The rule in effect for a host that a proxy of ``client_namespace`` calls."""
        own = [
            rule
            for rule in self._matching(client_namespace, host)
            if rule.visible_in(client_namespace)
            and (client_namespace != self._root or rule.private)
        ]
        if own:
            return _newest_of_most_specific(own)
        for namespace in dict.fromkeys((service_namespace, self._root)):
            shared = [rule for rule in self._matching(namespace, host) if not rule.private]
            if shared:
                specific = [rule for rule in shared if rule.host == shared[0].host]
                visible = [rule for rule in specific if rule.visible_in(client_namespace)]
                if visible:
                    return visible[-1]
        return None

    def all(self) -> list[Rule]:
        """Every rule, merged as istiod merges."""
        return [
            rule for hosts in self._rules.values() for rules in hosts.values() for rule in rules
        ]

    def _matching(self, namespace: str, host: str) -> list[Rule]:
        """The namespace's rules for the host: the exact ones first, then the longest wildcards."""
        hosts = self._rules.get(namespace, {})
        patterns = sorted((name for name in hosts if _covers(name, host)), key=len, reverse=True)
        if host in patterns:
            patterns.remove(host)
            patterns.insert(0, host)
        return [rule for pattern in patterns for rule in hosts[pattern]]

    def _add(self, obj: KubernetesObject) -> None:
        rule = _rule(obj)
        rules = self._rules.setdefault(rule.namespace, {}).setdefault(rule.host, [])
        for index, older in enumerate(rules):
            contained = bool(older.export_to) and older.export_to < rule.export_to
            if older.export_to == rule.export_to or contained:
                rules[index] = _merged(older, rule)
                return
        rules.append(rule)


def full_host(host: str, namespace: str) -> str:
    """A rule's host as istiod reads it: only a name without dots is completed."""
    return host if "." in host or host.startswith("*") else f"{host}.{namespace}.{_DOMAIN}"


def effective_traffic_policy(
    spec: t.Mapping[str, t.Any] | None, port: int, subset: str = ""
) -> dict[str, t.Any]:
    """``connectionPool``, ``outlierDetection``, ``loadBalancer`` and ``tls`` for a port and subset.

    A port's settings replace all four as a block; a subset's replace one by one.
    """
    policy = _with_port_settings({}, (spec or {}).get("trafficPolicy") or {}, port)
    for item in (spec or {}).get("subsets") or ():
        if subset and item.get("name") == subset:
            policy = _with_port_settings(policy, item.get("trafficPolicy") or {}, port)
    return policy


def subset_labels(spec: t.Mapping[str, t.Any] | None, subset: str) -> t.Mapping[str, str]:
    """The labels that select the subset's endpoints; none without a subset."""
    for item in (spec or {}).get("subsets") or ():
        if subset and item.get("name") == subset:
            return t.cast("t.Mapping[str, str]", item.get("labels") or {})
    return {}


def lb_policy(
    policy: t.Mapping[str, t.Any],
    mesh_config: t.Mapping[str, t.Any],
    traffic_distribution: str = "",
) -> Policy:
    """The locality model's input from an effective traffic policy and the mesh's settings."""
    balancer = policy.get("loadBalancer") or {}
    simple = str(balancer.get("simple") or "LEAST_REQUEST")
    if simple in ("UNSPECIFIED", "LEAST_CONN"):
        simple = "LEAST_REQUEST"
    return Policy(
        locality_lb=balancer.get("localityLbSetting"),
        mesh_locality_lb=mesh_config.get("localityLbSetting"),
        outlier_detection=policy.get("outlierDetection"),
        load_balancer=_CONSISTENT_HASH if balancer.get("consistentHash") else simple,
        traffic_distribution=traffic_distribution,
    )


def _with_port_settings(
    base: t.Mapping[str, t.Any], policy: t.Mapping[str, t.Any], port: int
) -> dict[str, t.Any]:
    for level in policy.get("portLevelSettings") or ():
        if (level.get("port") or {}).get("number") == port:
            return {name: level[name] for name in _SETTINGS if level.get(name) is not None}
    own = {name: policy[name] for name in _SETTINGS if policy.get(name) is not None}
    return {**base, **own}


def _rule(obj: KubernetesObject) -> Rule:
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    namespace = metadata.get("namespace") or ""
    return Rule(
        namespace=namespace,
        names=(metadata["name"],),
        host=full_host(str(spec.get("host") or ""), namespace),
        export_to=frozenset(spec.get("exportTo") or ()),
        spec=spec,
    )


def _merged(older: Rule, newer: Rule) -> Rule:
    """The policy of the oldest that has one; subsets that are new by name are added."""
    subsets = list(older.spec.get("subsets") or ())
    known = {item.get("name") for item in subsets}
    subsets += [i for i in newer.spec.get("subsets") or () if i.get("name") not in known]
    spec = dict(older.spec)
    if not spec.get("trafficPolicy") and newer.spec.get("trafficPolicy"):
        spec["trafficPolicy"] = newer.spec["trafficPolicy"]
    if subsets:
        spec["subsets"] = subsets
    return Rule(older.namespace, (*older.names, *newer.names), older.host, older.export_to, spec)


def _newest_of_most_specific(rules: t.Sequence[Rule]) -> Rule:
    return [rule for rule in rules if rule.host == rules[0].host][-1]


def _covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*"):
        return pattern == "*" or host.endswith(pattern[1:])
    return pattern == host


def _age(obj: KubernetesObject) -> tuple[str, str, str]:
    metadata = obj["metadata"]
    return (
        str(metadata.get("creationTimestamp") or ""),
        metadata["name"],
        metadata.get("namespace") or "",
    )
