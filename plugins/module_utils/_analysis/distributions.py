# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``distribute`` rules, each with a client that it is for."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
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
    DistributeRule,
    Mode,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    is_unhealthy,
)


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
    def where(self) -> str:
        return place(self.case.origin.client.locality)

    @property
    def weights(self) -> dict[str, int]:
        return {target.key: target.percent for target in self.rule.targets}

    def covered(self, pattern: Locality) -> list[tuple[int, int]]:
        """Hosts and healthy hosts of each locality that a key covers."""
        return [counts for locality, counts in self.visible.items() if matches(pattern, locality)]

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


def distributions(context: AnalysisContext) -> t.Iterator[Distribution]:
    """Every rule that is in effect for somebody, once for each service."""
    for at in readable(context):
        if at.rule is None or at.policy is None or not at.setting.enabled:
            continue
        for service in context.services_of(at.rule):
            cases = [
                case
                for case in context.cases_of(at.rule, at.policy)
                if case.service.host == service.host
            ]
            for index, rule in enumerate(at.setting.distribute):
                case = _client_of(context, at, rule, cases)
                if case is not None and case.applied.mode is Mode.DISTRIBUTE:
                    yield Distribution(at, index, rule, case)


def _client_of(
    context: AnalysisContext,
    at: LocatedSetting,
    rule: DistributeRule,
    cases: t.Sequence[TrafficCase],
) -> TrafficCase | None:
    """A client that the rule is for; if there is none, one is imagined where one could be."""
    for case in cases:
        if choose_rule(at.setting.distribute, case.origin.locality) is rule:
            return case
    if not cases:
        return None
    for origin in context.imagined:
        if choose_rule(at.setting.distribute, origin.locality) is rule:
            return cases[0].moved(origin)
    return None
