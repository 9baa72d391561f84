# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints grouped once, for any number of clients."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.health import (
    drop_reason,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.labels import (
    label_reader,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.split_horizon import (
    MAX_WEIGHT,
    Dropped,
    SplitHorizon,
    in_view,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
    LocalityGroup,
    NetworkGateway,
    Summary,
    summarize,
)


class Bucket(t.NamedTuple):
    """Endpoints of one group whose labels have the same values."""

    values: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    summary: Summary


@dataclass(slots=True)
class EndpointView:
    """What clients of one network see, before any locality rule; all at priority 0."""

    groups: tuple[LocalityGroup, ...]
    dropped: tuple[Dropped, ...]
    _buckets: dict[tuple[str, ...], tuple[tuple[Bucket, ...], ...]] = field(default_factory=dict)

    def by_labels(self, names: tuple[str, ...]) -> tuple[tuple[Bucket, ...], ...]:
        """Return each group's endpoints by the values of these labels."""
        if names not in self._buckets:
            readers = [label_reader(name) for name in names]
            self._buckets[names] = tuple(_buckets(group, readers) for group in self.groups)
        return self._buckets[names]


class GroupedEndpoints:
    """A service's endpoints by locality string, as istiod groups them.

    Build it once and give it to ``assign`` for every client: clients of one network share
    all work that does not depend on where the client runs.
    """

    def __init__(
        self, endpoints: t.Iterable[Endpoint], gateways: t.Iterable[NetworkGateway] = ()
    ) -> None:
        self._endpoints = tuple(endpoints)
        self._gateways = tuple(gateways)
        self._views: dict[t.Hashable, EndpointView] = {}

    def view_of(self, client: Client, unhealthy_too: bool = True) -> EndpointView:
        """Return the groups for this client."""
        # without gateways neither the network nor the address families make a difference
        where = (client.network, client.ip_families) if self._gateways else ()
        key = (where, client.network_view, unhealthy_too)
        if key not in self._views:
            self._views[key] = self._view(client, unhealthy_too)
        return self._views[key]

    def _view(self, client: Client, unhealthy_too: bool) -> EndpointView:
        by_locality: defaultdict[str, list[Endpoint]] = defaultdict(list)
        dropped: list[Dropped] = []
        for endpoint in self._endpoints:
            why = drop_reason(endpoint.health, unhealthy_too)
            if not in_view(client, endpoint):
                why = f"the client's network view leaves out network {endpoint.network}"
            if why:
                dropped.append((endpoint, why))
            else:
                by_locality[endpoint.locality].append(endpoint)
        groups = [_group(locality, by_locality[locality]) for locality in sorted(by_locality)]
        if self._gateways:
            horizon = SplitHorizon(client, self._gateways)
            rewritten = [horizon.apply(group) for group in groups]
            groups = [group for group, _unused in rewritten]
            dropped.extend(each for _unused, lost in rewritten for each in lost)
        return EndpointView(_marked(groups), tuple(dropped))


def _marked(groups: t.Sequence[LocalityGroup]) -> tuple[LocalityGroup, ...]:
    """Say of each group whether an address of it occurs twice: Envoy keeps only the first."""
    keys = [{(each.address, each.port) for each in group.endpoints} for group in groups]
    seen: set[tuple[str, int]] = set()
    repeated: set[tuple[str, int]] = set()
    for own in keys:
        repeated |= own & seen
        seen |= own
    return tuple(
        replace(group, repeats=len(own) < len(group.endpoints) or not own.isdisjoint(repeated))
        for group, own in zip(groups, keys, strict=True)
    )


def _group(locality: str, members: t.Iterable[Endpoint]) -> LocalityGroup:
    endpoints = tuple(
        endpoint if endpoint.weight else replace(endpoint, weight=1) for endpoint in members
    )
    summary = summarize(endpoints)
    return LocalityGroup(locality, 0, min(summary.weight, MAX_WEIGHT), endpoints, summary=summary)


def _buckets(
    group: LocalityGroup, readers: t.Sequence[t.Callable[[Endpoint], str]]
) -> tuple[Bucket, ...]:
    members: defaultdict[tuple[str, ...], list[Endpoint]] = defaultdict(list)
    for endpoint in group.endpoints:
        members[tuple([read(endpoint) for read in readers])].append(endpoint)
    return tuple(
        Bucket(values, tuple(endpoints), summarize(endpoints))
        for values, endpoints in members.items()
    )
