# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses of Sidecars."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.traffic_policies import (
    connection_pool_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    dns_label,
    host_pattern,
    missing,
    port,
    port_protocol,
    selector,
    unique,
)

_UNIX = "unix://"
_PARTS = ("egress", "ingress", "outboundTrafficPolicy", "inboundConnectionPool")
_LOOPBACK = ("", "127.0.0.1", "0.0.0.0", "[::1]", "[::]")  # noqa: S104 (the webhook's own list)
_NO_TLS_MODES = ("ISTIO_MUTUAL", "AUTO_PASSTHROUGH")


def sidecar(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    selects: Raw | None = spec.get("workloadSelector")
    if selects is not None:
        yield from selector(selects.get("labels") or {}, "spec.workloadSelector")
    if not any(_given(spec.get(part)) for part in _PARTS):
        advice = f"write {', '.join(_PARTS[:-1])} or {_PARTS[-1]}"
        yield Violation("missing", "spec", "is empty", advice)
        return
    yield from _ingress(spec.get("ingress") or ())
    pool = spec.get("inboundConnectionPool")
    yield from connection_pool_violations(pool, "spec.inboundConnectionPool")
    yield from _egress(spec.get("egress") or ())


def _given(part: t.Any) -> bool:
    return part is not None and part not in ([], ())


def _ingress(listeners: t.Sequence[Raw]) -> Violations:
    for index, listener in enumerate(listeners):
        path = f"spec.ingress[{index}]"
        yield from missing(listener, "port", path)
        if not listener.get("port"):
            continue
        yield from _port(listener["port"], listener.get("bind") or "", path)
        yield from _default_endpoint(listener.get("defaultEndpoint") or "", path)
        mode = (listener.get("tls") or {}).get("mode")
        if mode in _NO_TLS_MODES:
            message = f"mode {mode} is not for Sidecars"
            yield Violation("tls", f"{path}.tls.mode", message, "write SIMPLE or MUTUAL")
        pool = listener.get("connectionPool")
        yield from connection_pool_violations(pool, f"{path}.connectionPool")
    yield from unique(_numbers(listeners), "spec.ingress", "port number")


def _default_endpoint(text: str, path: str) -> Violations:
    if not text or text.startswith(_UNIX):
        return
    host, colon, number = text.rpartition(":")
    if not colon or host not in _LOOPBACK or not number.isdecimal():
        message = f"{text!r:.80} is no address of the pod itself"
        advice = "write 127.0.0.1:PORT, 0.0.0.0:PORT or unix:///path"
        yield Violation("address", f"{path}.defaultEndpoint", message, advice)


def _egress(listeners: t.Sequence[Raw]) -> Violations:
    for index, listener in enumerate(listeners):
        path = f"spec.egress[{index}]"
        if listener.get("port"):
            yield from _port(listener["port"], listener.get("bind") or "", path, egress=True)
        elif index != len(listeners) - 1:
            message = "an entry without a port stands for all other ports"
            yield Violation("order", path, message, "write it last, and only once")
        yield from missing(listener, "hosts", path)
        for place, host in enumerate(listener.get("hosts") or ()):
            yield from egress_host(str(host), f"{path}.hosts[{place}]")
    yield from unique(_numbers(listeners), "spec.egress", "port number")


def _numbers(listeners: t.Iterable[Raw]) -> t.Iterator[t.Any]:
    found = ((each.get("port") or {}).get("number") for each in listeners)
    return (number for number in found if number)


def _port(settings: Raw, bind: str, path: str, *, egress: bool = False) -> Violations:
    if egress and bind.startswith(_UNIX):
        if settings.get("number"):
            message = "a socket has no port number"
            yield Violation("port", f"{path}.port.number", message, "leave it out")
    else:
        yield from port(settings.get("number"), f"{path}.port.number")
        if bind and not is_ip_address(bind):
            message = f"{bind!r:.80} is not an IP address"
            yield Violation("address", f"{path}.bind", message, "write one, or leave it out")
    if settings.get("targetPort"):
        message = "has no effect in a Sidecar"
        yield Violation("port", f"{path}.port.targetPort", message, "leave it out")
    if settings.get("protocol"):
        yield from port_protocol(settings["protocol"], f"{path}.port.protocol")


def egress_host(text: str, path: str) -> Violations:
    """Check ``namespace/host``; a namespace that begins with ``~`` excludes the host."""
    namespace, slash, host = text.partition("/")
    if not slash:
        message = f"{text!r:.80} names no namespace"
        yield Violation("host", path, message, "write namespace/host, ./host or */host")
        return
    place = namespace.removeprefix("~") if namespace != "~" else "*"
    if place not in ("*", "."):
        yield from dns_label(place, path)
    if host != "*":
        yield from host_pattern(host, path)
