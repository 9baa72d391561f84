# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of the fields of the Gateway API's kinds, as its CustomResourceDefinitions publish them.

Values that a later release may have more of, such as the types of filters, are text here.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import GATEWAY_API
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    DURATION,
    INT32,
    LABELS,
    TEXT,
    TEXTS,
    List,
    Mapping,
    Schema,
    Value,
    one_of,
)

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_PORT = Value((int,), 1, 65535)
_WEIGHT = Value((int,), 0, 1_000_000)
_SELECTOR = Mapping(
    {
        "matchLabels": LABELS,
        "matchExpressions": List(
            Mapping({"key": TEXT, "operator": TEXT, "values": TEXTS}, ("key", "operator"))
        ),
    }
)
_KINDS = List(Mapping({"group": TEXT, "kind": TEXT}, ("kind",)))
_PARENTS = List(
    Mapping(
        {
            **dict.fromkeys(("group", "kind", "namespace", "name", "sectionName"), TEXT),
            "port": _PORT,
        },
        ("name",),
    ),
    32,
)
_REFERENCE: t.Mapping[str, Schema] = {
    **dict.fromkeys(("group", "kind", "namespace", "name"), TEXT),
    "port": _PORT,
}
_HEADER_CHANGES = Mapping(
    {
        **dict.fromkeys(("set", "add"), List(Mapping({"name": TEXT, "value": TEXT}))),
        "remove": TEXTS,
    }
)
_PATH_CHANGE = Mapping(
    {
        "type": one_of("ReplaceFullPath", "ReplacePrefixMatch"),
        "replaceFullPath": TEXT,
        "replacePrefixMatch": TEXT,
    }
)
_FILTER: t.Mapping[str, Schema] = {
    "type": TEXT,
    **dict.fromkeys(("requestHeaderModifier", "responseHeaderModifier"), _HEADER_CHANGES),
    "requestMirror": Mapping(
        {
            "backendRef": Mapping(_REFERENCE, ("name",)),
            "percent": Value((int,), 0, 100),
            "fraction": Mapping({"numerator": INT32, "denominator": INT32}),
        }
    ),
}
_GRPC_FILTERS = List(Mapping(_FILTER, ("type",)))
_HTTP_FILTERS = List(
    Mapping(
        {
            **_FILTER,
            "requestRedirect": Mapping(
                {
                    "scheme": one_of("http", "https"),
                    "hostname": TEXT,
                    "path": _PATH_CHANGE,
                    "port": _PORT,
                    "statusCode": INT32,
                }
            ),
            "urlRewrite": Mapping({"hostname": TEXT, "path": _PATH_CHANGE}),
        },
        ("type",),
    )
)
_TEXT_MATCHES = List(
    Mapping(
        {"type": one_of("Exact", "RegularExpression"), "name": TEXT, "value": TEXT},
        ("name", "value"),
    ),
    16,
)
_HTTP_MATCH = Mapping(
    {
        "path": Mapping(
            {"type": one_of("Exact", "PathPrefix", "RegularExpression"), "value": TEXT}
        ),
        "headers": _TEXT_MATCHES,
        "queryParams": _TEXT_MATCHES,
        "method": one_of(*_METHODS),
    }
)
_GRPC_MATCH = Mapping(
    {
        "method": Mapping(
            {
                "type": one_of("Exact", "RegularExpression"),
                "service": TEXT,
                "method": TEXT,
            }
        ),
        "headers": _TEXT_MATCHES,
    }
)


def _rule(filters: Schema) -> dict[str, Schema]:
    backend = Mapping({**_REFERENCE, "weight": _WEIGHT, "filters": filters}, ("name",))
    return {"name": TEXT, "filters": filters, "backendRefs": List(backend, 16)}


_HTTP_RULE = Mapping(
    {
        **_rule(_HTTP_FILTERS),
        "matches": List(_HTTP_MATCH, 64),
        "timeouts": Mapping({"request": DURATION, "backendRequest": DURATION}),
        "retry": Mapping({"codes": List(INT32), "attempts": INT32, "backoff": TEXT}),
    }
)
_GRPC_RULE = Mapping({**_rule(_GRPC_FILTERS), "matches": List(_GRPC_MATCH, 64)})
_LISTENER = Mapping(
    {
        **dict.fromkeys(("name", "hostname", "protocol"), TEXT),
        "port": _PORT,
        "tls": Mapping({"mode": one_of("Terminate", "Passthrough"), "options": LABELS}),
        "allowedRoutes": Mapping(
            {
                "namespaces": Mapping(
                    {"from": one_of("All", "Selector", "Same", "None"), "selector": _SELECTOR}
                ),
                "kinds": _KINDS,
            }
        ),
    },
    ("name", "port", "protocol"),
)
_GRANT_SOURCE = Mapping(dict.fromkeys(("group", "kind", "namespace"), TEXT), ("kind", "namespace"))
_GRANT_TARGET = Mapping(dict.fromkeys(("group", "kind", "name"), TEXT), ("kind",))


def _route(rule: Mapping) -> Mapping:
    return Mapping(
        {
            "spec": Mapping(
                {"parentRefs": _PARENTS, "hostnames": List(TEXT, 16), "rules": List(rule, 16)}
            )
        }
    )


GATEWAY_API_SHAPES: t.Final[t.Mapping[tuple[str, str], Mapping]] = {
    (GATEWAY_API, "Gateway"): Mapping(
        {
            "spec": Mapping(
                {
                    "gatewayClassName": TEXT,
                    "listeners": List(_LISTENER),
                    "addresses": List(Mapping({"type": TEXT, "value": TEXT})),
                }
            )
        }
    ),
    (GATEWAY_API, "GatewayClass"): Mapping({"spec": Mapping({"controllerName": TEXT})}),
    (GATEWAY_API, "HTTPRoute"): _route(_HTTP_RULE),
    (GATEWAY_API, "GRPCRoute"): _route(_GRPC_RULE),
    (GATEWAY_API, "ReferenceGrant"): Mapping(
        {"spec": Mapping({"from": List(_GRANT_SOURCE), "to": List(_GRANT_TARGET)})}
    ),
}
