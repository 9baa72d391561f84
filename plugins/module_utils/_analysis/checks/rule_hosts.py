# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for rules whose host is no service."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import Service

_NOTHING = "the rule does nothing, and neither the webhook nor istioctl analyze says so"


HALF_QUALIFIED_HOST = FindingType(
    "EW502",
    ERROR,
    "a rule's host is neither short nor fully qualified",
    explanation=(
        "`helloworld.sample` is neither short (no dots) nor full: it is taken as it is, matches "
        "nothing, and nobody says so."
    ),
    cure="`host: helloworld.sample.svc.cluster.local`",
)


def unknown_hosts(context: AnalysisContext) -> t.Iterator[Finding]:
    for rule in context.rules:
        if not rule.host or context.services_of(rule):
            continue
        half = _half_qualified(context, rule)
        if half is not None:
            yield HALF_QUALIFIED_HOST.finding(
                rule.title,
                "spec.host",
                message=f"{rule.host} is neither a short name nor a full one: only a name without "
                "dots is completed, any other is taken as it is",
                effect=f"no service has the host {rule.host}: {_NOTHING}",
                instead=snippets.block({"host": half.host}),
            )
        else:
            yield _unknown(context, rule)


CHECKS = (unknown_hosts,)


UNKNOWN_HOST = FindingType(
    "EW501",
    ERROR,
    "a rule's host is no service",
    explanation=(
        "No service has the rule's host. A short name is completed with the *rule's* namespace: "
        "`helloworld` in `istio-system` is `helloworld.istio-system.svc.cluster.local`."
    ),
    cure="The full name, as the finding gives it.",
)


def _unknown(context: AnalysisContext, rule: Rule) -> Finding:
    message = f"no service has the host {rule.host}"
    if rule.full_host != rule.host:
        message = (
            f"{rule.host} is completed with the rule's own namespace, "
            f"and there is no service {rule.full_host}"
        )
    near = _nearest(context, rule)
    known = [service.host for service in context.services]
    if near is None:
        instead = snippets.remark(f"the services are {listed(known, most=8) or 'none at all'}")
    else:
        instead = snippets.block({"host": near.host})
    return UNKNOWN_HOST.finding(
        rule.title, "spec.host", message=message, effect=_NOTHING, instead=instead
    )


def _half_qualified(context: AnalysisContext, rule: Rule) -> Service | None:
    """The service that a name such as helloworld.sample means."""
    if rule.host.startswith("*") or "." not in rule.host:
        return None
    return next(
        (each for each in context.services if each.host.startswith(f"{rule.host}.")),
        None,
    )


def _nearest(context: AnalysisContext, rule: Rule) -> Service | None:
    by_host = {service.host: service for service in context.services}
    short = rule.host.partition(".")[0]
    for service in context.services:
        if service.host.partition(".")[0] == short:
            return service
    near = difflib.get_close_matches(rule.full_host, by_host, n=1, cutoff=0.75)
    return by_host[near[0]] if near else None
