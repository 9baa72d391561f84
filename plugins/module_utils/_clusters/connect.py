# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connect to the cluster that a module's options name."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster


def peer_options(params: t.Mapping[str, t.Any], peer: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the options of a peer, completed with the module's own."""
    given = {name: peer.get(name) for name in CLUSTER_OPTIONS}
    return {name: params.get(name) if value is None else value for name, value in given.items()}


def connect(params: t.Mapping[str, t.Any]) -> Cluster:
    """Return the cluster of the options ``CLUSTER_ARGUMENTS``. Raises MeshError when it is missing."""
    provider = params["provider"]
    if provider == "loopback":
        from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.loopback import (
            LoopbackCluster,
        )

        return LoopbackCluster(params["lab_directory"], params["cluster"])
    if provider in ("kind", "existing"):
        from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.kubernetes import (
            KubernetesCluster,
        )

        return KubernetesCluster(params)
    raise InvalidInput(f"provider: '{provider}' is unknown; choose loopback, kind or existing")
