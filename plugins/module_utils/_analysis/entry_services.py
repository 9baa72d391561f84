# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported workloads that Services do not take as they are written. Private to this collection."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.imports import is_imported
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    matches_labels,
    name_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    MTLS_PORT,
)


def ports_that_miss(facts: AnalysisContext) -> t.Iterator[Finding]:
    """How a Service and an entry agree on a port."""
    for entry in facts.entries:
        for service in _selecting(entry) if entry.kind == "WorkloadEntry" else ():
            if spec_of(service).get("clusterIP") == "None":
                continue
            for index, port in enumerate(spec_of(service).get("ports") or ()):
                yield from _port(facts, entry, service, index, port)


def _port(
    facts: AnalysisContext,
    entry: Entry,
    service: KubernetesObject,
    index: int,
    port: t.Mapping[str, t.Any],
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
                instead=snippets.block({"ports": [{"name": next(iter(entry.ports), ""), **port}]}),
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


def selected_by_nobody(facts: AnalysisContext) -> t.Iterator[Finding]:
    for entry in facts.entries:
        if entry.kind != "WorkloadEntry" or _selecting(entry) or _selecting_entries(entry):
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


def host_names(facts: AnalysisContext) -> t.Iterator[Finding]:
    """EDS carries addresses only."""
    for entry in facts.entries:
        if entry.kind != "WorkloadEntry" or not entry.address or _is_ip(entry.address):
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


def headless(facts: AnalysisContext) -> t.Iterator[Finding]:
    for entry in facts.entries:
        for service in _selecting(entry) if entry.kind == "WorkloadEntry" else ():
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


def _selecting(entry: Entry) -> list[KubernetesObject]:
    return [
        each
        for each in entry.cluster.objects("Service", entry.namespace)
        if spec_of(each).get("selector") and matches_labels(spec_of(each)["selector"], entry.labels)
    ]


def _selecting_entries(entry: Entry) -> list[KubernetesObject]:
    found = []
    for each in entry.cluster.objects("ServiceEntry", entry.namespace):
        labels = (spec_of(each).get("workloadSelector") or {}).get("labels")
        if labels and matches_labels(labels, entry.labels):
            found.append(each)
    return found


def _named(service: KubernetesObject) -> str:
    return f"{service['metadata'].get('namespace', '')}/{name_of(service)}"


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


CHECKS = (ports_that_miss, selected_by_nobody, host_names, headless)
