# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of all scenarios, with their forms: the preflight checks them, docs/scenarios.md lists them.

Rules and steps have the forms that the roles locality and proof give them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import (
    Spec,
    options,
)

# Scenarios that apply NAME_rules and prove NAME_steps, with what they prove
RULE_SCENARIOS = {
    "failover": "requests stay in their zone, move on when it fails, and come home",
    "distribute": "requests are spread by the weights of a rule",
    "zone_aware": "outlier detection alone keeps requests near",
    "cross_cluster": "the pods of all clusters answer",
    "multi_primary_failover": "requests move between the clusters of one mesh",
}
COMMONLY_WRITTEN = "_as_commonly_written"


def rule_options(name: str, variant: str = "") -> dict[str, Spec]:
    """Return the forms of a scenario's rules and steps."""
    return {
        f"{name}_rules": {
            **options()["locality_rules"],
            "description": "The rules under test, as the role locality has them.",
        },
        f"{name}_steps{variant}": {
            **options()["proof_steps"],
            "description": "What must happen, one step after the other."
            if not variant
            else "The same for the rules as most people write them, an outage.",
        },
    }


def _steps(description: str) -> Spec:
    return {**options()["proof_steps"], "description": description}


def federation_options(name: str) -> dict[str, Spec]:
    """Return the forms of the variables of federation, load_balancing or federation_variants."""
    return {**_exported(), **_FEDERATION[name]()}


def _exported() -> dict[str, Spec]:
    return {
        "federation_exporter": {
            "type": "str",
            "description": "The cluster whose service the cluster with this variable imports.",
        },
        "federation_trust_domain": {
            "type": "str",
            "description": "The cluster's trust domain while a scenario has distinct ones.",
        },
        "federation_trust_domains": {
            "type": "str",
            "choices": ("same", "distinct"),
            "description": "Whether both meshes have one trust domain.",
        },
        "federation_identify": {
            "type": "dict",
            "description": "How answers tell who gave them, as O(proof_identify).",
        },
        "federation_client": {
            "type": "dict",
            "description": "Namespace and workload of the client.",
        },
        "federation_url": {"type": "str", "description": "What the client asks for."},
        "federation_requests": {
            "type": "int",
            "description": "How many requests a step is judged by.",
        },
        "federation_keep": {
            "type": "bool",
            "description": "Whether what the scenario imported stays when it ends.",
        },
    }


def _imported() -> dict[str, Spec]:
    return {
        "federation_workloads": {
            "type": "list",
            "elements": "dict",
            "description": "The workloads of the scenario in this cluster, as O(workload_list).",
        },
        "federation_imports": {
            "type": "dict",
            "description": "The imports by the names that steps call them by in C(prepare.import), as O(import_service_list).",
        },
        "federation_exposed_hosts": {
            "type": "list",
            "elements": "str",
            "description": "What other meshes may reach through the gateway of this one.",
        },
        "federation_local": {
            "type": "dict",
            "description": "The importing cluster's own server of the service, as O(workload_list).",
        },
        "federation_rule": {
            "type": "dict",
            "description": "The DestinationRule whose spec steps complete by C(prepare.client_rule) and C(prepare.server_rule).",
        },
        "federation_locality_rule": {
            "type": "dict",
            "description": "The rule whose fields steps complete by C(prepare.locality), as O(locality_rules).",
        },
    }


_FEDERATION: dict[str, t.Callable[[], dict[str, Spec]]] = {
    "federation": lambda: {
        **_imported(),
        "federation_steps": _steps("What must happen, one step after the other."),
        "federation_cures": _steps("Steps after those, which make connections share requests."),
    },
    "load_balancing": lambda: {
        **_imported(),
        "load_balancing_workloads": {
            "type": "list",
            "elements": "dict",
            "description": "The clients that send the load, as O(workload_list).",
        },
        "load_balancing_client": {
            "type": "dict",
            "description": "Namespace and workload of the client.",
        },
        "load_balancing_servers": {
            "type": "list",
            "elements": "dict",
            "description": "The servers whose sidecars count, as C(servers) of a step.",
        },
        "load_balancing_steps": _steps("What must happen, one step after the other."),
    },
    "federation_variants": lambda: {
        "federation_variants": {
            "type": "list",
            "elements": "dict",
            "description": "The kinds of trust between two meshes: C(name), C(root) (V(common) or V(own)), C(domains).",
        },
        "federation_variant_workloads": {
            "type": "list",
            "elements": "dict",
            "description": "The workloads of the scenario in this cluster, as O(workload_list).",
        },
        "federation_variant_imports": {
            "type": "list",
            "elements": "dict",
            "description": "All ways to import the service, as O(import_service_list).",
        },
        "federation_variant_exposed_hosts": {
            "type": "list",
            "elements": "str",
            "description": "What other meshes may reach through the gateway of this one.",
        },
        "federation_egress": {
            "type": "dict",
            "description": "The gateway of the importing cluster through which some requests go.",
        },
        "federation_variant_steps": _steps("What must happen with each kind of trust."),
        "federation_variant_steps_once": _steps("What must happen once."),
        "federation_variant_expect": {
            "type": "dict",
            "description": "What steps expect that say nothing else.",
        },
        "federation_failures": {
            "type": "list",
            "elements": "dict",
            "description": "What must fail, and with C(fails_at) at which hop.",
        },
    },
}

DNS_PROXY_OPTIONS: dict[str, Spec] = {
    "dns_proxy_client": {
        "type": "dict",
        "description": "Namespace and workload of the client.",
    },
    "dns_proxy_services": {
        "type": "list",
        "elements": "dict",
        "description": "Hosts that only ServiceEntries know: C(name), C(host), C(port) and C(protocol).",
    },
}


def scenario_options() -> dict[str, dict[str, Spec]]:
    """Return the variables of every scenario, by the playbook that proves it."""
    found = {name: rule_options(name) for name in RULE_SCENARIOS}
    found["failover"] |= rule_options("failover", COMMONLY_WRITTEN)
    found |= {name: federation_options(name) for name in _FEDERATION}
    return {**found, "dns_proxy": dict(DNS_PROXY_OPTIONS)}
