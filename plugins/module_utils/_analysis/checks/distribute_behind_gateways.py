# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check ``distribute`` to localities behind gateways."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.distributions import (
    Distribution,
    distributions_where,
    targets_where,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import outcome
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.fixes.weights import (
    fair_weights,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed, place
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    Target,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    LocalityHosts,
)

# the smallest difference that a sample would show
_SMALL = 0.005


SHARED_GATEWAY_ADDRESS = FindingType(
    "EW217",
    WARNING,
    "several localities behind one gateway address",
    explanation=(
        "Several localities of another network are reached by the one address of its gateway. "
        "Envoy keeps an address in one locality of a cluster only, so the weights of the other "
        "localities are lost: a region with three zones behind one gateway gets a third of what "
        "the key says. The finding gives the split that comes of it."
    ),
    cure=(
        "The weights that make up for the loss, as the finding computes them; or one gateway "
        "address for each locality."
    ),
    testable=False,
)


def shared_gateway_addresses(context: AnalysisContext) -> t.Iterator[Finding]:
    """Envoy keeps an address in one locality only, so the weights of the others are lost."""
    for each in distributions_where(
        context, lambda each: _repeated(each) and not _matches_weights(each)
    ):
        lost = _repeated(each)
        intended = ", ".join(f"{target.percent} % to {target.key}" for target in each.rule.targets)
        yield SHARED_GATEWAY_ADDRESS.finding(
            each.at.object,
            each.path,
            message=f"endpoints at {listed(_with_first(each, lost))} are reached by one gateway "
            "address, and Envoy keeps an address in one locality only",
            effect=f"the weights of {listed(map(str, lost))} are lost: for clients in {each.where} "
            f"the split is {outcome(each.case.all_healthy)} instead of {intended}",
            instead=_compensated(each),
        )


PART_OF_A_GATEWAY = FindingType(
    "EW218",
    WARNING,
    "distribute to a part of what a gateway serves",
    explanation=(
        "The key aims at a part of what one gateway serves. The gateway gets the connections "
        "and chooses among all endpoints of its network, by the rules of its own cluster and "
        "its own locality: zones in another network can be weighted, but not aimed at."
    ),
    cure="Aim at the region, and choose the zone by a rule in the other cluster.",
)


def parts_of_a_gateway(context: AnalysisContext) -> t.Iterator[Finding]:
    """Behind a gateway, the gateway chooses; the client cannot aim at a zone there."""
    for each, target in targets_where(context, lambda each, target: bool(_beside(each, target))):
        beside = _beside(each, target)
        yield PART_OF_A_GATEWAY.finding(
            each.at.object,
            f'{each.path}["{target.key}"]',
            message=f"{target.key} is reached through a gateway that also serves "
            f"{listed(map(str, beside))}",
            effect=f"the gateway chooses among all of them by the rules of its own cluster: "
            f"requests for {target.key} also reach {listed(map(str, beside))}",
            instead=snippets.block(
                {"to": {f"{target.pattern.region}/*": target.percent}},
                remark="aim at the region; a rule in that cluster may choose the zone",
            ),
        )


CHECKS = (shared_gateway_addresses, parts_of_a_gateway)


def _matches_weights(each: Distribution) -> bool:
    shares = each.case.all_healthy.now.by_locality()
    total = sum(target.percent for target in each.rule.targets)
    for target in each.rule.targets:
        got = sum(
            share for name, share in shares.items() if matches(target.pattern, parse_locality(name))
        )
        if abs(got - target.percent / total) > _SMALL:
            return False
    return True


def _addresses(each: Distribution) -> dict[Locality, set[str]]:
    """The gateways' addresses by the locality that they stand for."""
    found: dict[Locality, set[str]] = {}
    for group in each.case.unruled.assignment.groups:
        addresses = {endpoint.address for endpoint in group.endpoints if endpoint.gateway}
        if addresses:
            found.setdefault(parse_locality(group.locality), set()).update(addresses)
    return found


def _with_first(each: Distribution, lost: t.Sequence[Locality]) -> list[str]:
    """The localities that share an address with the lost ones, and these."""
    addresses = _addresses(each)
    shared = {address for locality in lost for address in addresses.get(locality, ())}
    return [place(str(locality)) for locality, own in addresses.items() if own & shared]


def _beside(each: Distribution, target: Target) -> list[Locality]:
    addresses = _addresses(each)
    aimed = {
        address
        for locality, own in addresses.items()
        if matches(target.pattern, locality)
        for address in own
    }
    return [
        locality
        for locality, own in addresses.items()
        if own & aimed and not matches(target.pattern, locality)
    ]


def _weighted_hosts(each: Distribution, target: Target) -> list[LocalityHosts]:
    pools = [pool for pool, _share, _panic in each.case.all_healthy.now.pools]
    return [pool for pool in pools if pool.weight and matches(target.pattern, pool.locality)]


def _is_repeated(hosts: LocalityHosts) -> bool:
    """Does Envoy keep all of these addresses in another locality?"""
    return bool(hosts.repeated) and not hosts.counts.hosts


def _repeated(each: Distribution) -> list[Locality]:
    """The localities whose weights are lost."""
    return [
        hosts.locality
        for target in each.rule.targets
        for hosts in _weighted_hosts(each, target)
        if _is_repeated(hosts)
    ]


def _kept_weight(each: Distribution, target: Target) -> float:
    """The part of a target's weight that is not lost."""
    found = _weighted_hosts(each, target)
    total = sum(hosts.weight for hosts in found)
    lost = sum(hosts.weight for hosts in found if _is_repeated(hosts))
    return 1 - lost / total if total else 1.0


def _compensated(each: Distribution) -> str:
    """Weights that come to the intended split after the loss."""
    kept = {target.key: _kept_weight(each, target) for target in each.rule.targets}
    if not all(kept.values()):
        return snippets.remark("aim at one locality behind each gateway, or at its whole region")
    weights = {
        target.key: round(target.percent * 1000 / kept[target.key]) for target in each.rule.targets
    }
    fair = fair_weights(weights)
    other = {**each.at.raw, "distribute": [{"from": each.rule.source, "to": fair}]}
    after = each.case.all_healthy.variant(locality_lb=other)
    return snippets.block(
        {"to": fair}, remark=f"weights that make up for the loss: {outcome(after)}"
    )
