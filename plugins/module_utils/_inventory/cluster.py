# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the data that the role cluster makes a cluster of."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import overlaps
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import named_nodes
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    provider,
)

PROVIDERS = ("loopback", "kind", "existing")
_LAB_NAME = re.compile(r"[^./][^/]*")
_CLUSTER_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def cluster_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe wrong names and directories; of a cluster that shall exist its nodes, too."""
    host = lab.clusters[name]
    if provider(host) not in PROVIDERS:
        yield f"mesh_provider is '{provider(host)}'; choose loopback, kind or existing"
    if not _LAB_NAME.fullmatch(str(host["mesh_lab"])):
        yield f"mesh_lab is '{host['mesh_lab']}'; choose a name that a directory can have, without /"
    if not os.path.isabs(os.path.expanduser(str(host["mesh_lab_directory"]))):  # noqa: PTH111, PTH117
        yield f"mesh_lab_directory is '{host['mesh_lab_directory']}'; write a whole path"
    if provider(host) != "existing" and not _CLUSTER_NAME.fullmatch(name):
        yield (
            f"the host '{name}' is a cluster; give it a name of lower-case letters, digits, - and ."
        )
    if host["cluster_state"] != "absent":
        # they never stand in the way of a deletion
        yield from _topology_problems(lab, name)


def _topology_problems(lab: Lab, name: str) -> t.Iterator[str]:
    host = lab.clusters[name]
    try:
        nodes = named_nodes(host["cluster_nodes"], name)
    except InvalidInput as exc:
        yield str(exc)
        return
    if provider(host) != "existing" and all(node["role"] != "worker" for node in nodes):
        yield f"cluster_nodes of {name} lists no worker"
    if provider(host) == "kind" and not host["cluster_kubeconfig"]:
        yield "cluster_kubeconfig is empty; name a file that the cluster is to be written to"


def subnet_overlaps(lab: Lab) -> t.Iterator[str]:
    """Describe the subnets that two clusters, or the pods and services of one, claim."""
    claims = {
        name: [
            part.strip()
            for variable in ("cluster_pod_subnet", "cluster_service_subnet")
            for part in str(host.get(variable) or "").split(",")
        ]
        for name, host in lab.clusters.items()
        if host.get("cluster_state") != "absent"
    }
    try:
        found = overlaps(claims)
    except InvalidInput as exc:
        yield f"cluster_pod_subnet, cluster_service_subnet: {exc}"
        return
    for overlap in found:
        yield f"{overlap} overlap; change cluster_pod_subnet or cluster_service_subnet"
