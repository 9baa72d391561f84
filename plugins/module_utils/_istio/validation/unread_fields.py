# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields that Istio and the Gateway API publish and nothing here reads, by kind and path, with the reason.

Together with the shapes they are all fields there are; a unit test compares both with what a release publishes.
"""

from __future__ import annotations

import typing as t

_POLICIES = (
    "trafficPolicy",
    "trafficPolicy.portLevelSettings[]",
    "subsets[].trafficPolicy",
    "subsets[].trafficPolicy.portLevelSettings[]",
)
_OF_POLICIES = {
    "loadBalancer.consistentHash.httpCookie.attributes": "no share depends on it",
    "outlierDetection.outlierDetectionHttpErrorCodes": "istiod 1.31 does not send it to proxies",
}
_TLS = "certificates and protocols of ingress"
_FILTERS = ("rules[].filters[]", "rules[].backendRefs[].filters[]")
_OF_ROUTES = {
    **{f"{each}.extensionRef": "istiod has no such filter" for each in _FILTERS},
    "rules[].sessionPersistence": "istiod does not implement it",
    "useDefaultGateways": "istiod does not implement it",
}
UNREAD: t.Final[t.Mapping[str, t.Mapping[str, str]]] = {
    "gateway.networking.k8s.io/GRPCRoute": _OF_ROUTES,
    "gateway.networking.k8s.io/Gateway": {
        "allowedListeners": "ListenerSets are not read",
        "defaultScope": "istiod does not implement it",
        "infrastructure": "no share depends on it",
        "listeners[].tls.certificateRefs": _TLS,
        "tls": _TLS,
    },
    "gateway.networking.k8s.io/GatewayClass": {
        "description": "no share depends on it",
        "parametersRef": "no share depends on it",
    },
    "gateway.networking.k8s.io/HTTPRoute": {
        **_OF_ROUTES,
        **{f"{each}.cors": "no share depends on it" for each in _FILTERS},
        **{f"{each}.externalAuth": "istiod does not implement it" for each in _FILTERS},
    },
    "networking.istio.io/DestinationRule": {
        f"{policy}.{path}": reason for policy in _POLICIES for path, reason in _OF_POLICIES.items()
    },
    "networking.istio.io/EnvoyFilter": {
        **{
            f"configPatches[].match.{part}": "patches are not modelled, only named"
            for part in ("cluster", "listener", "proxy", "routeConfiguration", "waypoint")
        },
        "priority": "patches are not modelled, only named",
        "targetRefs": "waypoints are not modelled",
    },
    "networking.istio.io/Gateway": {
        "servers[].defaultEndpoint": "no share depends on it",
        "servers[].port.targetPort": "no share depends on it",
        **{
            f"servers[].tls.{name}": _TLS
            for name in (
                "caCertCredentialName",
                "caCrl",
                "cipherSuites",
                "httpsRedirect",
                "insecureSkipVerify",
                "maxProtocolVersion",
                "minProtocolVersion",
                "subjectAltNames",
                "verifyCertificateHash",
                "verifyCertificateSpki",
            )
        },
    },
    "networking.istio.io/Sidecar": {
        "ingress[].captureMode": "what a proxy takes in is not modelled, only what it sends",
        "ingress[].tls": "what a proxy takes in is not modelled, only what it sends",
        "outboundTrafficPolicy.egressProxy": "unknown hosts are not modelled",
    },
    "networking.istio.io/VirtualService": {
        "http[].corsPolicy": "no share depends on it",
        "http[].directResponse.body.bytes": "no share depends on it",
        "http[].fault.abort.http2Error": "istiod does not implement it",
        "http[].fault.delay.exponentialDelay": "istiod does not implement it",
        "http[].fault.delay.percent": "deprecated, and no share depends on it",
        "http[].headers": "no share depends on it",
        "http[].match[].statPrefix": "no share depends on it",
        "http[].mirror_percent": "deprecated, and mirrors are not answered",
        "http[].route[].headers": "no share depends on it",
        "tcp[].match[].sourceSubnet": "istiod does not implement it",
    },
}
