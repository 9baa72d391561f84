# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``distribute`` rules, each with a client that it is for."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    first_where,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    LocatedSetting,
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import place
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.distribute import (
    choose_rule,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    TRAFFIC_DISTRIBUTION,
    DistributeRule,
    Mode,
    Target,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    is_unhealthy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Policy


@dataclass(frozen=True)
class Distribution:
    """One entry of ``distribute``, seen by one client that it is for."""

    at: LocatedSetting
    index: int
    rule: DistributeRule
    case: TrafficCase

    @property
    def path(self) -> str:
        return f"{self.at.path}.distribute[{self.index}].to"

    @property
    def key(self) -> t.Hashable:
        """The rule and the service, whatever the client."""
        return self.at.object, self.path, self.case.service.host

    @property
    def where(self) -> str:
        return place(self.case.origin.client.locality)

    @property
    def weights(self) -> dict[str, int]:
        return {target.key: target.percent for target in self.rule.targets}

    def covered(self, pattern: Locality) -> list[tuple[int, int]]:
        """Hosts and healthy hosts of each locality that a key covers."""
        return [counts for locality, counts in self.visible.items() if matches(pattern, locality)]

    @property
    def covers(self) -> bool:
        """Does any key cover an endpoint?"""
        return any(
            hosts for target in self.rule.targets for hosts, _unused in self.covered(target.pattern)
        )

    def uncovered(self) -> dict[str, int]:
        """Localities with endpoints that no key covers."""
        return {
            str(locality): hosts
            for locality, (hosts, _healthy) in self.visible.items()
            if hosts and not any(matches(target.pattern, locality) for target in self.rule.targets)
        }

    @cached_property
    def visible(self) -> dict[Locality, tuple[int, int]]:
        """Hosts and healthy hosts by locality, as the client would know them without the rule."""
        found: dict[Locality, tuple[int, int]] = {}
        for group in self.case.unruled.assignment.groups:
            locality = parse_locality(group.locality)
            hosts, healthy = found.get(locality, (0, 0))
            able = sum(not is_unhealthy(each, self.case.drained) for each in group.endpoints)
            found[locality] = (hosts + len(group.endpoints), healthy + able)
        return found


def targets_where(
    context: AnalysisContext, holds: t.Callable[[Distribution, Target], bool]
) -> list[tuple[Distribution, Target]]:
    """The targets of which it holds, each with the first client for which it does."""
    return first_where(
        ((each, target) for each in distributions(context) for target in each.rule.targets),
        lambda pair: (pair[0].key, pair[1].key),
        lambda pair: holds(*pair),
    )


def distributions_where(
    context: AnalysisContext, holds: t.Callable[[Distribution], object]
) -> list[Distribution]:
    """The rules of which it holds, each with the first client for which it does."""
    return first_where(distributions(context), lambda each: each.key, holds)


def distributions(context: AnalysisContext, *, mesh_too: bool = False) -> t.Iterator[Distribution]:
    """Every rule that is in effect, with each client and cluster that it is for."""
    for at in readable(context):
        if at.setting.enabled and at.setting.distribute and (at.rule is not None or mesh_too):
            for case in _cases_of(context, at):
                rule = choose_rule(at.setting.distribute, case.origin.locality)
                if rule is not None and case.applied.mode is Mode.DISTRIBUTE:
                    yield Distribution(at, at.setting.distribute.index(rule), rule, case)


def _cases_of(context: AnalysisContext, at: LocatedSetting) -> t.Iterator[TrafficCase]:
    """The cases in which the setting counts, and imagined clients of rules that have none."""
    if at.rule is None or at.policy is None:
        cases = [case for case in context.all_cases() if follows_mesh_setting(case.policy)]
    else:
        cases = context.cases_of(at.rule, at.policy)
    yield from cases
    for case in first_by_service(cases):
        yield from (case.moved(origin) for origin in context.imagined)


def follows_mesh_setting(policy: Policy) -> bool:
    """Does neither the rule nor the Service say anything of locality?"""
    own = (policy.locality_lb, policy.zone_aware_lb, policy.mesh_zone_aware_lb)
    return own == (None, None, None) and policy.traffic_distribution not in TRAFFIC_DISTRIBUTION
