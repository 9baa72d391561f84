# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for rules that other rules, their namespace or exportTo keep from clients."""

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
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    Rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.rule_objects import (
    IgnoredRule,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    name_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import Service

DUPLICATE_HOST = FindingType(
    "EW503",
    ERROR,
    "two rules for one host",
    explanation=(
        "Two rules of one namespace are for the same host. The older one's `trafficPolicy` "
        "counts, the other's does nothing; only new subsets are added. A failover rule that was "
        "left behind hides the weights applied after it."
    ),
    cure="One rule for one host; delete the other.",
)


def duplicate_hosts(context: AnalysisContext) -> t.Iterator[Finding]:
    """Rules of one namespace for one host: the policy of one of them is lost."""
    for rule in context.sound_rules:
        for service in context.services_of(rule):
            winner = _winner_in_namespace(context, rule, service)
            if winner is None:
                continue
            yield DUPLICATE_HOST.finding(
                rule.title,
                "spec.host",
                message=f"{winner.title} is for the same host, {service.host}, {_describe_age(winner)}",
                effect=f"{_lost_part(rule)} of {name_of(rule.obj)} does nothing, and neither "
                "the webhook nor istioctl analyze says so",
                instead=snippets.remark(
                    f"one rule for one host: move what you need into {name_of(winner.obj)}, then\n"
                    f"delete {rule.title}"
                ),
            )
            break


NOT_IN_EFFECT = FindingType(
    "EW504",
    WARNING,
    "a rule is not in effect for clients",
    explanation=(
        "For some clients the rule is not in effect: another one is more specific or is found "
        "first (client's namespace, then the service's, then the root namespace; nothing is "
        "merged across them), or the rule's namespace is not among those."
    ),
    cure="Put it where it is found, or write what it says into the rule that wins.",
)


def not_in_effect(context: AnalysisContext) -> t.Iterator[Finding]:
    """Rules that another one, their namespace or their exportTo keeps from clients."""
    for rule in context.sound_rules:
        for service in context.services_of(rule):
            if _winner_in_namespace(context, rule, service) is not None:
                continue
            hidden, seen = _by_namespace(context, rule, service)
            if not hidden:
                continue
            reasons = listed(dict.fromkeys(hidden.values()), last="and")
            clients = f"clients in {_describe_namespaces(hidden)}"
            if seen:
                clients += f" (it is in effect for those in {_describe_namespaces(seen)})"
            yield NOT_IN_EFFECT.finding(
                rule.title,
                "spec.host",
                message=f"for {clients} the rule is not in effect: {reasons}",
                effect=f"what it says of {service.host} does nothing there",
                instead=_relocation(rule, service, hidden),
            )
            break


def _winner_in_namespace(context: AnalysisContext, rule: Rule, service: Service) -> Rule | None:
    """The rule of the same namespace whose policy counts in this one's place."""
    for rules in _searches(context, service):
        winner = rules.effective
        if winner is None or winner.namespace != rule.namespace or winner.name == rule.name:
            continue
        if winner.full_host != rule.full_host or not _ignored(rules, rule):
            continue
        return next(each for each in context.rules if each.name == winner.name)
    return None


def _searches(context: AnalysisContext, service: Service) -> list[Rules]:
    return [
        context.rules_for(service, namespace) for namespace in context.client_namespaces(service)
    ]


def _ignored(rules: Rules, rule: Rule) -> list[IgnoredRule]:
    return [each for each in rules.ignored if each.name == rule.name]


def _by_namespace(
    context: AnalysisContext, rule: Rule, service: Service
) -> tuple[dict[str, str], dict[str, str]]:
    """Namespaces of clients from which the rule is hidden, with the reason; and the others."""
    hidden: dict[str, str] = {}
    seen: dict[str, str] = {}
    for namespace in context.client_namespaces(service):
        rules = context.rules_for(service, namespace)
        names = rules.effective.names if rules.effective is not None else ()
        if rule.name in names:
            seen[namespace] = ""
            continue
        reasons = [each.reason for each in _ignored(rules, rule)]
        hidden[namespace] = reasons[0] if reasons else "it does not reach them"
    if _is_private_on_purpose(rule, hidden) or rule.namespace in seen:
        # for the clients of its own namespace, or for those that exportTo names
        return {}, seen
    return hidden, seen


def _is_private_on_purpose(rule: Rule, hidden: t.Mapping[str, str]) -> bool:
    """exportTo and workloadSelector say on purpose that a rule is not for everybody."""
    spec = spec_of(rule.obj)
    if not spec.get("exportTo") and not spec.get("workloadSelector"):
        return False
    phrases = ("exportTo", "workloadSelector", "not exported")
    return all(any(word in reason for word in phrases) for reason in hidden.values())


def _describe_namespaces(names: t.Iterable[str]) -> str:
    found = list(names)
    return f"namespace{'s' if len(found) > 1 else ''} {listed(found)}"


def _describe_age(winner: Rule) -> str:
    created = (winner.obj.get("metadata") or {}).get("creationTimestamp")
    return f"and older (since {created})" if created else "and comes first"


def _lost_part(rule: Rule) -> str:
    return "the trafficPolicy" if spec_of(rule.obj).get("trafficPolicy") else "a part"


def _relocation(rule: Rule, service: Service, hidden: t.Mapping[str, str]) -> str:
    reasons = " ".join(hidden.values())
    if "does not look in namespace" in reasons:
        return snippets.block(
            {
                "metadata": {
                    "name": name_of(rule.obj),
                    "namespace": service.namespace,
                },
                "spec": {"host": service.host},
            },
            remark="rules count in the client's, the service's or the root namespace",
        )
    if "more specific" in reasons or "found first" in reasons or "wins" in reasons:
        return snippets.remark(
            "rules are not merged: write what this one says into the one that wins"
        )
    return snippets.block({"exportTo": ["*"]})


CHECKS = (duplicate_hosts, not_in_effect)
