# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported workloads: how their gateway is reached. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    MTLS_PORT,
)


def without_mtls(facts: AnalysisContext) -> t.Iterator[Finding]:
    """A gateway passes on mTLS connections only, by the name in them."""
    for entry in facts.entries:
        mode = entry.labels.get(well_known.TLS_MODE)
        promised = (
            mode == well_known.TLS_MODE_ISTIO
            if mode is not None
            else entry.raw.get("serviceAccount")
        )
        if promised or not is_imported(facts, entry):
            continue
        what = (
            f"the label {well_known.TLS_MODE} is {mode}"
            if mode
            else f"no label {well_known.TLS_MODE}"
        )
        yield finding(
            "EW601",
            entry.title,
            f'{entry.path}.labels["{well_known.TLS_MODE}"]',
            message=f"{what}{'' if mode else ' and no serviceAccount'}, though {_why(facts, entry)}",
            effect="clients send plain text to it; a gateway that passes connections on by the "
            "name in their TLS handshake resets them",
            instead=snippets.block({"labels": {well_known.TLS_MODE: well_known.TLS_MODE_ISTIO}}),
        )


def without_account(facts: AnalysisContext) -> t.Iterator[Finding]:
    for entry in facts.entries:
        if entry.raw.get("serviceAccount") or not is_imported(facts, entry):
            continue
        accounts = _accounts_beside(facts, entry)
        if not accounts or entry.labels.get(well_known.TLS_MODE) != well_known.TLS_MODE_ISTIO:
            continue
        yield finding(
            "EW602",
            entry.title,
            f"{entry.path}.serviceAccount",
            message=f"no serviceAccount; the other endpoints run as {listed(accounts)}",
            effect=f"clients accept only {listed(accounts)} behind the gateway, too: if the remote "
            "workload runs as another account, every connection to it fails",
            instead=snippets.block({"serviceAccount": accounts[0].partition("/")[2]}),
        )


def without_network(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Without a network it is everywhere: also in the view of the cluster's own gateway."""
    for entry in facts.entries:
        if entry.network or MTLS_PORT not in entry.ports.values():
            continue
        others = sorted(
            {cluster.network for cluster in facts.clusters} - {entry.cluster.network, ""}
        )
        yield finding(
            "EW603",
            entry.title,
            f"{entry.path}.network",
            message=f"no network, though port {MTLS_PORT} is a gateway's",
            effect="the cluster's own east-west gateway sees it as an endpoint, too, and may send "
            "what comes in from other meshes back out to them",
            instead=snippets.block({"network": others[0] if others else "remote-network"}),
        )


def replaced_by_gateway(facts: AnalysisContext) -> t.Iterator[Finding]:
    for entry in facts.entries:
        if not entry.network or entry.network == facts.local.network:
            continue
        gateways = [each for each in facts.view.network_gateways if each.network == entry.network]
        if not gateways or any(each.address == entry.address for each in gateways):
            continue
        there = listed(f"{each.address}:{each.port}" for each in gateways)
        yield finding(
            "EW604",
            entry.title,
            f"{entry.path}.address",
            message=f"istiod knows a gateway for network {entry.network}: {there}",
            effect=f"clients connect to {there} in place of {entry.address or 'its address'}",
            instead=snippets.block({"address": gateways[0].address}),
        )


def external(facts: AnalysisContext) -> t.Iterator[Finding]:
    """MESH_EXTERNAL, the default, means no mTLS."""
    for entry in facts.entries:
        if entry.kind == "WorkloadEntry" or spec_of(entry.obj).get("location") == "MESH_INTERNAL":
            continue
        if MTLS_PORT not in entry.ports.values() and well_known.TLS_MODE not in entry.labels:
            continue
        written = spec_of(entry.obj).get("location")
        yield finding(
            "EW610",
            entry.title,
            "spec.location",
            message=f"location is {written or 'not set, so it is MESH_EXTERNAL'}, though "
            f"{_why(facts, entry)}",
            effect="clients speak plain text to external services, whatever the endpoint's labels "
            "say: the gateway resets the connections",
            instead=snippets.block({"location": "MESH_INTERNAL"}),
        )


def is_imported(facts: AnalysisContext, entry: Entry) -> bool:
    """Does the entry stand for workloads behind another network's gateway?"""
    if MTLS_PORT in entry.ports.values():
        return True
    return bool(entry.network) and entry.network != (entry.cluster.network or facts.local.network)


def _why(facts: AnalysisContext, entry: Entry) -> str:
    if MTLS_PORT in entry.ports.values():
        return f"port {MTLS_PORT} is a gateway's"
    if well_known.TLS_MODE in entry.labels:
        return f"the endpoint's label {well_known.TLS_MODE} promises mTLS"
    return f"network {entry.network} is not this cluster's ({facts.local.network or 'none'})"


def _accounts_beside(facts: AnalysisContext, entry: Entry) -> list[str]:
    """The accounts of the other endpoints of the same services."""
    found: set[str] = set()
    for service in facts.services:
        if entry.name in facts.endpoint_names(service):
            found.update(facts.view.endpoints.service_accounts(service))
    return sorted(found - {""})


CHECKS = (without_mtls, without_account, without_network, replaced_by_gateway, external)
