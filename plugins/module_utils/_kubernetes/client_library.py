# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes client library, and clusters out of kubeconfig files. Private to this collection."""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping

_IMPORT_ERROR: ImportError | None = None
try:
    from kubernetes import client as k8s_client
    from kubernetes import config as k8s_config
    from kubernetes import dynamic as k8s_dynamic
    from kubernetes.stream import stream as k8s_stream
except ImportError as exc:
    _IMPORT_ERROR = exc


def load_client(kubeconfig: str | None, context: str | None) -> t.Any:
    """The API client of a context. Nothing is sent yet.

    Raises InvalidInput when there is no such file or context.
    """
    require_library()
    paths = _paths(kubeconfig)
    where = os.pathsep.join(paths)
    names, current = _contexts(paths)
    wanted = context or current
    if not wanted:
        raise InvalidInput(
            f"context: {where} has no current context; give one of {', '.join(names) or 'none'}"
        )
    if wanted not in names:
        raise InvalidInput(
            f"context: {where} has no context '{wanted}'; it has {', '.join(names) or 'none'}"
        )
    try:
        return k8s_config.new_client_from_config(where, wanted, persist_config=False)
    except Exception as exc:
        # the library raises what its parts raise: of YAML, of base64, of plugins that log in
        raise InvalidInput(
            f"kubeconfig: context '{wanted}' of {where} cannot be used: {_one_line(exc)}"
        ) from exc


def require_library() -> None:
    if _IMPORT_ERROR is not None:
        raise MeshError(
            f"the Python package 'kubernetes' is missing for {sys.executable}"
            f" ({_IMPORT_ERROR}); install it there with: {sys.executable} -m pip install kubernetes"
        ) from _IMPORT_ERROR


def core_api(client: t.Any) -> t.Any:
    return k8s_client.CoreV1Api(client)


def new_client(client: t.Any) -> t.Any:
    """Another client for the same cluster and user."""
    return k8s_client.ApiClient(client.configuration)


def custom_api(client: t.Any) -> t.Any:
    return k8s_client.CustomObjectsApi(client)


def any_call(client: t.Any) -> t.Callable[..., t.Any]:
    """Calls the API by method and path; the one way to do so that is alike in all releases."""

    def know_nothing(*_arguments: t.Any) -> None:
        """In place of asking the server for all its kinds."""

    return t.cast(
        t.Callable[..., t.Any], k8s_dynamic.DynamicClient(client, discoverer=know_nothing).request
    )


def stream(method: t.Callable[..., t.Any], *arguments: t.Any, **options: t.Any) -> t.Any:
    """Calls a method of the API over a websocket."""
    return k8s_stream(method, *arguments, **options)


def _paths(kubeconfig: str | None) -> list[str]:
    """The file, or several with the system's separator, as in the variable KUBECONFIG."""
    given = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = [str(Path(part).expanduser()) for part in given.split(os.pathsep) if part]
    if not any(Path(path).exists() for path in paths):
        where = "" if kubeconfig else " (no kubeconfig was given)"
        raise InvalidInput(
            f"kubeconfig: {os.pathsep.join(paths)} does not exist{where};"
            " give the path of the cluster's kubeconfig"
        )
    return paths


def _contexts(paths: t.Iterable[str]) -> tuple[list[str], str]:
    """The names of all contexts, and the current one; the first file that names it counts."""
    names: dict[str, None] = {}
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
        names.update(
            dict.fromkeys(
                str(entry["name"])
                for entry in content.get("contexts") or []
                if isinstance(entry, dict) and entry.get("name")
            )
        )
    return sorted(names), current


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
