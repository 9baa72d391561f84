# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check how clients reach the gateways of imported workloads."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.workload_entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    GATEWAY_MTLS_PORT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    spec_of,
)

NO_MTLS = FindingType(
    "EW601",
    ERROR,
    "an imported workload is called without mTLS",
    explanation=(
        "Neither the label `security.istio.io/tlsMode: istio` nor a `serviceAccount` says that "
        "the endpoint speaks mTLS. Clients send plain text, which a gateway that passes TLS "
        "connections on by name resets."
    ),
    cure="`labels: {security.istio.io/tlsMode: istio}`",
)


def without_mtls(context: AnalysisContext) -> t.Iterator[Finding]:
    """A gateway passes on mTLS connections only, by the name in them."""
    for entry in context.entries:
        mode = entry.labels.get(well_known.TLS_MODE)
        promised = (
            mode == well_known.TLS_MODE_ISTIO
            if mode is not None
            else entry.raw.get("serviceAccount")
        )
        if promised or not is_imported(context, entry):
            continue
        what = (
            f"the label {well_known.TLS_MODE} is {mode}"
            if mode
            else f"no label {well_known.TLS_MODE}"
        )
        yield NO_MTLS.finding(
            entry.title,
            f'{entry.path}.labels["{well_known.TLS_MODE}"]',
            message=f"{what}{'' if mode else ' and no serviceAccount'}, though {_why(context, entry)}",
            effect="clients send plain text to it; a gateway that passes connections on by the "
            "name in their TLS handshake resets them",
            instead=snippets.block({"labels": {well_known.TLS_MODE: well_known.TLS_MODE_ISTIO}}),
        )


NO_SERVICE_ACCOUNT = FindingType(
    "EW602",
    INFO,
    "an imported workload has no service account",
    explanation=(
        "Clients accept the identities of the service accounts that istiod knows, here those of "
        "the local pods. It works while the remote workload runs as one of them."
    ),
    cure="`serviceAccount:` of the remote workload.",
)


def without_account(context: AnalysisContext) -> t.Iterator[Finding]:
    for entry in context.entries:
        if entry.raw.get("serviceAccount") or not is_imported(context, entry):
            continue
        accounts = _accounts_beside(context, entry)
        if not accounts or entry.labels.get(well_known.TLS_MODE) != well_known.TLS_MODE_ISTIO:
            continue
        yield NO_SERVICE_ACCOUNT.finding(
            entry.title,
            f"{entry.path}.serviceAccount",
            message=f"no serviceAccount; the other endpoints run as {listed(accounts)}",
            effect=f"clients accept only {listed(accounts)} behind the gateway, too: if the remote "
            "workload runs as another account, every connection to it fails",
            instead=snippets.block({"serviceAccount": accounts[0].partition("/")[2]}),
        )


NO_NETWORK = FindingType(
    "EW603",
    WARNING,
    "an imported workload has no network",
    explanation=(
        "Without a network, an endpoint is in every proxy's view, also in that of the cluster's "
        "own gateway, which may send what comes in from other meshes out to them again."
    ),
    cure="`network:` of the mesh that it is in.",
)


def without_network(context: AnalysisContext) -> t.Iterator[Finding]:
    """Without a network it is everywhere: also in the view of the cluster's own gateway."""
    for entry in context.entries:
        if entry.network or GATEWAY_MTLS_PORT not in entry.ports.values():
            continue
        others = sorted(
            {cluster.network for cluster in context.clusters} - {entry.cluster.network, ""}
        )
        yield NO_NETWORK.finding(
            entry.title,
            f"{entry.path}.network",
            message=f"no network, though port {GATEWAY_MTLS_PORT} is a gateway's",
            effect="the cluster's own east-west gateway sees it as an endpoint, too, and may send "
            "what comes in from other meshes back out to them",
            instead=snippets.block({"network": others[0] if others else "remote-network"}),
        )


ADDRESS_REPLACED = FindingType(
    "EW604",
    WARNING,
    "a registered gateway takes an imported workload's place",
    explanation=(
        "istiod has a gateway for the entry's network (a Service with the label "
        "`topology.istio.io/network`, or `meshNetworks`) and puts its address in place of the "
        "entry's."
    ),
    cure="The gateway's address; or no label on the Service.",
)


def replaced_addresses(context: AnalysisContext) -> t.Iterator[Finding]:
    for entry in context.entries:
        if not entry.network or entry.network == context.local.network:
            continue
        gateways = [each for each in context.view.network_gateways if each.network == entry.network]
        if not gateways or any(each.address == entry.address for each in gateways):
            continue
        there = listed(f"{each.address}:{each.port}" for each in gateways)
        yield ADDRESS_REPLACED.finding(
            entry.title,
            f"{entry.path}.address",
            message=f"istiod knows a gateway for network {entry.network}: {there}",
            effect=f"clients connect to {there} in place of {entry.address or 'its address'}",
            instead=snippets.block({"address": gateways[0].address}),
        )


DECLARED_EXTERNAL = FindingType(
    "EW610",
    ERROR,
    "a remote service is declared as external",
    explanation=(
        "`location` is MESH_EXTERNAL, which is the default: no mTLS, whatever the endpoint's "
        "labels say."
    ),
    cure="`location: MESH_INTERNAL`",
)


def external_locations(context: AnalysisContext) -> t.Iterator[Finding]:
    """MESH_EXTERNAL, the default, means no mTLS."""
    for entry in context.entries:
        if entry.kind == "WorkloadEntry" or spec_of(entry.obj).get("location") == "MESH_INTERNAL":
            continue
        if (
            GATEWAY_MTLS_PORT not in entry.ports.values()
            and well_known.TLS_MODE not in entry.labels
        ):
            continue
        written = spec_of(entry.obj).get("location")
        yield DECLARED_EXTERNAL.finding(
            entry.title,
            "spec.location",
            message=f"location is {written or 'not set, so it is MESH_EXTERNAL'}, though "
            f"{_why(context, entry)}",
            effect="clients speak plain text to external services, whatever the endpoint's labels "
            "say: the gateway resets the connections",
            instead=snippets.block({"location": "MESH_INTERNAL"}),
        )


def is_imported(context: AnalysisContext, entry: Entry) -> bool:
    """Does the entry stand for workloads behind another network's gateway?"""
    if GATEWAY_MTLS_PORT in entry.ports.values():
        return True
    return bool(entry.network) and entry.network != (entry.cluster.network or context.local.network)


def _why(context: AnalysisContext, entry: Entry) -> str:
    if GATEWAY_MTLS_PORT in entry.ports.values():
        return f"port {GATEWAY_MTLS_PORT} is a gateway's"
    if well_known.TLS_MODE in entry.labels:
        return f"the endpoint's label {well_known.TLS_MODE} promises mTLS"
    return f"network {entry.network} is not this cluster's ({context.local.network or 'none'})"


def _accounts_beside(context: AnalysisContext, entry: Entry) -> list[str]:
    """The accounts of the other endpoints of the same services."""
    found: set[str] = set()
    for service in context.services:
        if entry.name in context.endpoint_names(service):
            found.update(context.view.endpoints.service_accounts(service))
    return sorted(found - {""})


CHECKS = (without_mtls, without_account, without_network, replaced_addresses, external_locations)
