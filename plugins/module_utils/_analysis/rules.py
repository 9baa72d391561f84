# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DestinationRules, and the policies in them with the blocks that count there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import full_host
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    LocalityLbSettings,
    read_setting,
    read_zone_aware,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.traffic_policy import (
    BLOCKS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Policy:
    """One trafficPolicy, subset's policy or port-level entry."""

    # where users find it: spec.trafficPolicy.portLevelSettings[0]
    path: str
    # the same place as the locality model names it: trafficPolicy.portLevelSettings[5000]
    source: str
    raw: Raw
    # loadBalancer, outlierDetection … that count there, inherited ones included
    blocks: Raw
    subset: str = ""
    port: int | None = None

    @property
    def locality_path(self) -> str:
        return f"{self.path}.loadBalancer.localityLbSetting"

    @cached_property
    def own_locality_lb(self) -> Raw | None:
        """The localityLbSetting written right here."""
        found: Raw | None = (self.raw.get("loadBalancer") or {}).get("localityLbSetting")
        return found

    @cached_property
    def setting(self) -> LocalityLbSettings | None:
        """The same, read; None where there is none or where it cannot be read."""
        try:
            raw = self.own_locality_lb
            return None if raw is None else read_setting("", raw)
        except InvalidInput:
            return None

    @cached_property
    def unreadable(self) -> str:
        """Why a setting cannot be read; empty where it can."""
        load_balancer = self.raw.get("loadBalancer") or {}
        try:
            read_setting("", load_balancer.get("localityLbSetting") or {})
            read_zone_aware("", load_balancer.get("zoneAwareLbSetting") or {})
        except InvalidInput as exc:
            return str(exc)
        return ""


@dataclass(frozen=True)
class Rule:
    """One DestinationRule object."""

    obj: KubernetesObject
    policies: tuple[Policy, ...]

    @property
    def title(self) -> str:
        return f"DestinationRule {self.namespace}/{name_of(self.obj)}"

    @property
    def name(self) -> str:
        """The name that the locality model has for it."""
        return f"{self.namespace}/{name_of(self.obj)}"

    @property
    def namespace(self) -> str:
        return namespace_of(self.obj) or "default"

    @property
    def host(self) -> str:
        return str(spec_of(self.obj).get("host") or "")

    @cached_property
    def full_host(self) -> str:
        return full_host(self.host, self.namespace)

    @property
    def subsets(self) -> tuple[Raw, ...]:
        return tuple(spec_of(self.obj).get("subsets") or ())


def read_rule(obj: KubernetesObject) -> Rule:
    return Rule(obj, tuple(_policies(spec_of(obj))))


def _policies(spec: Raw) -> t.Iterator[Policy]:
    top = spec.get("trafficPolicy") or {}
    blocks = _blocks(top)
    if top:
        yield from _with_ports("spec.trafficPolicy", "trafficPolicy", top, blocks)
    for index, subset in enumerate(spec.get("subsets") or ()):
        own = subset.get("trafficPolicy")
        if own:
            name = str(subset.get("name") or "")
            path = f"spec.subsets[{index}].trafficPolicy"
            inherited = {**blocks, **{k: v for k, v in _blocks(own).items() if v is not None}}
            yield from _with_ports(
                path, f"subsets[{name}].trafficPolicy", own, inherited, subset=name
            )


def _with_ports(
    path: str, source: str, raw: Raw, blocks: Raw, *, subset: str = ""
) -> t.Iterator[Policy]:
    yield Policy(path, source, raw, blocks, subset)
    for index, entry in enumerate(raw.get("portLevelSettings") or ()):
        number = (entry.get("port") or {}).get("number")
        yield Policy(
            f"{path}.portLevelSettings[{index}]",
            f"{source}.portLevelSettings[{number}]",
            entry,
            # a port's entry inherits nothing
            _blocks(entry),
            subset,
            number,
        )


def _blocks(policy: Raw) -> dict[str, t.Any]:
    return {name: policy.get(name) for name in BLOCKS}
