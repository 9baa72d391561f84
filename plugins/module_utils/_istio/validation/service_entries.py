# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses about ServiceEntries and WorkloadEntries."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import protocols
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    dns_label,
    export_to,
    host_name,
    host_pattern,
    in_range,
    ip_or_host,
    ip_or_subnet,
    labels,
    missing,
    partial_wildcard,
    port,
    port_protocol,
    selector,
    unique,
)

_UNIX = "unix://"
_BY_NAME = ("DNS", "DNS_ROUND_ROBIN")


def service_entry(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    selects: Raw | None = spec.get("workloadSelector")
    endpoints = spec.get("endpoints") or ()
    if selects is not None:
        yield from selector(selects.get("labels") or {}, "spec.workloadSelector")
        if endpoints:
            message = "endpoints and workloadSelector exclude each other"
            yield Violation("exclusive", "spec", message, "keep one of them")
    yield from missing(spec, "hosts", "spec")
    hosts = spec.get("hosts") or ()
    resolution = spec.get("resolution") or "NONE"
    for index, host in enumerate(hosts):
        path = f"spec.hosts[{index}]"
        if host == "*":
            message = "* would take every host"
            yield Violation(
                "host", path, message, "write a host, or *.example.com for all below it"
            )
            continue
        yield from host_pattern(host, path)
        if resolution != "DYNAMIC_DNS":
            yield from partial_wildcard(host, path, warning=True)
    yield from _addresses(spec, resolution)
    yield from _entry_ports(spec, hosts, resolution)
    yield from _entry_endpoints(spec, hosts, resolution)
    yield from export_to(
        spec, (obj.get("metadata") or {}).get("namespace") or "default", service_entry=True
    )


def _addresses(spec: Raw, resolution: str) -> Violations:
    for index, address in enumerate(spec.get("addresses") or ()):
        path = f"spec.addresses[{index}]"
        yield from ip_or_subnet(address, path)
        if "/" in address and resolution not in ("NONE", "STATIC"):
            message = f"{address} is a subnet, which resolution {resolution} does not allow"
            yield Violation(
                "address", path, message, "write an address, or resolution STATIC or NONE"
            )
    if resolution == "DYNAMIC_DNS":
        for key in ("addresses", "endpoints"):
            if spec.get(key):
                message = "resolution DYNAMIC_DNS looks up what the client asks for"
                yield Violation("exclusive", f"spec.{key}", message, "leave it out")


def _entry_ports(spec: Raw, hosts: t.Sequence[str], resolution: str) -> Violations:
    ports = spec.get("ports") or ()
    found = []
    for index, each in enumerate(ports):
        path = f"spec.ports[{index}]"
        yield from missing(each, "name", path)
        if each.get("name"):
            yield from dns_label(each["name"], f"{path}.name")
        yield from missing(each, "number", path)
        if each.get("number") is not None:
            yield from port(each["number"], f"{path}.number")
        if each.get("targetPort"):
            yield from port(each["targetPort"], f"{path}.targetPort")
        if each.get("protocol"):
            yield from port_protocol(each["protocol"], f"{path}.protocol")
        found.append(protocols.parse(each.get("protocol") or ""))
    for key in ("name", "number"):
        values = (each.get(key) for each in ports)
        yield from unique((value for value in values if value), "spec.ports", key)
    carried = protocols.HTTP_PROTOCOLS | protocols.TLS_PROTOCOLS
    plain = [
        str(each.get("name"))
        for each, protocol in zip(ports, found, strict=True)
        if protocol not in carried
    ]
    if len(hosts) > 1 and plain and resolution != "NONE":
        message = f"several hosts share port {plain[0]}, which is neither HTTP nor TLS and so names none of them"
        yield Violation("several-hosts", "spec.hosts", message, "write an entry for each host")


def _entry_endpoints(spec: Raw, hosts: t.Sequence[str], resolution: str) -> Violations:
    endpoints = spec.get("endpoints") or ()
    if resolution == "NONE" and endpoints:
        message = "resolution NONE sends requests where the client sends them"
        yield Violation(
            "exclusive", "spec.endpoints", message, "leave it out, or write resolution: STATIC"
        )
    if resolution in _BY_NAME and not endpoints:
        for index, host in enumerate(hosts):
            yield from host_name(host, f"spec.hosts[{index}]")
    if resolution == "DNS_ROUND_ROBIN" and len(endpoints) > 1:
        message = f"there are {len(endpoints)}"
        yield Violation(
            "range", "spec.endpoints", message, "resolution DNS_ROUND_ROBIN takes one at most"
        )
    if resolution == "DYNAMIC_DNS":
        for index, host in enumerate(hosts):
            if not host.startswith("*"):
                message = f"{host} is no wildcard, as resolution DYNAMIC_DNS needs"
                yield Violation("host", f"spec.hosts[{index}]", message, "write *.example.com")
    if resolution in ("STATIC", *_BY_NAME):
        names = {each.get("name") for each in spec.get("ports") or ()}
        for index, endpoint in enumerate(endpoints):
            path = f"spec.endpoints[{index}]"
            yield from _endpoint(endpoint, path, names, by_name=resolution in _BY_NAME)


def workload_entry(obj: Raw) -> Violations:
    yield from _endpoint(obj.get("spec") or {}, "spec", None, by_name=True, whole=True)


def _endpoint(
    endpoint: Raw,
    path: str,
    names: t.Container[t.Any] | None,
    *,
    by_name: bool,
    whole: bool = False,
) -> Violations:
    """Check an endpoint; only in a WorkloadEntry and with static ones may a network stand for it."""
    address = endpoint.get("address") or ""
    unix = address.startswith(_UNIX)
    if not address and (whole or not by_name):
        if not endpoint.get("network"):
            advice = "only a network may stand for it"
            yield Violation("missing", f"{path}.address", "is missing", advice)
    elif unix and (whole or not by_name):
        if not address.removeprefix(_UNIX).startswith(("/", "@")) or address.endswith("/"):
            message = f"{address!r:.80} is not the path of a socket"
            yield Violation("address", f"{path}.address", message, "write unix:///path/to/socket")
        if endpoint.get("ports"):
            yield Violation("port", f"{path}.ports", "a socket has no ports", "leave it out")
        return
    elif by_name:
        yield from ip_or_host(address, f"{path}.address")
    elif not is_ip_address(address):
        message = f"{address!r:.80} is not an IP address"
        yield Violation("address", f"{path}.address", message, "write one, or resolution: DNS")
    yield from in_range(endpoint, "weight", path)
    for name, number in (endpoint.get("ports") or {}).items():
        below = f"{path}.ports.{name}"
        if names is not None and name not in names:
            known = (
                ", ".join(sorted(str(each) for each in names if each))
                if isinstance(names, set)
                else ""
            )
            message = f"the entry has no port {name}"
            yield Violation("port", below, message, f"name one of its ports: {known}")
        yield from dns_label(str(name), below)
        yield from port(number, below)
    yield from labels(endpoint.get("labels"), f"{path}.labels")
