# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of an inventory's clusters, as checks and builders of manifests read them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Variables: t.TypeAlias = t.Mapping[str, t.Any]
Object: t.TypeAlias = dict[str, t.Any]

_FALSE = ("false", "no", "n", "off", "0", "f", "")


class NotYetKnown(Exception):
    """A variable needs facts that no task has gathered yet."""


@dataclass(frozen=True, slots=True)
class Lab:
    """The hosts of the group ``clusters`` with their variables, in the order of the inventory."""

    clusters: t.Mapping[str, Variables]
    # those that take part in the play
    active: t.Sequence[str]
    # no task before this one made anything, such as a gateway with an address
    check_mode: bool = False

    def values(self, name: str, default: t.Any) -> dict[str, t.Any]:
        """Return a variable of every cluster; where a cluster does not set it, the default."""
        return {cluster: host.get(name) or default for cluster, host in self.clusters.items()}


def is_true(value: t.Any) -> bool:
    """Return a flag, which ``-e name=false`` gives as text."""
    return str(value).lower() not in _FALSE if isinstance(value, str) else bool(value)


def provider(host: Variables) -> str:
    """Return what provides the host's cluster."""
    return str(host.get("cluster_provider") or host.get("mesh_provider") or "loopback")
