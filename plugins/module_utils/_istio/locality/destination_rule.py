# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DestinationRule is in effect for a host, seen from a namespace."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    DOMAIN_SUFFIX,
    ROOT_NAMESPACE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import most_specific
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.rule_objects import (
    EVERYWHERE,
    EffectiveRule,
    IgnoredRule,
    KubernetesObject,
    merge,
    read_rules,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What was found for a host: the one rule in effect, and why others are not."""

    effective: EffectiveRule | None
    reason: str
    ignored: tuple[IgnoredRule, ...] = ()


@dataclass(frozen=True, slots=True)
class _Client:
    namespace: str
    labels: t.Mapping[str, str]
    # lives in the root namespace: then its own rules come last, but for private ones
    in_root: bool


def find_rules(
    objects: t.Iterable[KubernetesObject],
    host: str,
    *,
    client_namespace: str,
    service_namespace: str,
    client_labels: t.Mapping[str, str] | None = None,
    root_namespace: str = ROOT_NAMESPACE,
    domain: str = DOMAIN_SUFFIX,
    default_export: t.Collection[str] | None = None,
) -> Rules:
    """Look in the client's, the service's and the root namespace, in this order.

    The first namespace with a match decides, however general its host is; rules of different
    namespaces are never merged. Objects of other kinds are passed over.
    """
    client = _Client(client_namespace, client_labels or {}, client_namespace == root_namespace)
    left = [
        rule
        for rule in read_rules(objects, domain, default_export)
        if most_specific(host, [rule.full_host])
    ]
    ignored: list[IgnoredRule] = []
    found: EffectiveRule | None = None
    # a rule of the client's own namespace that selects other clients ends the search, too
    ended = ""
    for namespace, own in (
        (client_namespace, True),
        (service_namespace, False),
        (root_namespace, False),
    ):
        here = [rule for rule in left if rule.namespace == namespace]
        candidates = [rule for rule in here if not _hidden_reason(rule, client, own=own)]
        left = [rule for rule in left if rule not in candidates]
        if ended:
            ignored.extend(IgnoredRule(rule.name, ended) for rule in candidates)
            continue
        found, outranked = _pick(candidates, host, client, own=own)
        ignored.extend(outranked)
        if found is not None:
            ended = f"{found.name} is found first, in namespace {found.namespace}"
        elif own and candidates:
            ended = (
                f"the rule for the host in namespace {namespace} selects other clients, "
                "and istiod looks no further"
            )
    searched = {client_namespace, service_namespace, root_namespace}
    ignored.extend(IgnoredRule(rule.name, _unused_reason(rule, client, searched)) for rule in left)
    if found is None:
        reason = f"no DestinationRule for {host} reaches namespace {client_namespace}"
    else:
        reason = f"{found.name} (host {found.host})"
    return Rules(found, reason, tuple(ignored))


def _unused_reason(rule: EffectiveRule, client: _Client, searched: t.Container[str]) -> str:
    if rule.namespace not in searched:
        return f"for this client istiod does not look in namespace {rule.namespace}"
    return _hidden_reason(rule, client, own=rule.namespace == client.namespace)


def _hidden_reason(rule: EffectiveRule, client: _Client, *, own: bool) -> str:
    """Explain why a rule is no candidate when its namespace is searched as the client's own or another."""
    if own and client.in_root and not rule.private:
        return "clients of the root namespace use its own rules last"
    if own and rule.exported_to and not rule.exported_to & {EVERYWHERE, client.namespace}:
        return "its exportTo leaves out its own namespace"
    if not own and rule.selector is not None:
        return "a workloadSelector counts in the rule's own namespace only"
    if not own and rule.private:
        return "its exportTo keeps it in its own namespace"
    return ""


def _pick(
    rules: t.Sequence[EffectiveRule], host: str, client: _Client, *, own: bool
) -> tuple[EffectiveRule | None, list[IgnoredRule]]:
    """Return the rule with the most specific host, if it reaches the client."""
    best = most_specific(host, [rule.full_host for rule in rules])
    if best is None:
        return None, []
    ignored = [
        IgnoredRule(rule.name, f"{best} is more specific than {rule.host}")
        for rule in rules
        if rule.full_host != best
    ]
    merged, outranked = merge(rule for rule in rules if rule.full_host == best)
    ignored.extend(outranked)
    selected = [rule for rule in merged if _selects(rule, client)]
    others = [rule for rule in merged if rule.selector is not None and rule not in selected]
    ignored.extend(
        IgnoredRule(rule.name, "its workloadSelector does not select the client") for rule in others
    )
    plain = [rule for rule in merged if rule.selector is None]
    if not own:
        reaching = [rule for rule in plain if _exported(rule, client.namespace)]
        why = f"it is not exported to namespace {client.namespace}"
        ignored.extend(IgnoredRule(rule.name, why) for rule in plain if rule not in reaching)
        plain = reaching
    # of several with different exportTo the newest counts; one that selects the client beats all
    chosen = selected[0] if selected else (plain[-1] if plain else None)
    if chosen is not None:
        why = f"{chosen.name} is for the same host and wins"
        others = [rule for rule in (*selected, *plain) if rule is not chosen]
        ignored.extend(IgnoredRule(rule.name, why) for rule in others)
    return chosen, ignored


def _selects(rule: EffectiveRule, client: _Client) -> bool:
    selector = rule.selector
    return selector is not None and selector.items() <= client.labels.items()


def _exported(rule: EffectiveRule, namespace: str) -> bool:
    return not rule.exported_to or bool(rule.exported_to & {EVERYWHERE, namespace})
