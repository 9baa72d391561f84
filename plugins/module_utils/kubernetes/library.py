# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes client library, and clusters out of kubeconfig files. Private to this collection."""

from __future__ import annotations

import os
import sys
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils.errors import InvalidInput, MeshError

_IMPORT_ERROR: ImportError | None = None
try:
    from kubernetes import client as k8s_client
    from kubernetes import config as k8s_config
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.stream import stream as k8s_stream
except ImportError as exc:
    _IMPORT_ERROR = exc


def load_client(kubeconfig: str | None, context: str | None) -> t.Any:
    """The API client of a context. Nothing is sent yet.

    Raises InvalidInput when there is no such file or context.
    """
    require_library()
    path = _path(kubeconfig)
    try:
        contexts, current = k8s_config.list_kube_config_contexts(path)
    except (ConfigException, OSError, ValueError, TypeError, AttributeError) as exc:
        raise InvalidInput(f"kubeconfig: {path} cannot be used: {_one_line(exc)}") from exc
    except Exception as exc:
        # the library lets the errors of its YAML parser through
        raise InvalidInput(f"kubeconfig: {path} is not valid YAML: {_one_line(exc)}") from exc
    names = sorted(found["name"] for found in contexts)
    if context is None and not current:
        raise InvalidInput(
            f"context: {path} has no current context; give one of {', '.join(names)}"
        )
    if context is not None and context not in names:
        raise InvalidInput(
            f"context: {path} has no context '{context}'; it has {', '.join(names) or 'none'}"
        )
    try:
        return k8s_config.new_client_from_config(path, context, persist_config=False)
    except Exception as exc:
        raise InvalidInput(
            f"kubeconfig: context '{context or current['name']}' of {path} cannot be used:"
            f" {_one_line(exc)}"
        ) from exc


def require_library() -> None:
    if _IMPORT_ERROR is not None:
        raise MeshError(
            f"the Python package 'kubernetes' is missing for {sys.executable}"
            f" ({_IMPORT_ERROR}); install it there with: {sys.executable} -m pip install kubernetes"
        ) from _IMPORT_ERROR


def core_api(client: t.Any) -> t.Any:
    return k8s_client.CoreV1Api(client)


def custom_api(client: t.Any) -> t.Any:
    return k8s_client.CustomObjectsApi(client)


def stream(method: t.Callable[..., t.Any], *arguments: t.Any, **options: t.Any) -> t.Any:
    """Calls a method of the API over a websocket."""
    return k8s_stream(method, *arguments, **options)


def _path(kubeconfig: str | None) -> str:
    """The file, or several with the system's separator, as in the variable KUBECONFIG."""
    given = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = [os.path.expanduser(part) for part in given.split(os.pathsep) if part]
    if not any(os.path.exists(path) for path in paths):
        where = "" if kubeconfig else " (no kubeconfig was given)"
        raise InvalidInput(
            f"kubeconfig: {os.pathsep.join(paths)} does not exist{where};"
            " give the path of the cluster's kubeconfig"
        )
    return os.pathsep.join(paths)


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
