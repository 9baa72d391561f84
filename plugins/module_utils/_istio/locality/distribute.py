# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``distribute``: weights for localities, chosen by where the client runs."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    DistributeRule,
    Target,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    NO_HOSTS,
    LocalityGroup,
)

UINT32 = 2**32

# more keys than this in one knot of overlaps are not tried in every order
MAX_PERMUTED_KEYS = 6


@dataclass(frozen=True, slots=True)
class Distribution:
    """The groups with their weights, and which rule gave them."""

    groups: tuple[LocalityGroup, ...]
    rule: DistributeRule | None
    nondeterministic: bool = False


def choose_rule(rules: t.Iterable[DistributeRule], client: Locality) -> DistributeRule | None:
    """Return the first rule whose ``from`` covers the client; no other one counts."""
    return next((rule for rule in rules if matches(rule.pattern, client)), None)


def distribute(
    groups: t.Sequence[LocalityGroup], client: Locality, rules: t.Iterable[DistributeRule]
) -> Distribution:
    """Weight the groups; those that no key of ``to`` covers lose their endpoints."""
    rule = choose_rule(rules, client)
    if rule is None:
        why = "no distribute rule is for clients there: all endpoints count alike, no failover"
        return Distribution(tuple(replace(group, reason=why) for group in groups), None)
    localities = [parse_locality(group.locality) for group in groups]
    covered = {
        target.key: frozenset(
            index for index, each in enumerate(localities) if matches(target.pattern, each)
        )
        for target in rule.targets
    }
    claims = _claims(groups, rule.targets, covered)
    weighted = tuple(
        _weighted(group, rule, claims.get(index)) for index, group in enumerate(groups)
    )
    return Distribution(weighted, rule, _depends_on_order(groups, rule.targets, covered))


class _Claim(t.NamedTuple):
    weight: int
    target: Target
    own: int
    of: int


def _claims(
    groups: t.Sequence[LocalityGroup],
    targets: t.Iterable[Target],
    covered: t.Mapping[str, frozenset[int]],
) -> dict[int, _Claim]:
    """Weight per group, where each key takes what earlier keys left."""
    claims: dict[int, _Claim] = {}
    for target in targets:
        mine = sorted(covered[target.key] - claims.keys())
        own = {index: groups[index].weight or 1 for index in mine}
        # istiod computes with 32 bits, so huge weights wrap around
        total = sum(own.values()) % UINT32
        for index, weight in own.items():
            product = weight * target.percent % UINT32
            scaled = -(-product // total) if total else 0
            # a product of nothing leaves the weight as it was; the webhook refuses 0 percent
            claims[index] = _Claim(scaled if product else weight, target, weight, total)
    return claims


def _weighted(group: LocalityGroup, rule: DistributeRule, claim: _Claim | None) -> LocalityGroup:
    if claim is None:
        why = f"'to' of the rule from {rule.source} does not name it: its endpoints are removed"
        return replace(group, endpoints=(), summary=NO_HOSTS, reason=why)
    why = f"the rule from {rule.source} gives {claim.target.key} {claim.target.percent} %"
    if claim.of != claim.own:
        why += f", of which it has {claim.own} of {claim.of} parts, rounded up"
    return replace(group, weight=claim.weight, reason=why)


def _depends_on_order(
    groups: t.Sequence[LocalityGroup],
    targets: t.Sequence[Target],
    covered: t.Mapping[str, frozenset[int]],
) -> bool:
    """Tell whether the answer changes with the order of keys, which is random in istiod."""
    for keys in _overlapping_keys(targets, covered):
        if len(keys) > MAX_PERMUTED_KEYS:
            return True
        answers = {
            tuple(sorted((index, claim.weight) for index, claim in claims.items()))
            for claims in (
                _claims(groups, order, covered) for order in itertools.permutations(keys)
            )
        }
        if len(answers) > 1:
            return True
    return False


def _overlapping_keys(
    targets: t.Sequence[Target], covered: t.Mapping[str, frozenset[int]]
) -> t.Iterator[list[Target]]:
    """Return sets of two or more keys for the same groups, directly or through other keys."""
    left = [target for target in targets if covered[target.key]]
    while left:
        keys = [left.pop()]
        reach = covered[keys[0].key]
        while found := [target for target in left if covered[target.key] & reach]:
            keys.extend(found)
            left = [target for target in left if target not in found]
            reach = reach.union(*(covered[target.key] for target in found))
        if len(keys) > 1:
            yield keys
