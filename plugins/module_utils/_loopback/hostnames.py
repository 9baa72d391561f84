# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve host names of endpoints when a lab is configured, where Envoy does it repeatedly."""

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

# the resolutions that loopback implements
RESOLUTIONS = (CLIENT_SIDE, DNS)


def lookup(pod: KubernetesObject, fallback: Lookup = name_resolution.addresses) -> Lookup:
    """Return the lookup of a pod's proxy: the pod's hosts file, then this machine's resolver."""
    aliases: dict[str, list[str]] = {}
    for alias in spec_of(pod).get("hostAliases") or ():
        for name in alias.get("hostnames") or ():
            aliases.setdefault(name, []).append(alias["ip"])
    return lambda name: aliases.get(name) or fallback(name)


def resolve_assignment(assignment: Assignment, look_up: Lookup) -> Assignment:
    """Replace each endpoint by one endpoint for each address of its name."""
    return replace(
        assignment,
        groups=tuple(
            replace(
                group,
                summary=None,
                endpoints=tuple(
                    resolved
                    for endpoint in group.endpoints
                    for resolved in _resolve_endpoint(endpoint, look_up)
                ),
            )
            for group in assignment.groups
        ),
    )


def _resolve_endpoint(endpoint: Endpoint, look_up: Lookup) -> t.Iterator[Endpoint]:
    for address in look_up(endpoint.address):
        yield replace(endpoint, address=address)
