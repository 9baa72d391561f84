# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints that have a host name: what it stands for.

Envoy would ask again and again; here the names are looked up whenever a lab is configured.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common import name_resolution
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Endpoint,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    CLIENT_SIDE,
    DNS,
)

Lookup: t.TypeAlias = t.Callable[[str], t.Sequence[str]]

# how a service's endpoints may be found on loopback
RESOLUTIONS = (CLIENT_SIDE, DNS)


def lookup(pod: KubernetesObject, further: Lookup = name_resolution.addresses) -> Lookup:
    """How a pod's proxy looks names up: in the pod's hosts file, then as this machine does."""
    aliases: dict[str, list[str]] = {}
    for alias in spec_of(pod).get("hostAliases") or ():
        for name in alias.get("hostnames") or ():
            aliases.setdefault(name, []).append(alias["ip"])
    return lambda name: aliases.get(name) or further(name)


def resolved(assignment: Assignment, look_up: Lookup) -> Assignment:
    """One endpoint for each address of a name, and none for a name that has no address."""
    return replace(
        assignment,
        groups=tuple(
            replace(
                group,
                summary=None,
                endpoints=tuple(
                    found for endpoint in group.endpoints for found in _each(endpoint, look_up)
                ),
            )
            for group in assignment.groups
        ),
    )


def _each(endpoint: Endpoint, look_up: Lookup) -> t.Iterator[Endpoint]:
    for address in look_up(endpoint.address):
        yield replace(endpoint, address=address)
