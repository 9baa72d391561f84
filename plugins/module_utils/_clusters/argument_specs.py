# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that several modules share: the cluster, its peers, its nodes."""

from __future__ import annotations

import typing as t

# Must be kept in sync with plugins/doc_fragments/cluster.py
CLUSTER_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "provider": {"type": "str", "choices": ["loopback", "kind", "existing"], "default": "loopback"},
    "lab_directory": {"type": "path"},
    "cluster": {"type": "str"},
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
}
CLUSTER_REQUIRED_IF: list[tuple[str, str, tuple[str, ...]]] = [
    ("provider", "loopback", ("lab_directory", "cluster")),
    ("provider", "kind", ("kubeconfig",)),
]
# The option `peers`: the default of each option is the module's own
PEER_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "provider": {"type": "str", "choices": ["loopback", "kind", "existing"]},
    "lab_directory": {"type": "path"},
    "cluster": {"type": "str", "required": True},
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
}
# A node that a module makes or labels
NODE_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str"},
    "role": {"type": "str", "choices": ["control-plane", "worker"], "default": "worker"},
    "region": {"type": "str"},
    "zone": {"type": "str"},
    "subzone": {"type": "str"},
    "labels": {"type": "dict", "default": {}},
}
