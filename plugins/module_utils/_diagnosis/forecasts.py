# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecasts that belong to findings, or that were asked for."""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.neighbourhood import (
    concerned_services,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    FindingGroup,
    ForecastResult,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.not_considered import (
    NotConsideredFinder,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.refused import CompleteMesh
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    ToldRoutes,
    forecast_target,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
    ServiceTarget,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import Service

CONCERNED, ALL, NONE = "concerned", "all", "none"
SELECTIONS = (CONCERNED, ALL, NONE)


@dataclass(frozen=True, slots=True)
class ForecastSelection:
    """Which services to forecast for: those of findings, all, none; or these hosts."""

    which: str = CONCERNED
    hosts: tuple[str, ...] = ()
    # services, and clients of each, at most, for findings
    most: int = 3
    most_clients: int = 4


def check_hosts(topology: Topology, hosts: t.Iterable[str]) -> None:
    """Raise InvalidInput for the first name that no service of any cluster has."""
    known = {
        name
        for each in topology.states
        for s in topology.view(each).services.all
        for name in _names(s)
    }
    for host in hosts:
        if host not in known:
            near = difflib.get_close_matches(host, known, 3) or sorted(known)[:3]
            raise InvalidInput(
                f"services: no service is called '{host}'; there are {', '.join(near) or 'none'}"
            )


def forecasts(
    accepted: CompleteMesh,
    whole: CompleteMesh,
    groups: t.Sequence[FindingGroup],
    selection: ForecastSelection,
    left_out: NotConsideredFinder,
) -> tuple[list[ForecastResult], int]:
    """Return the forecasts of the ``accepted`` mesh, and how many services more there would be.

    The ``whole`` mesh has the objects that are refused as well, as findings are about them.
    A cluster of which a part is unknown has none: the shares would be those of what was assumed.
    """
    found: list[ForecastResult] = []
    more = 0
    told = ToldRoutes()
    topology = accepted.topologies[0]
    for cluster in topology.states:
        if selection.which == NONE or accepted.completion.unknown.get(cluster):
            continue
        context = AnalysisContext(topology, cluster, imagine=False)
        full = context
        if whole is not accepted:
            full = AnalysisContext(whole.topologies[0], cluster, imagine=False)
        chosen = _accepted(context, _services(full, cluster, groups, selection))
        few = not selection.hosts and selection.which == CONCERNED
        services, clients = (selection.most, selection.most_clients) if few else (None, None)
        more += len(chosen[services:]) if few else 0
        for service in chosen[:services]:
            found += [
                ForecastResult(each, left_out.of(each, names, full))
                for each, names in _of_service(context, cluster, service, clients, told)
            ]
    return found, more


def _accepted(context: AnalysisContext, services: t.Iterable[Service]) -> list[Service]:
    """The same services without those that are refused."""
    known = {(each.host, each.namespace): each for each in context.services}
    keys = ((each.host, each.namespace) for each in services)
    return [known[key] for key in keys if key in known]


def _services(
    context: AnalysisContext,
    cluster: str,
    groups: t.Sequence[FindingGroup],
    selection: ForecastSelection,
) -> list[Service]:
    if selection.hosts:
        return [each for each in context.services if _is_named(each, selection.hosts)]
    if selection.which == ALL:
        return list(context.services)
    found: dict[tuple[str, str], Service] = {}
    for group in groups:
        for each in group.findings:
            if each.cluster == cluster:
                for service in concerned_services(context, each.finding.object):
                    found.setdefault((service.host, service.namespace), service)
    return list(found.values())


def _is_named(service: Service, hosts: t.Container[str]) -> bool:
    return any(name in hosts for name in _names(service))


def _names(service: Service) -> tuple[str, ...]:
    return service.host, service.name, f"{service.name}.{service.namespace}"


def _of_service(
    context: AnalysisContext, cluster: str, service: Service, most: int | None, told: ToldRoutes
) -> t.Iterator[tuple[ServiceForecast, t.Collection[str]]]:
    """Yield the forecasts of clients, each with the names of all that are like the client."""
    cases = [each for each in context.cases(service) if not each.subset]
    for case in cases[:most]:
        name = min(case.origin.names, default="")
        client = ForecastClient(case.origin.proxy, cluster, name)
        target = ServiceTarget(service, case.port)
        for each in told.new(client, forecast_target(context.topology, client, target)):
            yield each, case.origin.names
