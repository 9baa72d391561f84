# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the programs and libraries that a provider needs on this machine."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.dependency import (
    require_cryptography,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Variables,
    provider,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.processes import envoy_path


def requirement_problems(lab: Lab) -> list[str]:
    """Describe what is missing, once for all clusters; only of modules that run with this Python."""
    found = (
        problem
        for name in lab.active
        if lab.clusters[name].get("ansible_python_interpreter") == sys.executable
        for problem in _of_host(lab.clusters[name])
    )
    return list(dict.fromkeys(found))


def _of_host(host: Variables) -> t.Iterator[str]:
    requirements = [require_cryptography]
    if provider(host) == "loopback":
        requirements.append(_require_envoy)
    for require in requirements:
        try:
            require()
        except MeshError as exc:
            yield str(exc)
    if provider(host) == "kind" and not shutil.which(host.get("cluster_kind") or "kind"):
        yield (
            f"mesh_provider is kind, and there is no {host.get('cluster_kind') or 'kind in PATH'};"
            " install kind, or give its path with cluster_kind"
        )
    if provider(host) in ("kind", "existing"):
        yield from _kubernetes(provider(host))


def _require_envoy() -> None:
    envoy_path()


def _kubernetes(name: str) -> t.Iterator[str]:
    if not _is_importable("kubernetes"):
        yield (
            f"mesh_provider is {name}, and {sys.executable} lacks the Python package kubernetes;"
            " install it with pip (in a checkout: make kubernetes)"
        )
    if not _is_importable("ansible_collections.kubernetes.core"):
        yield (
            f"mesh_provider is {name}, and the collection kubernetes.core is not installed; install"
            " it with ansible-galaxy collection install kubernetes.core (in a checkout: make"
            " kubernetes)"
        )


def _is_importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
