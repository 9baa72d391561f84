# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which protocol a service port speaks, as Istio selects it."""

from __future__ import annotations

# Istio looks at the first bytes of each connection when nothing declares a protocol
UNKNOWN = "unknown"

HTTP_PROTOCOLS = frozenset({"http", "http2", "grpc", "grpc-web", "http_proxy"})
TLS_PROTOCOLS = frozenset({"https", "tls"})
NAMES = HTTP_PROTOCOLS | TLS_PROTOCOLS | {"tcp", "udp", "mongo", "mysql", "redis", "hbone"}
_KUBERNETES_NAMES = {
    "kubernetes.io/h2c": "http2",
    "kubernetes.io/ws": "http",
    "kubernetes.io/wss": "https",
}
# servers that speak first (SMTP, DNS over TCP, MySQL, MongoDB): sniffing would wait for the client
_SERVER_FIRST_PORTS = frozenset({25, 53, 3306, 27017})


def parse(name: str) -> str:
    name = name.lower()
    return name if name in NAMES else UNKNOWN


def service_port_protocol(
    number: int, name: str, transport: str = "TCP", app_protocol: str | None = None
) -> str:
    """Return the protocol of a Kubernetes Service's port; ``appProtocol`` beats the port's name."""
    if transport == "UDP":
        return "udp"
    hint = name
    if app_protocol is not None:
        if app_protocol in _KUBERNETES_NAMES:
            return _KUBERNETES_NAMES[app_protocol]
        hint = app_protocol
    if hint.lower().startswith("grpc-web"):
        return "grpc-web"
    protocol = parse(hint.partition("-")[0])
    if protocol == UNKNOWN and number in _SERVER_FIRST_PORTS:
        return "tcp"
    return protocol


def is_http(protocol: str) -> bool:
    return protocol in HTTP_PROTOCOLS
