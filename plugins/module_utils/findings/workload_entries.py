# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported workloads that cannot be reached the way they are written down.

Private to this collection.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils.findings import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.facts import Facts
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.types import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.wording import listed
from ansible_collections.eastwest.mesh.plugins.module_utils.registry import names
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.gateways import MTLS_PORT
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.state import (
    KubernetesObject,
    name_of,
    selects,
    spec_of,
)

_WE = "WorkloadEntry"


def without_mtls(facts: Facts) -> t.Iterator[Finding]:
    """A gateway passes on mTLS connections only, by the name in them."""
    for entry in facts.entries:
        mode = entry.labels.get(names.TLS_MODE)
        promised = (
            mode == names.TLS_MODE_ISTIO if mode is not None else entry.raw.get("serviceAccount")
        )
        if promised or not is_imported(facts, entry):
            continue
        what = f"the label {names.TLS_MODE} is {mode}" if mode else f"no label {names.TLS_MODE}"
        yield finding(
            "EW601",
            entry.title,
            f'{entry.path}.labels["{names.TLS_MODE}"]',
            message=f"{what}{'' if mode else ' and no serviceAccount'}, though {_why(facts, entry)}",
            effect="clients send plain text to it; a gateway that passes connections on by the "
            "name in their TLS handshake resets them",
            instead=snippets.block({"labels": {names.TLS_MODE: names.TLS_MODE_ISTIO}}),
        )


def without_account(facts: Facts) -> t.Iterator[Finding]:
    for entry in facts.entries:
        if entry.raw.get("serviceAccount") or not is_imported(facts, entry):
            continue
        accounts = _accounts_beside(facts, entry)
        if not accounts or entry.labels.get(names.TLS_MODE) != names.TLS_MODE_ISTIO:
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


def without_network(facts: Facts) -> t.Iterator[Finding]:
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


def replaced_by_gateway(facts: Facts) -> t.Iterator[Finding]:
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


def ports_that_miss(facts: Facts) -> t.Iterator[Finding]:
    """How a Service and an entry agree on a port."""
    for entry in facts.entries:
        for service in _selecting(entry) if entry.kind == _WE else ():
            if spec_of(service).get("clusterIP") == "None":
                continue
            for index, port in enumerate(spec_of(service).get("ports") or ()):
                yield from _port(facts, entry, service, index, port)


def _port(
    facts: Facts, entry: Entry, service: KubernetesObject, index: int, port: t.Mapping[str, t.Any]
) -> t.Iterator[Finding]:
    target, name = port.get("targetPort") or port.get("port"), port.get("name") or ""
    number = next(iter(entry.ports.values()), MTLS_PORT)
    if isinstance(target, str):
        if target not in entry.ports:
            yield finding(
                "EW605",
                entry.title,
                f"{entry.path}.ports",
                message=f"Service {_named(service)} sends to targetPort {target}, by name, and the "
                f"entry has no port {target} (it has {listed(entry.ports) or 'none'})",
                effect="the entry is left out: it gets no request",
                instead=snippets.block({"ports": {target: number}}),
            )
    elif not name:
        if entry.ports:
            yield finding(
                "EW606",
                f"Service {_named(service)}",
                f"spec.ports[{index}].name",
                message=f"port {port.get('port')} has no name, so the ports of {entry.title} "
                f"({listed(f'{k}: {v}' for k, v in entry.ports.items())}) are not used",
                effect=f"clients connect to {entry.address}:{target} in place of port {number}",
                instead=snippets.block({"ports": [{"name": next(iter(entry.ports)), **port}]}),
            )
    elif name not in entry.ports and is_imported(facts, entry) and target != MTLS_PORT:
        yield finding(
            "EW605",
            entry.title,
            f"{entry.path}.ports",
            message=f"the port of Service {_named(service)} is called {name}, and the entry has no "
            f"port {name} (it has {listed(entry.ports) or 'none'})",
            effect=f"clients connect to {entry.address}:{target}, where no gateway listens",
            instead=snippets.block({"ports": {name: number}}),
        )


def selected_by_nobody(facts: Facts) -> t.Iterator[Finding]:
    for entry in facts.entries:
        if entry.kind != _WE or _selecting(entry) or _selecting_entries(entry):
            continue
        services = [
            each
            for each in entry.cluster.objects("Service", entry.namespace)
            if spec_of(each).get("selector")
        ]
        selector = spec_of(services[0])["selector"] if services else {"app": "helloworld"}
        yield finding(
            "EW607",
            entry.title,
            f"{entry.path}.labels",
            message=f"no Service or ServiceEntry of namespace {entry.namespace} selects its labels "
            f"({listed(f'{k}: {v}' for k, v in entry.labels.items()) or 'none'})",
            effect="it is an endpoint of nothing and gets no request",
            instead=snippets.block(
                {"labels": {**entry.labels, **selector}},
                remark=f"what Service {_named(services[0])} selects" if services else "for example",
            ),
        )


def host_names(facts: Facts) -> t.Iterator[Finding]:
    """EDS carries addresses only."""
    for entry in facts.entries:
        if entry.kind != _WE or not entry.address or _is_ip(entry.address):
            continue
        for service in _selecting(entry)[:1]:
            yield finding(
                "EW608",
                entry.title,
                f"{entry.path}.address",
                message=f"the address {entry.address} is a host name, and a Kubernetes Service "
                f"({_named(service)}) takes addresses only",
                effect="the entry is left out: it gets no request",
                instead=snippets.block(
                    {
                        "resolution": "DNS",
                        "location": "MESH_INTERNAL",
                        "endpoints": [{"address": entry.address}],
                    },
                    remark="a ServiceEntry takes host names; or write the gateway's IP address here",
                ),
            )


def headless(facts: Facts) -> t.Iterator[Finding]:
    for entry in facts.entries:
        for service in _selecting(entry) if entry.kind == _WE else ():
            if spec_of(service).get("clusterIP") != "None":
                continue
            yield finding(
                "EW609",
                f"Service {_named(service)}",
                "spec.clusterIP",
                message=f"the Service is headless (clusterIP: None), and {entry.title} has labels "
                "that it selects",
                effect="a headless Service has no WorkloadEntries among its endpoints: the entry "
                "gets no request",
                instead=snippets.remark(
                    "leave clusterIP out; an existing Service has to be deleted and made anew"
                ),
            )


def external(facts: Facts) -> t.Iterator[Finding]:
    """MESH_EXTERNAL, the default, means no mTLS."""
    for entry in facts.entries:
        if entry.kind == _WE or spec_of(entry.obj).get("location") == "MESH_INTERNAL":
            continue
        if MTLS_PORT not in entry.ports.values() and names.TLS_MODE not in entry.labels:
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


CHECKS = (
    without_mtls,
    without_account,
    without_network,
    replaced_by_gateway,
    ports_that_miss,
    selected_by_nobody,
    host_names,
    headless,
    external,
)


def is_imported(facts: Facts, entry: Entry) -> bool:
    """Does the entry stand for workloads behind another network's gateway?"""
    if MTLS_PORT in entry.ports.values():
        return True
    return bool(entry.network) and entry.network != (entry.cluster.network or facts.local.network)


def _why(facts: Facts, entry: Entry) -> str:
    if MTLS_PORT in entry.ports.values():
        return f"port {MTLS_PORT} is a gateway's"
    if names.TLS_MODE in entry.labels:
        return f"the endpoint's label {names.TLS_MODE} promises mTLS"
    return f"network {entry.network} is not this cluster's ({facts.local.network or 'none'})"


def _selecting(entry: Entry) -> list[KubernetesObject]:
    return [
        each
        for each in entry.cluster.objects("Service", entry.namespace)
        if spec_of(each).get("selector") and selects(spec_of(each)["selector"], entry.labels)
    ]


def _selecting_entries(entry: Entry) -> list[KubernetesObject]:
    found = []
    for each in entry.cluster.objects("ServiceEntry", entry.namespace):
        labels = (spec_of(each).get("workloadSelector") or {}).get("labels")
        if labels and selects(labels, entry.labels):
            found.append(each)
    return found


def _accounts_beside(facts: Facts, entry: Entry) -> list[str]:
    """The accounts of the other endpoints of the same services."""
    found: set[str] = set()
    for service in facts.services:
        accounts, mine = set(), False
        for port in service.ports:
            for each in facts.view.endpoints.of(service, port):
                mine = mine or each.name == entry.name
                accounts.add(each.service_account)
        found |= accounts if mine else set()
    return sorted(found - {""})


def _named(service: KubernetesObject) -> str:
    return f"{service['metadata'].get('namespace', '')}/{name_of(service)}"


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True
