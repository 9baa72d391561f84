# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of playbooks, which no role's argument spec has."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import Spec
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.scenario_variables import (
    DNS_PROXY_OPTIONS,
)

_REFS = (
    "each with C(namespace), C(workload) and, where it is another one than this host's, C(cluster)"
)
PLAYBOOK_OPTIONS: dict[str, Spec] = {
    "mesh_id": {
        "type": "str",
        "description": "The mesh of the cluster. Clusters of one mesh read each other's services.",
    },
    "mesh_network": {
        "type": "str",
        "description": "The network of the cluster. Pods of different networks reach each other through gateways.",
    },
    "mesh_trust_domain": {"type": "str", "description": "The trust domain of the mesh."},
    "scenario_keep_rules": {
        "type": "bool",
        "description": "Whether the rules stay when the scenario ends.",
    },
    "scenario_hosts": {
        "type": "list",
        "elements": "str",
        "description": "Hosts that rules and URLs may name though no workload has them.",
    },
    "locality_as_commonly_written": {
        "type": "bool",
        "description": "Whether to apply rules as most people write them, without C(maxEjectionPercent).",
    },
    "explain_scenario": {
        "type": "str",
        "description": "The scenario whose rules to explain, in place of those in force.",
    },
    "explain_clients": {
        "type": "list",
        "elements": "dict",
        "description": "The clients to explain requests of, each with C(namespace) and C(workload); by default O(proof_client).",
    },
    "explain_services": {
        "type": "list",
        "elements": "raw",
        "description": "The services to explain; by default the one of O(proof_url).",
    },
    "explain_drained": {
        "type": "list",
        "elements": "dict",
        "description": f"Workloads to take for drained, {_REFS}.",
    },
    "explain_scaled": {
        "type": "list",
        "elements": "dict",
        "description": f"Workloads to take for scaled to C(replicas), {_REFS}.",
    },
    "images_file": {
        "type": "path",
        "description": "The file that the playbook C(images) writes.",
    },
    **DNS_PROXY_OPTIONS,
}
