# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of VirtualServices and Sidecars that the loopback provider implements."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.field_schema import (
    ANY_KEY,
    FLAG,
    LABELS,
    NUMBER,
    TEXT,
    TEXTS,
    Field,
    Schema,
    one_of,
)

SIDECAR: t.Mapping[str, Schema] = {
    "workloadSelector": {"labels": LABELS},
    "egress": [{"hosts": TEXTS}],
    "outboundTrafficPolicy": {
        "mode": one_of("REGISTRY_ONLY", note="a loopback lab reaches nothing outside itself")
    },
}

_TEXT_MATCH: t.Mapping[str, Schema] = {"exact": TEXT, "prefix": TEXT, "regex": TEXT}
_TEXT_MATCHES: t.Mapping[str, Schema] = {ANY_KEY: _TEXT_MATCH}
_MATCH: t.Mapping[str, Schema] = {
    "name": TEXT,
    "uri": _TEXT_MATCH,
    "method": _TEXT_MATCH,
    "authority": _TEXT_MATCH,
    "scheme": _TEXT_MATCH,
    "headers": _TEXT_MATCHES,
    "withoutHeaders": _TEXT_MATCHES,
    "queryParams": _TEXT_MATCHES,
    "ignoreUriCase": FLAG,
    "port": NUMBER,
    "sourceLabels": LABELS,
    "sourceNamespace": TEXT,
}
_PERCENTAGE: t.Mapping[str, Schema] = {"value": Field((int, float))}
_ROUTE: t.Mapping[str, Schema] = {
    "name": TEXT,
    "match": [_MATCH],
    "route": [
        {
            "destination": {"host": TEXT, "subset": TEXT, "port": {"number": NUMBER}},
            "weight": NUMBER,
        }
    ],
    "redirect": {
        "uri": TEXT,
        "authority": TEXT,
        "scheme": TEXT,
        "port": NUMBER,
        "redirectCode": one_of(301, 302, 303, 307, 308),
    },
    "directResponse": {"status": NUMBER, "body": {"string": TEXT}},
    "delegate": {"name": TEXT, "namespace": TEXT},
    "rewrite": {"uri": TEXT, "authority": TEXT},
    "timeout": TEXT,
    "retries": {
        "attempts": NUMBER,
        "perTryTimeout": TEXT,
        "retryOn": TEXT,
        "retryRemoteLocalities": FLAG,
        "retryIgnorePreviousHosts": FLAG,
        "backoff": TEXT,
    },
    "fault": {
        "abort": {"httpStatus": NUMBER, "percentage": _PERCENTAGE},
        "delay": {"fixedDelay": TEXT, "percentage": _PERCENTAGE},
    },
}
VIRTUAL_SERVICE: t.Mapping[str, Schema] = {
    "hosts": TEXTS,
    "gateways": [one_of("mesh", note="gateways forward mTLS by its server name only")],
    "exportTo": TEXTS,
    "http": [_ROUTE],
}
