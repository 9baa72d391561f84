# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: peer_connections
short_description: How to reach the other clusters of a lab
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Makes of the hosts of a lab what modules take as C(peers), leaving out the cluster's own.
positional: own, hostvars, connection
options:
  _input:
    description: The names of all clusters, which are hosts of the inventory.
    type: list
    elements: str
    required: true
  own:
    description: The cluster's own name.
    type: str
    required: true
  hostvars:
    description: The variables of all hosts; C(mesh_kubeconfig) and C(mesh_context) of a cluster count.
    type: dict
    required: true
  connection:
    description: How the cluster itself is reached, C(mesh_connection).
    type: dict
    required: true
"""

EXAMPLES = r"""
# => [{'cluster': 'west'}]
peers: "{{ ['east', 'west'] | eastwest.mesh.peer_connections('east', {}, {'provider': 'loopback'}) }}"
"""

RETURN = r"""
_value:
  description: A mapping of C(cluster), and C(kubeconfig) and C(context) where they are needed, for each other cluster.
  type: list
  elements: dict
"""

import typing as t


def peer_connections(
    clusters: t.Iterable[str],
    own: str,
    hostvars: t.Mapping[str, t.Any],
    connection: t.Mapping[str, t.Any],
) -> list[dict[str, str]]:
    return [
        {"cluster": str(name), **_reached(str(name), hostvars, connection)}
        for name in clusters
        if name != own
    ]


def _reached(
    name: str, hostvars: t.Mapping[str, t.Any], connection: t.Mapping[str, t.Any]
) -> dict[str, str]:
    if connection.get("provider", "loopback") == "loopback":
        return {}
    given = hostvars.get(name, {})
    in_lab = f"{connection.get('lab_directory')}/clusters/{name}/kubeconfig"
    exists = connection.get("provider") == "existing"
    found = {
        "kubeconfig": str(given.get("mesh_kubeconfig", "" if exists else in_lab)),
        "context": str(given.get("mesh_context", "")),
    }
    return {option: value for option, value in found.items() if value}


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"peer_connections": peer_connections}
