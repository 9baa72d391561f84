# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks for VirtualServices whose Gateways are not there, or have none of their hosts."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
    object_title,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import full_host
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import servers
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_bindings import (
    GatewayBinding,
    gateway_bindings,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    MESH,
)

NO_GATEWAY = FindingType(
    "EW632",
    ERROR,
    "a VirtualService names a Gateway that does not exist",
    explanation=(
        "An entry of `gateways` without a namespace means a Gateway in the namespace of the "
        "VirtualService. There is none of that name, so no gateway has these routes, and requests "
        "get 404. Where no Gateway was given, or nothing of the namespace, it is a remark about "
        "what was read."
    ),
    cure="`namespace/name` of the Gateway.",
    # it brings a gateway's clients, of which more is to be found
    testable=False,
)
NO_SERVER = FindingType(
    "EW633",
    WARNING,
    "a host of a VirtualService is at no server of its Gateways",
    explanation=(
        "A gateway serves a host of a VirtualService only where a server of the Gateway has it "
        "among its `hosts`, for the namespace of the VirtualService. Requests to any other host "
        "get 404."
    ),
    cure="The host among `hosts` of a server of the Gateway, or a host that is there.",
    testable=False,
)


def gateways_that_do_not_exist(context: AnalysisContext) -> t.Iterator[Finding]:
    for each in gateway_bindings(context.local):
        if each.gateway is not None or not (each.namesakes or each.is_decided):
            continue
        yield NO_GATEWAY.finding(
            _title(each.virtual),
            f"spec.gateways[{each.index}]",
            message=f"there is no Gateway {each.full_name}{_elsewhere(each)}",
            effect="no gateway has these routes because of this entry: requests get 404",
            instead=_names(context, each),
        )


def hosts_without_a_server(context: AnalysisContext) -> t.Iterator[Finding]:
    """Hosts that no Gateway of a VirtualService has; those of sidecars need none."""
    grouped = itertools.groupby(gateway_bindings(context.local), lambda each: id(each.virtual))
    for _virtual, group in grouped:
        bindings = list(group)
        virtual = bindings[0].virtual
        gateways = [each.gateway for each in bindings if each.gateway is not None]
        if MESH in spec_of(virtual)["gateways"] or len(gateways) < len(bindings):
            continue
        for index, written in enumerate(spec_of(virtual).get("hosts") or ()):
            host = full_host(str(written), namespace_of(virtual) or "default")
            if any(each.takes(host) for each in bindings):
                continue
            names = listed(f"Gateway {each.full_name}" for each in bindings)
            own = namespace_of(virtual) or "default"
            hosts = _hosts(gateways, own)
            known = f"hosts there are {hosts}; " if hosts else ""
            yield NO_SERVER.finding(
                _title(virtual),
                f"spec.hosts[{index}]",
                message=f"no server of {names} has {written} for namespace {own}",
                effect="no gateway has routes for it: requests to it get 404",
                instead=snippets.remark(f"{known}or add {written} to hosts of a server of {names}"),
            )


CHECKS = (gateways_that_do_not_exist, hosts_without_a_server)


def _title(obj: KubernetesObject) -> str:
    return object_title("VirtualService", namespace_of(obj), name_of(obj))


def _elsewhere(binding: GatewayBinding) -> str:
    found = listed(binding.namesakes)
    return f"; there is {found}" if found else ""


def _names(context: AnalysisContext, binding: GatewayBinding) -> str:
    """The names with the one that is meant, where there is but one of its name."""
    if len(binding.namesakes) == 1:
        names = list(map(str, spec_of(binding.virtual)["gateways"]))
        names[binding.index] = binding.namesakes[0]
        return snippets.block({"gateways": list(dict.fromkeys(names))})
    known = [f"{namespace_of(each)}/{name_of(each)}" for each in context.local.objects("Gateway")]
    return snippets.remark(f"a Gateway that exists: {listed(known, 'or')}")


def _hosts(gateways: t.Iterable[KubernetesObject], namespace: str) -> str:
    found = (
        host
        for each in gateways
        for server in servers(each)
        for host in server.hosts_for(namespace)
    )
    return listed(found)
