# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's kubeconfig file."""

from __future__ import annotations

import stat
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping

SECTIONS = (("clusters", "cluster"), ("users", "user"), ("contexts", "context"))

Content: t.TypeAlias = dict[str, t.Any]


def context_name(cluster: str) -> str:
    """Return the name that kind gives to context, cluster and user."""
    return f"kind-{cluster}"


def read_kubeconfig(path: str) -> Content | None:
    """Return a kubeconfig's content; None when there is no file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        raise InvalidInput(f"kubeconfig: '{path}' cannot be read: {exc}") from exc
    return load_mapping(text, f"kubeconfig: '{path}'") or None


def entries(content: Content | None, cluster: str) -> list[t.Any]:
    """Return the cluster's own entries, to be compared."""
    name = context_name(cluster)
    return [
        item.get(key)
        for section, key in SECTIONS
        for item in (content or {}).get(section) or []
        if item.get("name") == name
    ]


def server(content: Content, cluster: str) -> str:
    """Return the URL of the API for this machine."""
    own = entries(content, cluster)
    return str(own[0].get("server", "")) if own else ""


def prepare_directory(path: str) -> None:
    """Make the directory of a kubeconfig, without access for others."""
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def is_readable_by_others(path: str) -> bool:
    return bool(stat.S_IMODE(Path(path).stat().st_mode) & 0o077)


def restrict(path: str) -> None:
    Path(path).chmod(0o600)


def remove_if_empty(path: str) -> bool:
    """Remove a kubeconfig without contexts, and return whether it existed."""
    content = read_kubeconfig(path)
    if content and content.get("contexts"):
        return False
    file = Path(path)
    existed = file.exists()
    file.unlink(missing_ok=True)
    return existed
