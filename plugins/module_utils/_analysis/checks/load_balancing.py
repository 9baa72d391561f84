# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for protocols and load-balancing algorithms that make rules inert or inexact."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    count,
    listed,
    percent,
    place,
    quoted,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import services
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import UNKNOWN

_RULES = ("distribute", "failover", "failoverPriority")


UNDECLARED_PROTOCOL = FindingType(
    "EW901",
    WARNING,
    "a port's name hides its protocol",
    explanation=(
        "The port's name does not begin with a protocol and there is no `appProtocol`. Envoy "
        "guesses from the first bytes; what it does not take for HTTP is balanced by connection "
        "and never retried."
    ),
    cure="`name: http-…`, or `appProtocol: http`.",
)


def undeclared_protocols(context: AnalysisContext) -> t.Iterator[Finding]:
    """Port names that say nothing, for services that rules are for."""
    for rule in context.rules:
        for service in context.services_of(rule):
            for index, port in enumerate(service.ports):
                if port.protocol != UNKNOWN:
                    continue
                what = "has no name"
                if port.name:
                    what = f"is named {quoted(port.name)}, which names no protocol"
                field, lacking = _where_protocols_stand(service)
                yield UNDECLARED_PROTOCOL.finding(
                    f"{service.kind} {service.namespace}/{service.name}",
                    f"spec.ports[{index}].{field}",
                    message=f"port {port.number} {what}, and it has no {lacking}",
                    effect="Envoy guesses from the first bytes of each connection; where it does "
                    "not see HTTP, it treats it as TCP: requests are not balanced one by one, not "
                    "retried, and maxRequestsPerConnection does not count",
                    instead=_with_protocol(service, port),
                )


def _where_protocols_stand(service: services.Service) -> tuple[str, str]:
    """The field that is at fault, and the one that would count before it."""
    if service.kind == "Service":
        return "name", "appProtocol"
    return "protocol", "field protocol"


def _with_protocol(service: services.Service, port: services.ServicePort) -> str:
    if service.kind != "Service":
        return snippets.block({"ports": [{"number": port.number, "protocol": "HTTP"}]})
    name = f"http-{port.name}" if port.name else "http"
    return snippets.block(
        {"ports": [{"name": name, "port": port.number}]},
        remark="or appProtocol: http beside the name, which WorkloadEntries may use; "
        "grpc, http2, tls, tcp where it is that",
    )


RANDOM_HOSTS = FindingType(
    "EW902",
    INFO,
    "the split is exact, but hosts are chosen at random",
    explanation=(
        "With `distribute`, localities are chosen by a weighted scheduler, exactly. Inside a "
        "locality, LEAST_REQUEST (the default) and RANDOM draw the endpoint at random, so "
        "samples of single pods scatter. It does not break the split."
    ),
    cure="`simple: ROUND_ROBIN`",
)


def random_hosts(context: AnalysisContext) -> t.Iterator[Finding]:
    """Weights that somebody wants to see exactly, without ROUND_ROBIN."""
    for at in readable(context):
        if at.rule is None or at.policy is None or not at.setting.distribute:
            continue
        for case in first_by_service(context.cases_of(at.rule, at.policy), _draws_hosts):
            name = case.policy.load_balancer
            written = (at.policy.raw.get("loadBalancer") or {}).get("simple")
            what = f"simple is {written}" if written else f"simple is not set, so it is {name}"
            yield RANDOM_HOSTS.finding(
                at.object,
                f"{at.policy.path}.loadBalancer.simple",
                message=what,
                effect=f"it does not break the split between localities, which follows the "
                f"weights exactly ({sends(case.all_healthy)}); {_inside(case)}",
                instead=snippets.block({"loadBalancer": {"simple": "ROUND_ROBIN"}}),
            )


def _draws_hosts(case: TrafficCase) -> bool:
    random = case.policy.load_balancer in ("LEAST_REQUEST", "RANDOM")
    weighted = random and case.applied.mode is Mode.DISTRIBUTE
    return weighted and not case.all_healthy.now.lost


def _weighs_busy_hosts(case: TrafficCase) -> bool:
    """Does LEAST_REQUEST choose between hosts of different weights?"""
    if not case.rule_name or case.policy.load_balancer != "LEAST_REQUEST":
        return False
    if case.assignment.locality_weighted:
        # then localities are chosen first, by their weights
        return False
    busy = [each for each in case.all_healthy.now.endpoints if each.share]
    return len({each.endpoint.weight for each in busy}) > 1


def _inside(case: TrafficCase) -> str:
    several = [
        (pool.locality, pool.counts.hosts)
        for pool, share, _unused in case.all_healthy.now.pools
        if share.share and pool.counts.hosts > 1
    ]
    if not several:
        return "and as each locality has one endpoint, nothing is left to chance"
    several_hosts = listed(
        f"{place(str(locality))} ({count(n, 'endpoint')})" for locality, n in several
    )
    return f"but inside of {several_hosts} each request's endpoint is drawn at random"


WEIGHTS_UNDER_LEAST_REQUEST = FindingType(
    "EW905",
    INFO,
    "LEAST_REQUEST gives endpoints of greater weight less than their part",
    explanation=(
        "Without locality weights, LEAST_REQUEST divides an endpoint's weight by the requests "
        "under way to it. A gateway's endpoint stands for many pods and weighs as many, is "
        "farther away and so slower: under load it gets less than its part."
    ),
    cure=(
        "`simple: ROUND_ROBIN`, or weights by `distribute`: localities are chosen before hosts are."
    ),
)


def weights_under_least_request(context: AnalysisContext) -> t.Iterator[Finding]:
    """A gateway's endpoint weighs as much as the pods behind it, but not to LEAST_REQUEST."""
    for case in first_by_service(
        (case for case in context.all_cases() if not case.subset), _weighs_busy_hosts
    ):
        busy = [each for each in case.all_healthy.now.endpoints if each.share]
        heavy = max(busy, key=lambda each: each.endpoint.weight)
        yield WEIGHTS_UNDER_LEAST_REQUEST.finding(
            f"DestinationRule {case.rule_name}",
            "spec.trafficPolicy.loadBalancer.simple",
            message=f"{heavy.endpoint.name or heavy.endpoint.address} has weight "
            f"{heavy.endpoint.weight}, others have less, and the load balancer is LEAST_REQUEST",
            effect="LEAST_REQUEST divides a weight by the requests under way: idle, it gets "
            f"{percent(heavy.share)} of what clients in "
            f"{place(case.origin.client.locality)} send, under load less, the slower it is",
            instead=snippets.block({"loadBalancer": {"simple": "ROUND_ROBIN"}}),
        )


PASSTHROUGH = FindingType(
    "EW903",
    ERROR,
    "PASSTHROUGH makes locality settings inert",
    explanation=(
        "Envoy connects to the very address that the client asked for and balances nothing."
    ),
    cure="`simple: ROUND_ROBIN`",
)


def passthrough(context: AnalysisContext) -> t.Iterator[Finding]:
    for at in readable(context):
        if at.rule is None or at.policy is None or not any(at.raw.get(name) for name in _RULES):
            continue
        if (at.policy.raw.get("loadBalancer") or {}).get("simple") != "PASSTHROUGH":
            continue
        inert = listed(name for name in _RULES if at.raw.get(name))
        kept = {k: v for k, v in at.policy.raw["loadBalancer"].items() if k != "simple"}
        yield PASSTHROUGH.finding(
            at.object,
            f"{at.policy.path}.loadBalancer.simple",
            message=f"simple: PASSTHROUGH stands beside {inert}",
            effect="Envoy connects to the very address that the client asked for and balances "
            f"nothing: {inert} does nothing",
            instead=snippets.block({"loadBalancer": {"simple": "ROUND_ROBIN", **kept}}),
        )


NOT_BALANCED = FindingType(
    "EW904",
    ERROR,
    "a service without load balancing makes locality settings inert",
    explanation=(
        "The Service is headless, or the ServiceEntry has `resolution: NONE`: sidecars do not "
        "balance it. (Gateways do.)"
    ),
    cure="A cluster IP, or `resolution: STATIC` with endpoints.",
)


def headless(context: AnalysisContext) -> t.Iterator[Finding]:
    """Services of which sidecars do not balance anything."""
    for at in readable(context):
        written = [name for name in (*_RULES, "enabled") if at.raw.get(name)]
        if at.rule is None or not written:
            continue
        for service in context.services_of(at.rule):
            if service.resolution not in (services.HEADLESS, services.NONE):
                continue
            why = (
                "is headless (clusterIP: None)"
                if service.resolution == services.HEADLESS
                else "has resolution: NONE"
            )
            yield NOT_BALANCED.finding(
                at.object,
                at.path,
                message=f"{service.kind} {service.namespace}/{service.name} {why}",
                effect="sidecars connect to the very address that the client asked for, so "
                f"{listed(written)} does nothing (gateways do balance)",
                instead=snippets.remark(
                    f"give {service.name} a cluster IP: leave clusterIP: None out"
                    if service.resolution == services.HEADLESS
                    else "write resolution: STATIC and list the endpoints"
                ),
            )


CHECKS = (undeclared_protocols, random_hosts, weights_under_least_request, passthrough, headless)
