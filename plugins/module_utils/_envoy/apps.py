# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps of a loopback lab: answers that Envoy gives itself. Private to this collection.

They answer as the programs of the same name do in Istio's samples, as far as labs ask.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import Config

APP_ANNOTATION = "eastwest.mesh/app"


@dataclass(frozen=True, slots=True)
class Instance:
    """The pod that answers, and the environment of its container."""

    pod: str
    environment: t.Mapping[str, str]


def _answer(
    match: Config, body: str, content_type: str = "text/plain", status: int = 200
) -> Config:
    return {
        "match": match,
        "direct_response": {
            "status": status,
            "body_format": {
                "text_format_source": {"inline_string": body},
                "content_type": content_type,
            },
        },
    }


def _not_found() -> Config:
    return {"match": {"prefix": "/"}, "direct_response": {"status": 404}}


def _literal(text: str) -> str:
    """``text`` inside a format string, where a percent sign opens a command."""
    return text.replace("%", "%%")


def _helloworld(instance: Instance) -> list[Config]:
    version = _literal(instance.environment.get("SERVICE_VERSION", "v1"))
    body = f"Hello version: {version}, instance: {_literal(instance.pod)}\n"
    return [
        _answer({"path": "/hello"}, body),
        _answer({"path": "/health"}, "Helloworld is healthy\n"),
    ]


def _httpbin(instance: Instance) -> list[Config]:
    headers = (
        '{"headers": {"Host": ["%REQ(:AUTHORITY)%"], "User-Agent": ["%REQ(USER-AGENT)%"]},'
        ' "peer": "%DOWNSTREAM_PEER_URI_SAN%"}\n'
    )
    hostname = f'{{"hostname": "{_literal(instance.pod)}"}}\n'
    statuses = [
        {"match": {"path": f"/status/{status}"}, "direct_response": {"status": status}}
        for status in (200, 204, 400, 404, 418, 429, 500, 502, 503, 504)
    ]
    return [
        _answer({"path": "/headers"}, headers, "application/json"),
        _answer({"path": "/hostname"}, hostname, "application/json"),
        _answer({"path": "/get"}, headers, "application/json"),
        *statuses,
    ]


def _fortio(_instance: Instance) -> list[Config]:
    return [_answer({"prefix": "/"}, "")]


_APPS: dict[str, t.Callable[[Instance], list[Config]]] = {
    "helloworld": _helloworld,
    "httpbin": _httpbin,
    "fortio": _fortio,
}
# Apps that only send requests: nothing answers for them.
CLIENT_APPS = ("sleep",)
TCP_APPS = ("tcp-greeter",)
APPS = (*_APPS, *TCP_APPS, *CLIENT_APPS)


def app_routes(app: str, instance: Instance) -> list[Config]:
    """The routes of one app's port; empty for an app that only sends."""
    build = _APPS.get(app)
    return [*build(instance), _not_found()] if build else []


def greeting(app: str, instance: Instance) -> str:
    """What a TCP app says to whoever connects; empty for an app that speaks HTTP or none."""
    if app not in TCP_APPS:
        return ""
    version = instance.environment.get("SERVICE_VERSION", "v1")
    return f"Hello version: {version}, instance: {instance.pod}\n"
