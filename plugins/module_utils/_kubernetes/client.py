# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and changes objects through a Kubernetes API. Private to this collection."""

from __future__ import annotations

import json
import threading
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    api_errors,
    client_library,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.kinds import Kind, find_kind

KubernetesObject: t.TypeAlias = dict[str, t.Any]

_PAGE = 500
# to connect, and for each part of an answer
_TIMEOUT_S = (10, 60)
# with an overloaded server
_PATIENCE_S = 30.0
_RETRY_S = 1.0
# in the eyes of the server another one than who applies manifests
_SCALER = "eastwest.mesh-lab"


class Api:
    """One cluster's API. Every method raises MeshError with what the server or the network said."""

    def __init__(self, name: str, client: t.Any) -> None:
        self.name = name
        self.host = client.configuration.host
        self._core = client_library.core_api(client)
        self._custom = client_library.custom_api(client)
        self._any = client_library.any_call(client)
        # the library exchanges a method of the client while it opens a websocket, so no other
        # thread may use that client
        self._exec_core = client_library.core_api(client_library.new_client(client))
        self._exec_lock = threading.Lock()
        self._versions: dict[str, str] = {}

    def find_all(
        self, kind_name: str, namespace: str | None = None, selector: str = ""
    ) -> list[KubernetesObject]:
        """All objects of a kind. A kind that is not installed has none."""
        kind = find_kind(kind_name)
        known = self._versions.get(kind_name)
        for version in (known,) if known else kind.versions:
            pages = self._pages(kind, version, namespace, selector)
            if pages is not None:
                self._versions[kind_name] = version
                return pages
        return []

    def get(self, kind_name: str, namespace: str, name: str) -> KubernetesObject:
        """One object that lives in a namespace. Raises NotFound."""
        kind = find_kind(kind_name)
        what = f"read {kind_name} {namespace}/{name}"
        if kind.group:
            call = self._custom.get_namespaced_custom_object
            arguments: tuple[str, ...] = (kind.group, "v1", namespace, kind.plural, name)
        else:
            call = getattr(self._core, f"read_namespaced_{kind.plural}")
            arguments = (name, namespace)
        found = self._call(what, call, *arguments)
        if found is None:
            raise NotFound(
                f"cluster {self.name}: there is no {kind_name} '{name}' in namespace '{namespace}'"
            )
        return found

    def delete_pod(self, namespace: str, name: str) -> None:
        """Asks for the deletion; a pod that is gone already is no error."""
        what = f"delete Pod {namespace}/{name}"
        self._call(what, self._core.delete_namespaced_pod, name, namespace)

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        """Gives a Deployment another number of pods. Raises NotFound."""
        found = self.request(
            f"scale Deployment {namespace}/{name}",
            "PATCH",
            f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
            body={"spec": {"replicas": replicas}},
            query={"fieldManager": _SCALER},
            content_type="application/merge-patch+json",
        )
        if found is None:
            raise NotFound(
                f"cluster {self.name}: there is no Deployment '{name}' in namespace '{namespace}'"
            )

    def log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """The last lines of a container's log; nothing if it is gone."""
        what = f"read the log of {container} of Pod {namespace}/{pod}"
        found = self._data(
            what,
            self._core.read_namespaced_pod_log,
            pod,
            namespace,
            container=container,
            tail_lines=lines,
        )
        return (found or b"").decode(errors="replace")

    def open_exec(
        self, namespace: str, pod: str, container: str, command: t.Sequence[str]
    ) -> t.Any:
        """A websocket to a command. Raises what the library raises."""
        with self._exec_lock:
            return client_library.stream(
                self._exec_core.connect_get_namespaced_pod_exec,
                pod,
                namespace,
                container=container,
                command=list(command),
                stdin=True,
                stdout=True,
                stderr=True,
                tty=False,
                _preload_content=False,
                binary=True,
            )

    def request(
        self,
        what: str,
        method: str,
        path: str,
        *,
        body: t.Any = None,
        query: t.Mapping[str, t.Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> KubernetesObject | None:
        """Any call, by its path; ``what`` says in errors what it was for. None for a 404."""
        return self._call(
            what,
            self._any,
            method,
            path,
            body=body,
            query_params=list((query or {}).items()),
            content_type=content_type,
            header_params={"Accept": accept},
            serialize=False,
        )

    def _pages(
        self, kind: Kind, version: str, namespace: str | None, selector: str
    ) -> list[KubernetesObject] | None:
        call, arguments = self._list_call(kind, version, namespace)
        options: dict[str, t.Any] = {"limit": _PAGE}
        if selector:
            options["label_selector"] = selector
        api_version = f"{kind.group}/{version}" if kind.group else version
        items: list[KubernetesObject] = []
        while True:
            page = self._call(f"list {kind.name}", call, *arguments, **options)
            if page is None:
                return None
            for item in page.get("items") or []:
                # a server leaves both out of the items of a list of its own kinds
                item.setdefault("apiVersion", api_version)
                item.setdefault("kind", kind.name)
                items.append(item)
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return items
            options["_continue"] = token

    def _list_call(
        self, kind: Kind, version: str, namespace: str | None
    ) -> tuple[t.Callable[..., t.Any], tuple[str, ...]]:
        inside = bool(namespace) and kind.namespaced
        if kind.group:
            if inside:
                call = self._custom.list_namespaced_custom_object
                return call, (kind.group, version, str(namespace), kind.plural)
            return self._custom.list_cluster_custom_object, (kind.group, version, kind.plural)
        if inside:
            return getattr(self._core, f"list_namespaced_{kind.plural}"), (str(namespace),)
        suffix = "_for_all_namespaces" if kind.namespaced else ""
        return getattr(self._core, f"list_{kind.plural}{suffix}"), ()

    def _call(
        self, what: str, call: t.Callable[..., t.Any], *arguments: str, **options: t.Any
    ) -> KubernetesObject | None:
        """The answer's JSON, None for a 404.

        Read without the library's models: those drop fields that they do not know.
        """
        data = self._data(what, call, *arguments, **options)
        return None if data is None else t.cast(KubernetesObject, json.loads(data))

    def _data(
        self, what: str, call: t.Callable[..., t.Any], *arguments: str, **options: t.Any
    ) -> bytes | None:
        """None for a 404. What an overloaded server did not do is asked for again for a while."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            status, data = self._ask(call, *arguments, **options)
            if status < 400:
                return t.cast(bytes, data)
            if status == 404:
                return None
            said = api_errors.message(data)
            if not api_errors.is_transient(status, said) or time.monotonic() >= deadline:
                raise MeshError(f"cluster {self.name}: {api_errors.told(what, status, said)}")
            time.sleep(_RETRY_S)

    def _ask(
        self, call: t.Callable[..., t.Any], *arguments: str, **options: t.Any
    ) -> tuple[int, bytes | str]:
        try:
            answer = call(
                *arguments, **options, _preload_content=False, _request_timeout=_TIMEOUT_S
            )
            return answer.status, answer.data
        except Exception as exc:
            status = getattr(exc, "status", 0) or 0
            if not status:
                raise MeshError(self._unreachable(exc)) from exc
            return status, getattr(exc, "body", b"") or b""

    def _unreachable(self, exc: Exception) -> str:
        reason = getattr(exc, "reason", None) or exc
        return (
            f"cluster {self.name}: the API at {self.host} does not answer:"
            f" {' '.join(str(reason).split())}"
        )
