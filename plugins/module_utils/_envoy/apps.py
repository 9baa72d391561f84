# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps of a loopback lab, whose responses Envoy generates itself.

They respond as the programs of the same name in Istio's samples, as far as labs need; any other app
as its pod's annotation describes it.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import faults
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import Config

APP_ANNOTATION = "eastwest.mesh/app"
# a mapping in JSON with status, headers, body and delay (in seconds), all of them optional
RESPONSE_ANNOTATION = "eastwest.mesh/response"
_DEFAULT_BODY = "Hello version: {version}, instance: {pod}\n"


@dataclass(frozen=True, slots=True)
class AppInstance:
    """The pod that responds, the environment of its container, and its response as JSON."""

    pod: str
    environment: t.Mapping[str, str]
    version: str = ""
    response: str = ""


def _response_route(
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
    """Escape the percent signs of ``text``, which begin commands in Envoy's format strings."""
    return text.replace("%", "%%")


def _helloworld(instance: AppInstance) -> list[Config]:
    version = _literal(instance.environment.get("SERVICE_VERSION", "v1"))
    body = f"Hello version: {version}, instance: {_literal(instance.pod)}\n"
    return [
        _response_route({"path": "/hello"}, body),
        _response_route({"path": "/health"}, "Helloworld is healthy\n"),
    ]


def _httpbin(instance: AppInstance) -> list[Config]:
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
        _response_route({"path": "/headers"}, headers, "application/json"),
        _response_route({"path": "/hostname"}, hostname, "application/json"),
        _response_route({"path": "/get"}, headers, "application/json"),
        *statuses,
    ]


def _fortio(_instance: AppInstance) -> list[Config]:
    return [_response_route({"prefix": "/"}, "")]


def parse_response(text: str) -> dict[str, t.Any]:
    """Return the mapping in the annotation of a described response. Raises InvalidInput."""
    try:
        response = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput(f"annotation {RESPONSE_ANNOTATION} is not valid JSON: {exc}") from exc
    if not isinstance(response, dict):
        raise InvalidInput(f"annotation {RESPONSE_ANNOTATION} must be a mapping in JSON")
    return response


def _described(instance: AppInstance) -> list[Config]:
    """Return the route of an app whose response the pod's annotation describes."""
    response = parse_response(instance.response)
    headers = {str(name): str(value) for name, value in (response.get("headers") or {}).items()}
    content_type = next(
        (v for n, v in headers.items() if n.lower() == "content-type"), "text/plain"
    )
    route = _response_route(
        {"prefix": "/"},
        _literal(_filled(str(response.get("body", _DEFAULT_BODY)), instance)),
        content_type,
        int(response.get("status", 200)),
    )
    route["response_headers_to_add"] = [
        {"header": {"key": name, "value": _literal(_filled(value, instance))}}
        for name, value in headers.items()
        if name.lower() != "content-type"
    ]
    if delay := float(response.get("delay", 0)):
        route["typed_per_filter_config"] = faults.delayed_route(delay)
    return [route]


def _filled(text: str, instance: AppInstance) -> str:
    return text.replace("{pod}", instance.pod).replace("{version}", instance.version)


_APPS: dict[str, t.Callable[[AppInstance], list[Config]]] = {
    "helloworld": _helloworld,
    "httpbin": _httpbin,
    "fortio": _fortio,
}
# Apps that only send requests
CLIENT_APPS = ("sleep",)
TCP_APPS = ("tcp-greeter",)
APPS = (*_APPS, *TCP_APPS, *CLIENT_APPS)


def app_routes(app: str, instance: AppInstance) -> list[Config]:
    """Return the routes of an app's port; none for an app that only sends requests."""
    if instance.response:
        return _described(instance)
    build = _APPS.get(app)
    return [*build(instance), _not_found()] if build else []


def greeting(app: str, instance: AppInstance) -> str:
    """Return the first bytes that a TCP app sends on a connection; empty for other apps."""
    if app not in TCP_APPS:
        return ""
    version = instance.environment.get("SERVICE_VERSION", "v1")
    return f"Hello version: {version}, instance: {instance.pod}\n"
