# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._kind.mirrors import (
    mirror_files,
    removed_files,
)


def test_files() -> None:
    files = mirror_files({"docker.io": ["http://a:5000", "https://b"], "quay.io": ["http://c"]})
    assert files == {
        "/etc/containerd/certs.d/docker.io/hosts.toml": (
            'server = "https://registry-1.docker.io"\n\n'
            '[host."http://a:5000"]\n  capabilities = ["pull", "resolve"]\n\n'
            '[host."https://b"]\n  capabilities = ["pull", "resolve"]\n'
        ),
        "/etc/containerd/certs.d/quay.io/hosts.toml": (
            'server = "https://quay.io"\n\n'
            '[host."http://c"]\n  capabilities = ["pull", "resolve"]\n'
        ),
    }


def test_removed() -> None:
    before = {"docker.io": ["http://a"], "quay.io": ["http://c"]}
    assert removed_files(before, {"quay.io": ["http://d"]}) == [
        "/etc/containerd/certs.d/docker.io/hosts.toml"
    ]
    assert removed_files({}, before) == []
