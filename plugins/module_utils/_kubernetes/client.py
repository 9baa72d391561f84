# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and change objects through a Kubernetes API.

Requests go out by method and path, and answers stay JSON: the library's typed clients drop fields
that they do not know, and each of its interfaces has its own way to page, to time out and to fail.
"""

from __future__ import annotations

import json
import threading
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotAllowed,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    api_errors,
    client_library,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import (
    Discovery,
    Resource,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import LAB_MANAGER

KubernetesObject: t.TypeAlias = dict[str, t.Any]

_FORBIDDEN = 403
_PAGE_SIZE = 500
_RETRY_FOR_S = 30.0
_RETRY_EVERY_S = 1.0


def client_for(options: t.Mapping[str, t.Any]) -> KubernetesClient:
    """Return the client of a module's options ``cluster``, ``kubeconfig`` and ``context``."""
    name = options["cluster"] or options["context"] or "of the current context"
    library_client = client_library.load_client(options["kubeconfig"], options["context"])
    return KubernetesClient(name, library_client)


class KubernetesClient:
    """A cluster's API. Every method raises MeshError with the server's or the network's message."""

    def __init__(
        self, name: str, library_client: t.Any, timeout: tuple[float, float] = (10, 60)
    ) -> None:
        """Take the seconds to connect and those between two parts of an answer as ``timeout``."""
        self.name = name
        self.host = library_client.configuration.host
        self.discovery = Discovery(name, self.request)
        self._timeout = timeout
        self._call = client_library.request_function(library_client)
        self._open_websocket = client_library.exec_function(library_client)
        self._exec_lock = threading.Lock()

    def find_all(
        self, kind: str, namespace: str | None = None, selector: str = "", fields: str = ""
    ) -> list[KubernetesObject]:
        """Return the objects of a kind that the selectors match; none of a kind not installed."""
        resource = self.discovery.served(kind)
        return self.list(resource, namespace, selector, fields) if resource else []

    def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
    ) -> list[KubernetesObject]:
        """Return the objects of a resource, page by page."""
        query = {"limit": _PAGE_SIZE, "labelSelector": selector, "fieldSelector": fields}
        items: list[KubernetesObject] = []
        while True:
            page = self.request(
                f"list {resource.kind}",
                "GET",
                resource.path(namespace),
                query={key: value for key, value in query.items() if value},
            )
            for item in (page or {}).get("items") or []:
                # A list of built-in kinds leaves both out of its items
                item.setdefault("apiVersion", resource.api_version)
                item.setdefault("kind", resource.kind)
                items.append(item)
            query["continue"] = ((page or {}).get("metadata") or {}).get("continue")
            if not query["continue"]:
                return items

    def find(self, kind: str, namespace: str, name: str) -> KubernetesObject | None:
        """Return one object, or None where it does not exist."""
        resource = self.discovery.served(kind)
        if resource is None:
            return None
        path = resource.path(namespace, name)
        found = self.request(f"read {kind} {namespace}/{name}", "GET", path)
        return None if found is None else {**found, "kind": kind}

    def get(self, kind: str, namespace: str, name: str) -> KubernetesObject:
        """Return one object. Raises NotFound."""
        found = self.find(kind, namespace, name)
        if found is None:
            raise self._missing(kind, namespace, name)
        return found

    def patch(
        self,
        kind: str,
        namespace: str,
        name: str,
        body: t.Mapping[str, t.Any],
        *,
        action: str = "change",
        manager: str = LAB_MANAGER,
    ) -> None:
        """Merge fields into an object; None removes one. Raises NotFound."""
        resource = self.discovery.served(kind)
        what = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        if resource is None or not self.merge_patch(
            f"{action} {what}", resource.path(namespace, name), body, manager
        ):
            raise self._missing(kind, namespace, name)

    def merge_patch(
        self, action: str, path: str, body: t.Mapping[str, t.Any], manager: str = LAB_MANAGER
    ) -> bool:
        """Merge fields into the object at a path, and return whether it exists."""
        content_type = "application/merge-patch+json"
        query = {"fieldManager": manager}
        return (
            self.request(action, "PATCH", path, body=body, query=query, content_type=content_type)
            is not None
        )

    def delete_pod(self, namespace: str, name: str) -> None:
        """Ask for a pod's deletion; a missing pod is no error."""
        path = f"/api/v1/namespaces/{namespace}/pods/{name}"
        self.request(f"delete Pod {namespace}/{name}", "DELETE", path)

    def log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """Return the last lines of a container's log; nothing where the container is gone."""
        found = self._answer(
            f"read the log of {container} of Pod {namespace}/{pod}",
            "GET",
            f"/api/v1/namespaces/{namespace}/pods/{pod}/log",
            query_params=[("container", container), ("tailLines", lines)],
            header_params={"Accept": "*/*"},
        )
        return (found or b"").decode(errors="replace")

    def open_exec(
        self, namespace: str, pod: str, container: str, command: t.Sequence[str]
    ) -> t.Any:
        """Return a websocket to a command. Raises what the library raises."""
        with self._exec_lock:
            return self._open_websocket(namespace, pod, container, command)

    def request(
        self,
        action: str,
        method: str,
        path: str,
        *,
        body: t.Any = None,
        query: t.Mapping[str, t.Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> KubernetesObject | None:
        """Return the answer to any request, None for a 404; errors name the ``action``."""
        data = self._answer(
            action,
            method,
            path,
            body=body,
            query_params=list((query or {}).items()),
            content_type=content_type,
            header_params={"Accept": accept},
        )
        return None if data is None else t.cast(KubernetesObject, json.loads(data))

    def _answer(self, action: str, method: str, path: str, **options: t.Any) -> bytes | None:
        """Return the answer's bytes, None for a 404; repeat what an overloaded server refuses."""
        deadline = time.monotonic() + _RETRY_FOR_S
        while True:
            status, data = self._send(method, path, **options)
            if status < 400:
                return t.cast(bytes, data)
            if status == 404:
                return None
            message = api_errors.server_message(data)
            if not api_errors.is_transient(status, message) or time.monotonic() >= deadline:
                error = api_errors.describe_error(action, status, message)
                kind = NotAllowed if status == _FORBIDDEN else MeshError
                raise kind(f"cluster {self.name}: {error}")
            time.sleep(_RETRY_EVERY_S)

    def _send(self, method: str, path: str, **options: t.Any) -> tuple[int, bytes | str]:
        try:
            answer = self._call(method, path, **options, _request_timeout=self._timeout)
            return answer.status, answer.data
        except Exception as exc:
            status = getattr(exc, "status", 0) or 0
            if not status:
                reason = " ".join(str(getattr(exc, "reason", None) or exc).split())
                raise MeshError(
                    f"cluster {self.name}: the API at {self.host} does not answer: {reason}"
                ) from exc
            return status, getattr(exc, "body", b"") or b""

    def _missing(self, kind: str, namespace: str, name: str) -> NotFound:
        inside = f" in namespace '{namespace}'" if namespace else ""
        return NotFound(f"cluster {self.name}: there is no {kind} '{name}'{inside}")
