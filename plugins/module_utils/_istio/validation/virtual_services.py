# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses of VirtualServices."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    WILDCARD,
    host_matches,
    hosts_overlap,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    MESH,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.http_routes import (
    destination_violations,
    http_route,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    export_to,
    gateway_names,
    host_pattern,
    ip_or_subnet,
    labels,
    missing,
    port,
)

_PROTOCOLS = ("http", "tcp", "tls")


def virtual_service(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    hosts = [str(host) for host in spec.get("hosts") or ()]
    if hosts:
        yield from _hosts(hosts, spec)
    else:
        for key in ("gateways", "tls", "tcp"):
            if spec.get(key):
                message = "without hosts it is a delegate, which has none"
                yield Violation("delegate", f"spec.{key}", message, "leave it out, or write hosts")
    yield from gateway_names(spec.get("gateways"), "spec.gateways")
    if not any(spec.get(key) for key in _PROTOCOLS):
        yield Violation("missing", "spec", "has no routes", "write http, tcp or tls")
    for index, route in enumerate(spec.get("http") or ()):
        yield from http_route(route, f"spec.http[{index}]", delegate=not hosts)
    for index, route in enumerate(spec.get("tls") or ()):
        path = f"spec.tls[{index}]"
        yield from missing(route, "match", path)
        for place, match in enumerate(route.get("match") or ()):
            yield from _tls_match(match, f"{path}.match[{place}]", hosts)
        yield from missing(route, "route", path)
        yield from destination_violations(route.get("route") or (), path)
    for index, route in enumerate(spec.get("tcp") or ()):
        path = f"spec.tcp[{index}]"
        for place, match in enumerate(route.get("match") or ()):
            yield from _connection_match(match, f"{path}.match[{place}]")
        yield from missing(route, "route", path)
        yield from destination_violations(route.get("route") or (), path)
    namespace = (obj.get("metadata") or {}).get("namespace") or "default"
    yield from export_to(spec, namespace)


def _hosts(hosts: t.Sequence[str], spec: Raw) -> Violations:
    gateways = spec.get("gateways") or ()
    for_mesh = not gateways or MESH in gateways
    fine = True
    for index, host in enumerate(hosts):
        path = f"spec.hosts[{index}]"
        if host == WILDCARD and for_mesh:
            fine = False
            message = "* would take every host of the mesh"
            yield Violation("host", path, message, "write a host, or a gateway's name in gateways")
        elif not is_ip_address(host):
            found = list(host_pattern(host, path))
            fine = fine and not found
            yield from found
    for place, one in enumerate(hosts if fine else ()):
        for other in hosts[place + 1 :]:
            if hosts_overlap(one, other):
                message = f"{one} and {other} cover the same hosts"
                yield Violation("repeated", "spec.hosts", message, "keep one of them")


def _tls_match(match: Raw, path: str, hosts: t.Sequence[str]) -> Violations:
    yield from missing(match, "sniHosts", path)
    for index, name in enumerate(match.get("sniHosts") or ()):
        below = f"{path}.sniHosts[{index}]"
        if is_ip_address(name):
            continue
        found = list(host_pattern(name, below))
        yield from found
        covered = any(
            name == host or (host.startswith(WILDCARD) and host_matches(host, name))
            for host in hosts
        )
        if not found and not covered:
            message = f"{name} is none of the hosts"
            yield Violation("host", below, message, f"write one of {', '.join(hosts)}")
    yield from _connection_match(match, path)


def _connection_match(match: Raw, path: str) -> Violations:
    for index, subnet in enumerate(match.get("destinationSubnets") or ()):
        yield from ip_or_subnet(subnet, f"{path}.destinationSubnets[{index}]")
    yield from gateway_names(match.get("gateways"), f"{path}.gateways")
    if match.get("port"):
        yield from port(match["port"], f"{path}.port")
    yield from labels(match.get("sourceLabels"), f"{path}.sourceLabels")
