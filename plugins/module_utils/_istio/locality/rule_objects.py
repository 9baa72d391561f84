# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DestinationRule objects read and merged as istiod does."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import full_host

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

EVERYWHERE = "*"
OWN = "."


@dataclass(frozen=True, slots=True)
class EffectiveRule:
    """One rule as istiod uses it: possibly several objects for one host, merged."""

    # namespace/name of each object; the first one's trafficPolicy counts, if it has one
    names: tuple[str, ...]
    namespace: str
    # as written in the first object
    host: str
    full_host: str
    traffic_policy: t.Mapping[str, t.Any] | None
    subsets: tuple[t.Mapping[str, t.Any], ...]
    exported_to: frozenset[str]
    selector: t.Mapping[str, str] | None
    # which object the trafficPolicy is from, empty if none has one
    policy_from: str = ""

    @property
    def name(self) -> str:
        """The name to call it by."""
        return self.policy_from or self.names[0]


class IgnoredRule(t.NamedTuple):
    """A rule that names the host but has no effect, or not all of it."""

    name: str
    reason: str


def read_rules(objects: t.Iterable[KubernetesObject], domain: str) -> list[EffectiveRule]:
    """Read the DestinationRules among the objects, oldest first; those without host are out."""
    return [
        _read(each, domain)
        for each in _oldest_first(objects)
        if (each.get("spec") or {}).get("host")
    ]


def _oldest_first(objects: t.Iterable[KubernetesObject]) -> list[KubernetesObject]:
    """Return the DestinationRules, oldest first."""
    rules = (
        each
        for each in objects
        if each.get("kind") == "DestinationRule"
        and str(each.get("apiVersion", "")).startswith("networking.istio.io/")
    )
    return sorted(rules, key=_age)


def _age(rule: KubernetesObject) -> tuple[str, str, str]:
    meta = rule.get("metadata") or {}
    created = str(meta.get("creationTimestamp") or "")
    return created, meta.get("name", ""), meta.get("namespace", "")


def _read(rule: KubernetesObject, domain: str) -> EffectiveRule:
    meta, spec = rule.get("metadata") or {}, rule["spec"]
    namespace = meta.get("namespace") or "default"
    name = f"{namespace}/{meta.get('name', '')}"
    policy = spec.get("trafficPolicy")
    exported = frozenset(namespace if to == OWN else to for to in spec.get("exportTo") or ())
    selector = spec.get("workloadSelector")
    return EffectiveRule(
        names=(name,),
        namespace=namespace,
        host=spec["host"],
        full_host=full_host(spec["host"], namespace, domain),
        traffic_policy=policy,
        subsets=tuple(spec.get("subsets") or ()),
        exported_to=exported,
        selector=None if selector is None else selector.get("matchLabels") or {},
        policy_from=name if policy is not None else "",
    )


def merge(rules: t.Iterable[EffectiveRule]) -> tuple[list[EffectiveRule], list[IgnoredRule]]:
    """Join rules for one host, oldest first, where they are visible in the same namespaces."""
    merged: list[EffectiveRule] = []
    ignored: list[IgnoredRule] = []
    for rule in rules:
        into = next((each for each in merged if _joins(each, rule)), None)
        if into is None:
            merged.append(rule)
            continue
        known = {subset.get("name") for subset in into.subsets}
        if rule.traffic_policy is not None and into.traffic_policy is not None:
            why = f"its trafficPolicy is ignored: the older {into.name} has one for this host"
            ignored.append(IgnoredRule(rule.name, why))
        for subset in rule.subsets:
            if subset.get("name") in known:
                why = f"its subset {subset.get('name')} is ignored: {into.names[0]} is older"
                ignored.append(IgnoredRule(rule.name, why))
        takes_policy = into.traffic_policy is None
        merged[merged.index(into)] = replace(
            into,
            names=into.names + rule.names,
            traffic_policy=rule.traffic_policy if takes_policy else into.traffic_policy,
            policy_from=rule.policy_from if takes_policy else into.policy_from,
            subsets=into.subsets
            + tuple(each for each in rule.subsets if each.get("name") not in known),
        )
    return merged, ignored


def _joins(older: EffectiveRule, newer: EffectiveRule) -> bool:
    if older.selector is not None or newer.selector is not None:
        return False
    if older.exported_to == newer.exported_to:
        return True
    return bool(older.exported_to) and older.exported_to <= newer.exported_to
