# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast of one client and one service port."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import (
    Answers,
    Destination,
    GatewayTracer,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.effective_shares import (
    EffectiveShares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.route_parts import RoutePart
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
    ServiceTarget,
    routed_by,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    OutboundCluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import Ejection
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover_order import (
    FailoverStep,
    failover_order,
    without_each_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    EXACT,
    RANDOM,
    EndpointShare,
)

# requests that share a connection end at the same pod, so nothing can be said about each of them
CONNECTION = "connection"
# in a mesh of many localities the end of each is hardly news: the document would grow with their cube
_MOST_ALONE = 12


@dataclass(frozen=True, slots=True)
class FailoverStage:
    """Destinations once some priorities (or one locality) are dead."""

    dead: tuple[int, ...]
    locality: str
    answers: Answers
    by_ejection: bool
    reason: str


@dataclass(frozen=True)
class ServiceForecast:
    """The forecast of one client's requests to one service port."""

    client: ForecastClient
    target: ServiceTarget
    outbound: OutboundCluster
    effective: EffectiveShares
    answers: Answers
    stages: tuple[FailoverStage, ...]
    ejection: Ejection
    # the object whose route may send connections elsewhere: that is not modelled
    routed_by: str
    tracer: GatewayTracer
    # the route that leads here, where a rule has it
    via: RoutePart | None = None

    @property
    def lost(self) -> float:
        """The part of the requests that fails now."""
        return self.answers.lost

    @cached_property
    def destinations(self) -> tuple[Destination, ...]:
        """All that may answer, those with a share first in their priority."""
        return self.answers.destinations

    @cached_property
    def without(self) -> tuple[FailoverStage, ...]:
        """The stages where one locality alone dies, of those with the greatest shares; see ``alike``."""
        if not self.alike:
            return ()
        found = without_each_locality(
            self.outbound.assignment, self.alike[:_MOST_ALONE], unhealthy=self.effective.ejected
        )
        return tuple(
            FailoverStage(
                (),
                place,
                self.tracer.answers(shares.endpoints),
                True,
                f"{place or '(none)'} dead",
            )
            for place, shares in found.items()
        )

    @cached_property
    def alike(self) -> tuple[str, ...]:
        """The localities that get requests, the greatest shares first; empty where none shares a priority."""
        if not self.answers.destinations:
            return ()
        busy: dict[tuple[int, str], float] = {}
        for each in self.effective.endpoints:
            if each.share:
                key = (each.priority, each.locality)
                busy[key] = busy.get(key, 0.0) + each.share
        if len(busy) == len({priority for priority, _unused in busy}):
            return ()
        shares: dict[str, float] = {}
        for (_priority, name), share in busy.items():
            shares[name] = shares.get(name, 0.0) + share
        return tuple(sorted(shares, key=lambda name: (-round(shares[name], 9), name)))

    def shares(self, key: str, answers: Answers | None = None) -> dict[str, float]:
        """Return the share of each value; ``locality`` is as the client's istiod sees it."""
        found: dict[str, float] = {}
        for destination in (answers or self.answers).destinations:
            name = destination.seen_as if key == "locality" else destination.value(key) or ""
            found[name] = found.get(name, 0.0) + destination.share
        return found

    def model(self, key: str) -> str:
        """Return how counts by this key vary: exact, random, or by connections."""
        busy = {destination.endpoint for destination in self.destinations if destination.share}
        behind = self.tracer.models_behind(key, busy)
        if behind and not self.outbound.one_request_a_connection:
            return CONNECTION
        values: dict[tuple[int, str], set[str | None]] = {}
        for destination in self.destinations:
            if destination.share:
                values.setdefault((destination.priority, destination.seen_as), set()).add(
                    destination.value(key)
                )
        whole = all(len(each) == 1 for each in values.values())
        own = self.effective.locality_model if whole else self.effective.model
        return EXACT if own == EXACT and RANDOM not in behind else RANDOM

    @cached_property
    def risks(self) -> tuple[str, ...]:
        """Why requests fail now, or would as endpoints stop answering."""
        now = (*self.effective.reasons, *self.answers.reasons)
        alone = [stage.reason for stage in self.stages[1:-1] if not stage.by_ejection]
        if alone:
            alone = [f"{alone[0]}: until readiness probes take them out, requests fail"]
        elif not self.ejection.possible and not now and len(self.destinations) > 1:
            alone = [
                f"{self.ejection.reason}: what is sent to an endpoint that stops answering is "
                "tried again elsewhere in its priority, until its readiness probe takes it out"
            ]
        return tuple(dict.fromkeys((*now, *alone)))


def forecast_service(
    topology: Topology, client: ForecastClient, target: ServiceTarget, *, retries: bool = True
) -> ServiceForecast:
    """Forecast one client's requests to one service port, whatever routes there are."""
    builder = topology.builder(client.cluster)
    outbound = builder.cluster(client.proxy, target.service, target.port, target.subset)
    tracer = GatewayTracer(topology, client.proxy, outbound, retries=retries)
    now = tracer.effective_shares()
    order = failover_order(outbound.assignment, unhealthy=now.ejected)
    return ServiceForecast(
        client=client,
        target=target,
        outbound=outbound,
        effective=now,
        answers=tracer.answers(now.endpoints),
        stages=tuple(_stage(tracer, step, now.endpoints) for step in order.steps),
        ejection=order.ejection,
        routed_by=routed_by(topology.view(client.cluster), client.proxy, target),
        tracer=tracer,
    )


def _stage(
    tracer: GatewayTracer, step: FailoverStep, now: t.Sequence[EndpointShare]
) -> FailoverStage:
    endpoints = step.shares.endpoints if step.dead else now
    return FailoverStage(step.dead, "", tracer.answers(endpoints), step.by_ejection, step.reason)
