# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the files in which containerd looks for registry mirrors."""

from __future__ import annotations

import typing as t

DIRECTORY = "/etc/containerd/certs.d"
# Docker Hub's registry has another name than its images
SERVERS = {"docker.io": "https://registry-1.docker.io"}

Mirrors: t.TypeAlias = t.Mapping[str, t.Sequence[str]]


def mirror_files(mirrors: Mirrors) -> dict[str, str]:
    """Return the files that containerd reads on every pull, one per registry."""
    return {_path(host): _text(host, urls) for host, urls in mirrors.items()}


def removed_files(before: Mirrors, after: Mirrors) -> list[str]:
    return [_path(host) for host in before if host not in after]


def _path(host: str) -> str:
    return f"{DIRECTORY}/{host}/hosts.toml"


def _text(host: str, urls: t.Sequence[str]) -> str:
    tables = [f'[host."{url}"]\n  capabilities = ["pull", "resolve"]\n' for url in urls]
    return "\n".join([f'server = "{SERVERS.get(host, f"https://{host}")}"\n', *tables])
