# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for hosts that do not exist. Private to this collection."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils.findings import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.facts import Facts
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.rules import Rule
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.types import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.wording import listed
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.services import Service

_NOTHING = "the rule does nothing, and neither the webhook nor istioctl analyze says so"


def unknown_hosts(facts: Facts) -> t.Iterator[Finding]:
    for rule in facts.rules:
        if not rule.host or facts.services_of(rule):
            continue
        half = _half_qualified(facts, rule)
        if half is not None:
            yield finding(
                "EW502",
                rule.title,
                "spec.host",
                message=f"{rule.host} is neither a short name nor a full one: only a name without "
                "dots is completed, any other is taken as it is",
                effect=f"no service has the host {rule.host}: {_NOTHING}",
                instead=snippets.block({"host": half.host}),
            )
        else:
            yield _unknown(facts, rule)


CHECKS = (unknown_hosts,)


def _unknown(facts: Facts, rule: Rule) -> Finding:
    message = f"no service has the host {rule.host}"
    if rule.full_host != rule.host:
        message = (
            f"{rule.host} is completed with the rule's own namespace, "
            f"and there is no service {rule.full_host}"
        )
    near = _nearest(facts, rule)
    known = [service.host for service in facts.services]
    if near is None:
        instead = snippets.remark(f"the services are {listed(known, most=8) or 'none at all'}")
    else:
        instead = snippets.block({"host": near.host})
    return finding(
        "EW501", rule.title, "spec.host", message=message, effect=_NOTHING, instead=instead
    )


def _half_qualified(facts: Facts, rule: Rule) -> Service | None:
    """The service that a name such as helloworld.sample means."""
    if rule.host.startswith("*") or "." not in rule.host:
        return None
    return next(
        (each for each in facts.services if each.host.startswith(f"{rule.host}.")),
        None,
    )


def _nearest(facts: Facts, rule: Rule) -> Service | None:
    by_host = {service.host: service for service in facts.services}
    short = rule.host.partition(".")[0]
    for service in facts.services:
        if service.host.partition(".")[0] == short:
            return service
    near = difflib.get_close_matches(rule.full_host, by_host, n=1, cutoff=0.75)
    return by_host[near[0]] if near else None
