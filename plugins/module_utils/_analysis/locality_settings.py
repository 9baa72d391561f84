# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locality settings of rules and of the mesh, each with its object and field."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Policy, Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    LocalityLbSettings,
    read_setting,
    read_zone_aware,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import (
        AnalysisContext,
    )

MESH = "ConfigMap istio-system/istio"

Raw: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class LocatedSetting:
    """One ``localityLbSetting`` or ``zoneAwareLbSetting``."""

    object: str
    path: str
    raw: Raw
    zone_aware: bool
    # None for the mesh's own
    rule: Rule | None = None
    policy: Policy | None = None

    @cached_property
    def setting(self) -> LocalityLbSettings:
        """Raises InvalidInput; see ``unreadable``."""
        return (read_zone_aware if self.zone_aware else read_setting)("", self.raw)

    @cached_property
    def unreadable(self) -> str:
        try:
            _unused = self.setting
        except InvalidInput as exc:
            return str(exc)
        return ""


def settings(context: AnalysisContext) -> t.Iterator[LocatedSetting]:
    """All of them, those that cannot be read included."""
    for rule in context.rules:
        for policy in rule.policies:
            load_balancer = policy.raw.get("loadBalancer") or {}
            for name in ("localityLbSetting", "zoneAwareLbSetting"):
                raw = load_balancer.get(name)
                if raw is not None:
                    path = f"{policy.path}.loadBalancer.{name}"
                    zone_aware = name == "zoneAwareLbSetting"
                    yield LocatedSetting(rule.title, path, raw, zone_aware, rule, policy)
    for name in ("localityLbSetting", "zoneAwareLbSetting"):
        raw = context.view.mesh.config.get(name)
        if raw is not None:
            yield LocatedSetting(MESH, f"mesh.{name}", raw, name == "zoneAwareLbSetting")


def readable(context: AnalysisContext) -> t.Iterator[LocatedSetting]:
    """The ``localityLbSetting`` that can be read."""
    return (at for at in settings(context) if not at.zone_aware and not at.unreadable)
