# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run for one cluster: its means, its settings and what it changed. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._kind.changes import Changes
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.cli import KindCli
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.node_status import Api

ApiFactory: t.TypeAlias = t.Callable[[t.Mapping[str, t.Any], str], Api]


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every step needs, whatever the cluster is to be."""

    name: str
    kubeconfig: str
    engine: Engine
    kind: KindCli
    changes: Changes
    timeout: float = 600
    wait: bool = True
    force: bool = False
    preflight: bool = True
    make_api: ApiFactory = Api
    warnings: list[str] = field(default_factory=list)
