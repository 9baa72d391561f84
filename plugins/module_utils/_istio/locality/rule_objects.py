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
    # clients of other namespaces never see it
    private: bool = False

    @property
    def name(self) -> str:
        """The name to call it by."""
        return self.policy_from or self.names[0]


class IgnoredRule(t.NamedTuple):
    """A rule that names the host but has no effect, or not all of it."""

    name: str
    reason: str


def read_rules(
    objects: t.Iterable[KubernetesObject],
    domain: str,
    default_export: t.Collection[str] | None = None,
) -> list[EffectiveRule]:
    """Read the DestinationRules, those that select workloads first, each kind oldest first.

    Those without a host are left out. ``default_export`` is the mesh settings' for rules that
    name no namespaces; of its values only the one for the rule's own namespace counts.
    """
    private = OWN in (default_export or ())
    return [
        _read(each, domain, private)
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


def _age(rule: KubernetesObject) -> tuple[bool, str, str, str]:
    meta = rule.get("metadata") or {}
    created = str(meta.get("creationTimestamp") or "")
    general = (rule.get("spec") or {}).get("workloadSelector") is None
    return general, created, meta.get("name", ""), meta.get("namespace", "")


def _read(rule: KubernetesObject, domain: str, private: bool) -> EffectiveRule:
    meta, spec = rule.get("metadata") or {}, rule["spec"]
    namespace = meta.get("namespace") or "default"
    name = f"{namespace}/{meta.get('name', '')}"
    policy = spec.get("trafficPolicy")
    exported = frozenset(namespace if to == OWN else to for to in spec.get("exportTo") or ())
    selector = spec.get("workloadSelector")
    if selector is not None:
        exported = frozenset({namespace})
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
        private=exported == {namespace} or (private and not exported),
    )


def merge(rules: t.Iterable[EffectiveRule]) -> tuple[list[EffectiveRule], list[IgnoredRule]]:
    """Join rules for one host, as sorted by ``read_rules``, that the same namespaces see.

    A rule whose exportTo covers more than an earlier one's is joined to it and stays beside it.
    """
    merged: list[EffectiveRule] = []
    ignored: list[IgnoredRule] = []
    for rule in rules:
        apart = True
        for index, into in enumerate(merged):
            same = into.exported_to == rule.exported_to
            wider = bool(into.exported_to) and into.exported_to <= rule.exported_to
            if not same and not wider:
                apart = True
                continue
            apart = not same
            if into.selector is not None and rule.selector is not None:
                apart = into.selector != rule.selector
                if apart:
                    continue
            elif into.selector is None and rule.selector is None:
                apart = False
            merged[index] = _joined(into, rule)
            ignored.extend(_lost_parts(into, rule))
        if apart:
            merged.append(rule)
    return merged, ignored


def _joined(into: EffectiveRule, rule: EffectiveRule) -> EffectiveRule:
    known = {subset.get("name") for subset in into.subsets}
    takes_policy = into.traffic_policy is None
    return replace(
        into,
        names=into.names + rule.names,
        traffic_policy=rule.traffic_policy if takes_policy else into.traffic_policy,
        policy_from=rule.policy_from if takes_policy else into.policy_from,
        subsets=into.subsets
        + tuple(each for each in rule.subsets if each.get("name") not in known),
    )


def _lost_parts(into: EffectiveRule, rule: EffectiveRule) -> t.Iterator[IgnoredRule]:
    known = {subset.get("name") for subset in into.subsets}
    if rule.traffic_policy is not None and into.traffic_policy is not None:
        why = f"its trafficPolicy is ignored: the older {into.name} has one for this host"
        yield IgnoredRule(rule.name, why)
    for subset in rule.subsets:
        if subset.get("name") in known:
            why = f"its subset {subset.get('name')} is ignored: {into.names[0]} is older"
            yield IgnoredRule(rule.name, why)
