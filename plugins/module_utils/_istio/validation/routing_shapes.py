# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of the fields of VirtualServices and Sidecars."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.connection_pool_shapes import (
    CONNECTION_POOL,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    DURATION,
    FLAG,
    INT32,
    LABELS,
    NUMBER,
    TEXT,
    TEXTS,
    UINT32,
    List,
    Map,
    Mapping,
    Schema,
    one_of,
)

_SIDECAR_PORT = Mapping({"number": UINT32, "protocol": TEXT, "name": TEXT, "targetPort": UINT32})
SIDECAR = Mapping(
    {
        "workloadSelector": Mapping({"labels": LABELS}),
        "egress": List(
            Mapping(
                {
                    "port": _SIDECAR_PORT,
                    "bind": TEXT,
                    "captureMode": one_of("DEFAULT", "IPTABLES", "NONE"),
                    "hosts": TEXTS,
                }
            )
        ),
        "ingress": List(
            Mapping(
                {
                    "port": _SIDECAR_PORT,
                    "bind": TEXT,
                    "defaultEndpoint": TEXT,
                    "connectionPool": CONNECTION_POOL,
                }
            )
        ),
        "inboundConnectionPool": CONNECTION_POOL,
        "outboundTrafficPolicy": Mapping({"mode": one_of("REGISTRY_ONLY", "ALLOW_ANY")}),
    }
)
_TEXT_MATCH = Mapping({"exact": TEXT, "prefix": TEXT, "regex": TEXT})
_TEXT_MATCHES = Map(_TEXT_MATCH)
_DESTINATION = Mapping({"host": TEXT, "subset": TEXT, "port": Mapping({"number": UINT32})})
_DESTINATIONS = List(Mapping({"destination": _DESTINATION, "weight": INT32}))
_PERCENT = Mapping({"value": NUMBER})
_CONNECTION_MATCH: t.Mapping[str, Schema] = {
    "destinationSubnets": TEXTS,
    "port": UINT32,
    "sourceLabels": LABELS,
    "sourceNamespace": TEXT,
    "gateways": TEXTS,
}
_HTTP_MATCH = Mapping(
    {
        "name": TEXT,
        **dict.fromkeys(("uri", "scheme", "method", "authority"), _TEXT_MATCH),
        **dict.fromkeys(("headers", "withoutHeaders", "queryParams"), _TEXT_MATCHES),
        "port": UINT32,
        "sourceLabels": LABELS,
        "sourceNamespace": TEXT,
        "gateways": TEXTS,
        "ignoreUriCase": FLAG,
    }
)
_HTTP_ROUTE = Mapping(
    {
        "name": TEXT,
        "match": List(_HTTP_MATCH),
        "route": _DESTINATIONS,
        "redirect": Mapping(
            {
                **dict.fromkeys(("uri", "prefixRewrite", "authority", "scheme"), TEXT),
                "port": UINT32,
                "derivePort": one_of("FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"),
                "redirectCode": UINT32,
            }
        ),
        "directResponse": Mapping({"status": UINT32, "body": Mapping({"string": TEXT})}),
        "delegate": Mapping({"name": TEXT, "namespace": TEXT}),
        "rewrite": Mapping(
            {
                "uri": TEXT,
                "authority": TEXT,
                "uriRegexRewrite": Mapping({"match": TEXT, "rewrite": TEXT}),
            }
        ),
        "timeout": DURATION,
        "retries": Mapping(
            {
                "attempts": INT32,
                "perTryTimeout": DURATION,
                "retryOn": TEXT,
                "retryRemoteLocalities": FLAG,
                "retryIgnorePreviousHosts": FLAG,
                "backoff": TEXT,
            }
        ),
        "fault": Mapping(
            {
                "abort": Mapping({"httpStatus": INT32, "grpcStatus": TEXT, "percentage": _PERCENT}),
                "delay": Mapping({"fixedDelay": DURATION, "percentage": _PERCENT}),
            }
        ),
        "mirror": _DESTINATION,
        "mirrors": List(Mapping({"destination": _DESTINATION, "percentage": _PERCENT})),
        "mirrorPercent": UINT32,
        "mirrorPercentage": _PERCENT,
    }
)
VIRTUAL_SERVICE = Mapping(
    {
        **dict.fromkeys(("hosts", "gateways", "exportTo"), TEXTS),
        "http": List(_HTTP_ROUTE),
        "tcp": List(Mapping({"match": List(Mapping(_CONNECTION_MATCH)), "route": _DESTINATIONS})),
        "tls": List(
            Mapping(
                {
                    "match": List(Mapping({**_CONNECTION_MATCH, "sniHosts": TEXTS})),
                    "route": _DESTINATIONS,
                }
            )
        ),
    }
)
