# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short ways to write endpoints, policies and rules in tables."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Endpoint,
    LocalityGroup,
    Policy,
)

REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
SUBZONE = "topology.istio.io/subzone"
NETWORK = "topology.istio.io/network"
CLUSTER = "topology.istio.io/cluster"
HOSTNAME = "kubernetes.io/hostname"

# outlier detection that is there, and nothing more
PRESENT: t.Mapping[str, t.Any] = {}


def endpoints(where: t.Mapping[str, t.Sequence[int]], **fields: t.Any) -> list[Endpoint]:
    """Endpoints by locality and weight; the addresses count up."""
    number = itertools.count(1)
    return [
        Endpoint(f"10.0.0.{next(number)}", 80, locality=locality, weight=weight, **fields)
        for locality, weights in where.items()
        for weight in weights
    ]


def distribute(*rules: tuple[str, t.Mapping[str, int]]) -> dict[str, t.Any]:
    """A localityLbSetting with weights."""
    return {"distribute": [{"from": source, "to": dict(to)} for source, to in rules]}


def failover(*rules: tuple[str, str]) -> dict[str, t.Any]:
    """A localityLbSetting with failover regions."""
    return {"failover": [{"from": source, "to": target} for source, target in rules]}


def labels_first(*entries: str, **more: t.Any) -> dict[str, t.Any]:
    """A localityLbSetting with failoverPriority."""
    return {"failoverPriority": list(entries), **more}


def ejecting(setting: t.Mapping[str, t.Any] | None = None, **fields: t.Any) -> Policy:
    """A policy with outlier detection."""
    return Policy(locality_lb=setting, outlier_detection=PRESENT, **fields)


def priorities(assignment: Assignment) -> dict[str, int]:
    """The priority of each address."""
    return {
        endpoint.address: group.priority
        for group in assignment.groups
        for endpoint in group.endpoints
    }


def by_locality(assignment: Assignment) -> dict[str, LocalityGroup]:
    """The groups by locality string, where each has one group."""
    return {group.locality: group for group in assignment.groups}
