# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses about Gateways."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import protocols
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    dns_label,
    host_pattern,
    missing,
    partial_wildcard,
    port,
    port_protocol,
    unique,
)

_UNIX = "unix://"
_CERTIFICATE = ("caCertificates", "privateKey", "serverCertificate")


def gateway(obj: Raw) -> Violations:
    yield from dns_label((obj.get("metadata") or {}).get("name") or "", "metadata.name")
    spec: Raw = obj.get("spec") or {}
    yield from missing(spec, "servers", "spec")
    servers = spec.get("servers") or ()
    for index, server in enumerate(servers):
        path = f"spec.servers[{index}]"
        yield from missing(server, "hosts", path)
        for place, host in enumerate(server.get("hosts") or ()):
            yield from gateway_host(host, f"{path}.hosts[{place}]")
        yield from missing(server, "port", path)
        if server.get("port"):
            yield from _server(server, path)
    names = (each["port"].get("name") for each in servers if each.get("port"))
    yield from unique(filter(None, names), "spec.servers", "port name")


def gateway_host(text: str, path: str) -> Violations:
    """Check a host that a gateway exposes, with a namespace before it or without."""
    namespace, slash, host = text.partition("/")
    if not slash:
        host = text
    elif namespace not in ("*", "."):
        yield from dns_label(namespace, path)
    if host != "*" and "." not in host:
        message = f"{host!r:.80} is a short name"
        yield Violation("host", path, message, "write a full one, or * for all hosts")
    elif not is_ip_address(host):
        yield from host_pattern(host, path)
        yield from partial_wildcard(host, path)


def _server(server: Raw, path: str) -> Violations:
    settings: Raw = server["port"]
    yield from missing(settings, "name", f"{path}.port", "each port of a Gateway has a name")
    if settings.get("number") or not (server.get("bind") or "").startswith(_UNIX):
        yield from port(settings.get("number"), f"{path}.port.number")
    yield from missing(settings, "protocol", f"{path}.port")
    if not settings.get("protocol"):
        return
    yield from port_protocol(settings["protocol"], f"{path}.port.protocol")
    protocol = protocols.parse(settings["protocol"])
    tls: Raw | None = server.get("tls")
    if protocol in protocols.TLS_PROTOCOLS and tls is None:
        yield Violation("missing", f"{path}.tls", "is missing", f"{protocol} needs its mode")
    elif protocol not in protocols.TLS_PROTOCOLS and tls is not None:
        redirects = protocols.is_http(protocol) and tls.get("mode") in (
            None,
            "PASSTHROUGH",
            "AUTO_PASSTHROUGH",
        )
        if not redirects or any(tls.get(key) for key in _CERTIFICATE):
            message = f"a port of protocol {settings['protocol']} has no TLS"
            yield Violation("tls", f"{path}.tls", message, "leave it out")
    if tls is not None:
        yield from _server_tls(tls, f"{path}.tls")


def _server_tls(tls: Raw, path: str) -> Violations:
    mode = tls.get("mode")
    named = [
        key for key in ("credentialName", "credentialNames", "tlsCertificates") if tls.get(key)
    ]
    files = tls.get("serverCertificate") and tls.get("privateKey")
    if mode == "ISTIO_MUTUAL":
        for key in (*named, *(each for each in _CERTIFICATE if tls.get(each))):
            message = "mode ISTIO_MUTUAL uses Istio's own certificates"
            yield Violation("tls", f"{path}.{key}", message, "leave it out")
        return
    if len(named) + bool(files) > 1:
        message = (
            f"{', '.join(named)} and files exclude each other"
            if files
            else f"{' and '.join(named)} exclude each other"
        )
        yield Violation("exclusive", path, message, "keep one of them")
    if mode in ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL") and not set(named) - {"tlsCertificates"}:
        certificates = tls.get("tlsCertificates") or [tls]
        for certificate in certificates:
            for key in ("serverCertificate", "privateKey"):
                yield from missing(certificate, key, path, f"mode {mode} needs it")
        if mode != "SIMPLE":
            yield from missing(tls, "caCertificates", path, f"mode {mode} needs it")
