# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check how Services select imported workloads and their ports."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checks.workload_entries import (
    is_imported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.workload_entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    GATEWAY_MTLS_PORT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    matches_labels,
    name_of,
    spec_of,
)


def mismatched_ports(context: AnalysisContext) -> t.Iterator[Finding]:
    """How a Service and an entry agree on a port."""
    for entry in context.entries:
        for service in _selecting(entry) if entry.kind == "WorkloadEntry" else ():
            if spec_of(service).get("clusterIP") == "None":
                continue
            for index, port in enumerate(spec_of(service).get("ports") or ()):
                yield from _port(context, entry, service, index, port)


MISSING_PORT = FindingType(
    "EW605",
    ERROR,
    "an imported workload lacks the port that the Service names",
    explanation=(
        "Service and entry agree on a port by name: the name of the Service's port, or its "
        "`targetPort` where that is a name. Without it the endpoint is left out, or is called "
        "at the pods' port, where no gateway listens."
    ),
    cure="`ports: {http: 15443}`",
)


UNNAMED_PORT = FindingType(
    "EW606",
    ERROR,
    "a Service port without a name ignores imported workloads' ports",
    explanation="The Service's port has no name, so the entry's `ports` are never looked at.",
    cure="`name: http` at the Service's port.",
)


def _port(
    context: AnalysisContext,
    entry: Entry,
    service: KubernetesObject,
    index: int,
    port: t.Mapping[str, t.Any],
) -> t.Iterator[Finding]:
    target, name = port.get("targetPort") or port.get("port"), port.get("name") or ""
    number = next(iter(entry.ports.values()), GATEWAY_MTLS_PORT)
    if isinstance(target, str):
        if target not in entry.ports:
            yield MISSING_PORT.finding(
                entry.title,
                f"{entry.path}.ports",
                message=f"Service {_service_name(service)} sends to targetPort {target}, by name, and the "
                f"entry has no port {target} (it has {listed(entry.ports) or 'none'})",
                effect="the entry is left out: it gets no request",
                instead=snippets.block({"ports": {target: number}}),
            )
    elif not name:
        if entry.ports:
            yield UNNAMED_PORT.finding(
                f"Service {_service_name(service)}",
                f"spec.ports[{index}].name",
                message=f"port {port.get('port')} has no name, so the ports of {entry.title} "
                f"({listed(f'{k}: {v}' for k, v in entry.ports.items())}) are not used",
                effect=f"clients connect to {entry.address}:{target} in place of port {number}",
                instead=snippets.block({"ports": [{"name": next(iter(entry.ports), ""), **port}]}),
            )
    elif name not in entry.ports and is_imported(context, entry) and target != GATEWAY_MTLS_PORT:
        yield MISSING_PORT.finding(
            entry.title,
            f"{entry.path}.ports",
            message=f"the port of Service {_service_name(service)} is called {name}, and the entry has no "
            f"port {name} (it has {listed(entry.ports) or 'none'})",
            effect=f"clients connect to {entry.address}:{target}, where no gateway listens",
            instead=snippets.block({"ports": {name: number}}),
        )


NOT_SELECTED = FindingType(
    "EW607",
    WARNING,
    "no service selects an imported workload",
    explanation=(
        "No Service or ServiceEntry of the namespace selects the entry's labels: it is an "
        "endpoint of nothing."
    ),
    cure="The labels of the Service's selector.",
)


def unselected(context: AnalysisContext) -> t.Iterator[Finding]:
    for entry in context.entries:
        if entry.kind != "WorkloadEntry" or _selecting(entry) or _selecting_entries(entry):
            continue
        services = [
            each
            for each in entry.cluster.objects("Service", entry.namespace)
            if spec_of(each).get("selector")
        ]
        selector = spec_of(services[0])["selector"] if services else {"app": "helloworld"}
        yield NOT_SELECTED.finding(
            entry.title,
            f"{entry.path}.labels",
            message=f"no Service or ServiceEntry of namespace {entry.namespace} selects its labels "
            f"({listed(f'{k}: {v}' for k, v in entry.labels.items()) or 'none'})",
            effect="it is an endpoint of nothing and gets no request",
            instead=snippets.block(
                {"labels": {**entry.labels, **selector}},
                remark=f"what Service {_service_name(services[0])} selects"
                if services
                else "for example",
            ),
        )


HOST_NAME_ADDRESS = FindingType(
    "EW608",
    ERROR,
    "a Service ignores an imported workload's host name",
    explanation=(
        "Kubernetes Services take addresses only. Cloud load balancers often have nothing but a "
        "host name."
    ),
    cure="A ServiceEntry with `resolution: DNS`, or the gateway's address.",
    testable=False,
)


def host_name_addresses(context: AnalysisContext) -> t.Iterator[Finding]:
    """EDS carries addresses only."""
    for entry in context.entries:
        if entry.kind != "WorkloadEntry" or not entry.address or is_ip_address(entry.address):
            continue
        for service in _selecting(entry)[:1]:
            yield HOST_NAME_ADDRESS.finding(
                entry.title,
                f"{entry.path}.address",
                message=f"the address {entry.address} is a host name, and a Kubernetes Service "
                f"({_service_name(service)}) takes addresses only",
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


HEADLESS_SERVICE = FindingType(
    "EW609",
    ERROR,
    "a headless Service ignores imported workloads",
    explanation="A headless Service has pods as endpoints and no WorkloadEntries.",
    cure="A Service with a cluster IP.",
)


def headless(context: AnalysisContext) -> t.Iterator[Finding]:
    for entry in context.entries:
        for service in _selecting(entry) if entry.kind == "WorkloadEntry" else ():
            if spec_of(service).get("clusterIP") != "None":
                continue
            yield HEADLESS_SERVICE.finding(
                f"Service {_service_name(service)}",
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


def _service_name(service: KubernetesObject) -> str:
    return f"{service['metadata'].get('namespace', '')}/{name_of(service)}"


CHECKS = (mismatched_ports, unselected, host_name_addresses, headless)
