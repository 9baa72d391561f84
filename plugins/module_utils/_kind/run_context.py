# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run for one cluster: its means, its settings and what it changed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._kind.cli import KindCli
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import client_library
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

ClientFactory: t.TypeAlias = t.Callable[[t.Mapping[str, t.Any], str], KubernetesClient]

# A node that restarts does not answer; the callers repeat their requests themselves
_TIMEOUT_S = (5, 5)


class Changes:
    """The changes of a run, or in check mode those that it would make: in words and as a diff."""

    def __init__(self, *, check: bool) -> None:
        self.check = check
        self.actions: list[str] = []
        self._before: dict[str, t.Any] = {}
        self._after: dict[str, t.Any] = {}

    def make(
        self,
        action: str,
        do: t.Callable[[], object],
        *,
        what: str,
        before: t.Any = None,
        after: t.Any = None,
    ) -> None:
        """Make one change, unless this is check mode, and record it when it worked."""
        if not self.check:
            do()
        self.actions.append(action)
        self._before[what] = before
        self._after[what] = after

    def result(self) -> dict[str, t.Any]:
        return {
            "changed": bool(self.actions),
            "actions": self.actions,
            "diff": {"before": self._before, "after": self._after},
        }


def make_client(kubeconfig: t.Mapping[str, t.Any], context: str) -> KubernetesClient:
    """Return the client of a context in a kubeconfig's content."""
    client = client_library.load_client_from(kubeconfig, context)
    return KubernetesClient(context, client, _TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class RunContext:
    """The cluster's name, the programs and the settings that every step needs."""

    name: str
    kubeconfig: str
    engine: Engine
    kind: KindCli
    changes: Changes
    timeout: float = 600
    wait: bool = True
    force: bool = False
    preflight: bool = True
    make_client: ClientFactory = make_client
    warnings: list[str] = field(default_factory=list)
