# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What istiod sends to one client."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.distribute import (
    distribute,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover import (
    fail_over,
    zone_aware,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover_priority import (
    by_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.grouping import (
    EndpointView,
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.health import (
    effective_outlier_detection,
    panic_threshold,
    sends_unhealthy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.labels import (
    client_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    LbMode,
    Mode,
    resolve_mode,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Client,
    Endpoint,
    LocalityGroup,
    NetworkGateway,
    Policy,
)

PASSTHROUGH = "PASSTHROUGH"


def build_load_assignment(
    client: Client,
    endpoints: t.Sequence[Endpoint] | GroupedEndpoints,
    policy: Policy,
    gateways: t.Sequence[NetworkGateway] = (),
) -> Assignment:
    """Compute priorities, weights and dropped endpoints as istiod does.

    For many clients of one service, build ``GroupedEndpoints`` (with its gateways) once and
    give it in place of the endpoints.
    """
    if not isinstance(endpoints, GroupedEndpoints):
        endpoints = GroupedEndpoints(endpoints, gateways)
    elif gateways:
        raise ValueError("the gateways belong into GroupedEndpoints")
    view = endpoints.view_of(client, sends_unhealthy(policy))
    if policy.load_balancer == PASSTHROUGH:
        return Assignment(
            view.groups,
            load_balancer=PASSTHROUGH,
            dropped=view.dropped,
            reasons=("PASSTHROUGH: Envoy connects to the address that the client asked for",),
        )
    applied = resolve_mode(policy)
    arranged = _arrange(client, view, applied)
    return Assignment(
        arranged.groups,
        locality_weighted=applied.locality_weighted,
        panic_threshold=panic_threshold(policy),
        load_balancer=policy.load_balancer,
        dropped=view.dropped,
        nondeterministic=arranged.nondeterministic,
        zone_aware=applied.setting.zone_aware,
        outlier_detection=effective_outlier_detection(policy),
        reasons=(*applied.reasons, *arranged.reasons),
    )


@dataclass(frozen=True, slots=True)
class _Arranged:
    groups: tuple[LocalityGroup, ...]
    nondeterministic: bool = False
    reasons: tuple[str, ...] = ()


def _arrange(client: Client, view: EndpointView, applied: LbMode) -> _Arranged:
    locality = parse_locality(client.locality)
    setting = applied.setting
    if applied.mode is Mode.DISTRIBUTE:
        split = distribute(view.groups, locality, setting.distribute)
        which = f"the rule from {split.rule.source}" if split.rule else "no rule"
        why = f"{which} is for clients in {str(locality) or 'no locality'}"
        return _Arranged(split.groups, split.nondeterministic, (why,))
    if applied.mode is Mode.NOTHING:
        return _Arranged(view.groups)
    groups = view.groups
    reasons: tuple[str, ...] = ()
    if setting.failover_priority:
        labels = client_labels(client)
        groups = by_labels(view, setting.failover_priority, labels)
        reasons = () if labels else ("the client has no labels, so failoverPriority is skipped",)
    if applied.mode is Mode.ZONE_AWARE:
        groups = zone_aware(groups, locality, setting.failover)
    elif applied.mode is Mode.FAILOVER or applied.region_failover:
        groups = fail_over(groups, locality, setting.failover)
    return _Arranged(groups, reasons=reasons)
