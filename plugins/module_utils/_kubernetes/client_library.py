# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load clusters from kubeconfig files, and hide what differs between releases of the library."""

from __future__ import annotations

import functools
import os
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping

# the lists of a kubeconfig, and where each entry has its content
_HELD = {"contexts": "context", "clusters": "cluster", "users": "user"}

_IMPORT_ERROR: ImportError | None = None
try:
    from kubernetes import client as k8s_client
    from kubernetes import config as k8s_config
    from kubernetes import dynamic as k8s_dynamic
    from kubernetes.stream import stream as k8s_stream
except ImportError as exc:
    _IMPORT_ERROR = exc


def load_client(kubeconfig: str | None, context: str | None) -> t.Any:
    """Return the API client of a context; nothing is sent yet.

    Raises InvalidInput for a missing file or context.
    """
    require_library()
    paths = _paths(kubeconfig)
    where = os.pathsep.join(paths)
    config = _read(paths)
    names = sorted(config.held("contexts"))
    name = context or config.current
    if not name:
        raise InvalidInput(
            f"context: {where} has no current context; give one of {', '.join(names) or 'none'}"
        )
    if name not in names:
        raise InvalidInput(
            f"context: {where} has no context '{name}'; it has {', '.join(names) or 'none'}"
        )
    clusters = config.held("clusters")
    cluster = config.cluster_of(name)
    if cluster not in clusters:
        named = f"the cluster '{cluster}', which is not there" if cluster else "no cluster"
        raise InvalidInput(
            f"kubeconfig: context '{name}' of {where} names {named};"
            f" the clusters are {', '.join(clusters) or 'none'}"
        )
    try:
        if config.malformed:
            return k8s_config.new_client_from_config_dict(
                _library_config(config), name, persist_config=False
            )
        return k8s_config.new_client_from_config(where, name, persist_config=False)
    except Exception as exc:
        # The library passes on the errors of YAML, of base64 and of login plugins
        raise InvalidInput(
            f"kubeconfig: context '{name}' of {where} cannot be used: {_one_line(exc)}"
        ) from exc


def _library_config(config: _Kubeconfig) -> dict[str, t.Any]:
    """Return the sound entries for the library, which reads none of a file with another one.

    Each has its file, from which relative paths count.
    """
    node = k8s_config.kube_config.ConfigNode
    return {
        listed: [node(path, dict(entry), path) for path, entry in entries]
        for listed, entries in config.entries.items()
    }


def require_library() -> None:
    if _IMPORT_ERROR is not None:
        raise MeshError(
            f"the Python package 'kubernetes' is missing for {sys.executable}"
            f" ({_IMPORT_ERROR}); install it there with: {sys.executable} -m pip install kubernetes"
        ) from _IMPORT_ERROR


def load_client_from(content: t.Mapping[str, t.Any], context: str) -> t.Any:
    """Return the API client of a context in a kubeconfig's content; failed calls are not repeated.

    Raises InvalidInput when the context cannot be used.
    """
    require_library()
    try:
        make_client: t.Callable[..., t.Any] = k8s_config.new_client_from_config_dict
        client = make_client(dict(content), context=context, persist_config=False)
    except k8s_config.ConfigException as exc:
        raise InvalidInput(f"the kubeconfig has no usable context {context}: {exc}") from exc
    return without_retries(client)


def without_retries(client: t.Any) -> t.Any:
    """Return the client as one that does not repeat failed calls, which would take the time again."""
    client.configuration.retries = False
    return k8s_client.ApiClient(client.configuration)


def context_servers(kubeconfig: str | None) -> dict[str, str]:
    """Return the URL of the API server of each context; empty where the files do not say it.

    Nothing is sent, and no login plugin runs. Raises InvalidInput for files that cannot be read.
    """
    return _read(_paths(kubeconfig)).servers()


def malformed_entries(kubeconfig: str | None) -> list[str]:
    """Describe the entries of the files that are left out."""
    return list(_read(_paths(kubeconfig)).malformed)


def request_function(client: t.Any) -> t.Callable[..., t.Any]:
    """Return a function that sends a request by method and path and returns the raw answer.

    The signature of ``ApiClient.call_api`` changes between releases of the library, that of the
    dynamic client's ``request`` does not.
    """

    def skip_discovery(*_arguments: t.Any) -> None:
        """Stand in for the library's discovery, which would read all kinds at once."""

    request = k8s_dynamic.DynamicClient(client, discoverer=skip_discovery).request
    return functools.partial(request, serialize=False)


def exec_function(client: t.Any) -> t.Callable[..., t.Any]:
    """Return a function that opens a websocket to a command in a container.

    The library exchanges a method of its client while it opens a websocket: this one has a client
    of its own, and must not be called from two threads at a time.
    """
    api = k8s_client.CoreV1Api(k8s_client.ApiClient(client.configuration))

    def open_websocket(namespace: str, pod: str, container: str, command: t.Sequence[str]) -> t.Any:
        return k8s_stream(
            api.connect_get_namespaced_pod_exec,
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

    return open_websocket


def _paths(kubeconfig: str | None) -> list[str]:
    """Return the kubeconfig files; several are separated as in the variable KUBECONFIG."""
    given = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = [str(Path(part).expanduser()) for part in given.split(os.pathsep) if part]
    if not any(Path(path).exists() for path in paths):
        where = "" if kubeconfig else " (no kubeconfig was given)"
        raise InvalidInput(
            f"kubeconfig: {os.pathsep.join(paths)} does not exist{where};"
            " give the path of the cluster's kubeconfig"
        )
    return paths


@dataclass(frozen=True, slots=True)
class _Kubeconfig:
    """What the files say together; of entries with one name, the first counts."""

    # the sound entries of each list, each with its file
    entries: t.Mapping[str, t.Sequence[tuple[str, t.Mapping[str, t.Any]]]]
    # the first file with one sets it
    current: str
    # descriptions of entries that are left out
    malformed: t.Sequence[str]

    def held(self, listed: str) -> dict[str, t.Mapping[str, t.Any]]:
        """Return by name what a list's entries hold; nothing where that is no mapping."""
        found: dict[str, t.Mapping[str, t.Any]] = {}
        for _path, entry in self.entries[listed]:
            value = entry.get(_HELD[listed])
            found.setdefault(str(entry["name"]), value if isinstance(value, dict) else {})
        return found

    def cluster_of(self, context: str) -> str:
        return str(self.held("contexts")[context].get("cluster") or "")

    def servers(self) -> dict[str, str]:
        """Return each context's server, empty where it is unknown."""
        clusters = self.held("clusters")
        return {
            name: str(clusters.get(self.cluster_of(name), {}).get("server") or "")
            for name in sorted(self.held("contexts"))
        }


def _read(paths: t.Iterable[str]) -> _Kubeconfig:
    """Read the files that exist. Raises InvalidInput for what is no kubeconfig."""
    entries: dict[str, list[tuple[str, t.Mapping[str, t.Any]]]] = {name: [] for name in _HELD}
    malformed: list[str] = []
    current = ""
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as exc:
            raise InvalidInput(f"kubeconfig: {path} cannot be read: {_one_line(exc)}") from exc
        content = load_mapping(text, f"kubeconfig: {path}")
        current = current or content.get("current-context") or ""
        for listed, found in entries.items():
            given = content.get(listed) or []
            if not isinstance(given, list):
                raise InvalidInput(
                    f"kubeconfig: {listed} of {path} must be a list, it is a {type(given).__name__}"
                )
            for number, entry in enumerate(given, 1):
                if isinstance(entry, dict) and entry.get("name"):
                    found.append((path, entry))
                else:
                    malformed.append(
                        f"kubeconfig: entry {number} of {listed} in {path} has no name and is left out"
                    )
    return _Kubeconfig(entries, current, malformed)


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
