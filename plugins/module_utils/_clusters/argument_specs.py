# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that several modules share: the cluster, its peers, its nodes.

The doc fragments ``cluster``, ``peers`` and ``nodes`` describe them.
"""

from __future__ import annotations

import typing as t

ArgumentSpec: t.TypeAlias = dict[str, dict[str, t.Any]]

CLUSTER_ARGUMENTS: ArgumentSpec = {
    "provider": {"type": "str", "choices": ["loopback", "kind", "existing"], "default": "loopback"},
    "lab_directory": {"type": "path"},
    "cluster": {"type": "str"},
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
}
CLUSTER_OPTIONS = tuple(CLUSTER_ARGUMENTS)
CLUSTER_REQUIRED_IF: list[tuple[str, str, tuple[str, ...]]] = [
    ("provider", "loopback", ("lab_directory", "cluster")),
    ("provider", "kind", ("kubeconfig",)),
]
# An entry of the option `peers`; the default of each option is the module's own
PEER_ARGUMENTS: ArgumentSpec = {
    **CLUSTER_ARGUMENTS,
    "provider": {key: CLUSTER_ARGUMENTS["provider"][key] for key in ("type", "choices")},
    "cluster": {"type": "str", "required": True},
}
NODE_ARGUMENTS: ArgumentSpec = {
    "name": {"type": "str"},
    "role": {"type": "str", "choices": ["control-plane", "worker"], "default": "worker"},
    "region": {"type": "str"},
    "zone": {"type": "str"},
    "subzone": {"type": "str"},
    "labels": {"type": "dict", "default": {}},
}
