# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The traffic policy of a rule for one port and subset."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Policy

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
        Rules,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.rule_objects import (
        EffectiveRule,
    )

Raw: t.TypeAlias = t.Mapping[str, t.Any]

BLOCKS = ("loadBalancer", "outlierDetection", "connectionPool", "tls")


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """What applies to one Envoy cluster: host, port and subset."""

    policy: Policy
    connection_pool: Raw
    tls: Raw | None
    outlier_detection: Raw | None
    # the labels of the subset, which its endpoints must have
    subset_labels: t.Mapping[str, str]
    # None: each endpoint decides by itself whether it is reached by mTLS
    mutual_tls: bool | None
    # block -> the path in the rule that it is from
    sources: t.Mapping[str, str]
    # blocks that a port-level policy takes away, though a more general policy has them
    hidden: tuple[str, ...]
    rule: EffectiveRule | None

    @property
    def connect_timeout(self) -> str:
        """How long a connection may take to be made, TLS included; istiod's default without a rule."""
        tcp = self.connection_pool.get("tcp") or {}
        return str(tcp.get("connectTimeout") or "10s")


class _Resolved(t.NamedTuple):
    blocks: dict[str, Raw | None]
    sources: dict[str, str]


def effective_policy(
    rules: Rules,
    host: str,
    port_number: int,
    subset: str = "",
    *,
    mesh: Raw | None = None,
    traffic_distribution: str = "",
) -> EffectivePolicy:
    """Resolve subset and port-level policies; ``mesh`` is the MeshConfig."""
    rule = rules.effective
    top: Raw | None = rule.traffic_policy if rule else None
    own = _subset(rule, host, subset)
    resolved = _resolve(top, own, port_number, subset)
    load_balancer = resolved.blocks["loadBalancer"] or {}
    mesh = mesh or {}
    policy = Policy(
        locality_lb=load_balancer.get("localityLbSetting"),
        zone_aware_lb=load_balancer.get("zoneAwareLbSetting"),
        mesh_locality_lb=mesh.get("localityLbSetting", {"enabled": True}),
        mesh_zone_aware_lb=mesh.get("zoneAwareLbSetting"),
        outlier_detection=resolved.blocks["outlierDetection"],
        mesh_outlier_detection=(mesh.get("defaultTrafficPolicy") or {}).get("outlierDetection"),
        load_balancer=_algorithm(top, port_number, load_balancer),
        traffic_distribution=traffic_distribution,
    )
    return EffectivePolicy(
        policy=policy,
        connection_pool=resolved.blocks["connectionPool"] or {},
        tls=resolved.blocks["tls"],
        outlier_detection=resolved.blocks["outlierDetection"],
        subset_labels=(own or {}).get("labels") or {},
        mutual_tls=_mutual_tls(top, (own or {}).get("trafficPolicy"), port_number),
        sources={name: path for name, path in resolved.sources.items() if path},
        hidden=_hidden(top, own, resolved),
        rule=rule,
    )


def _algorithm(top: Raw | None, port: int, load_balancer: Raw) -> str:
    """Return the algorithm of a cluster; PASSTHROUGH of the whole host holds for its subsets, too."""
    general = _resolve(top, None, port, "").blocks["loadBalancer"] or {}
    found = algorithm(general)
    return found if found == "PASSTHROUGH" else algorithm(load_balancer)


def algorithm(load_balancer: Raw) -> str:
    """Return the name that ``Policy.load_balancer`` has for a ``loadBalancer`` block."""
    if load_balancer.get("consistentHash") is not None:
        return "CONSISTENT_HASH"
    simple = load_balancer.get("simple") or "UNSPECIFIED"
    return "LEAST_REQUEST" if simple in ("UNSPECIFIED", "LEAST_CONN") else str(simple)


def _subset(rule: EffectiveRule | None, host: str, name: str) -> Raw | None:
    if not name:
        return None
    subsets = rule.subsets if rule else ()
    found = next((each for each in subsets if each.get("name") == name), None)
    if found is None:
        known = ", ".join(str(each.get("name")) for each in subsets) or "none"
        raise NotFound(f"subset {name!r} of {host} is not defined; the rule has: {known}")
    return found


def _resolve(top: Raw | None, own: Raw | None, port: int, subset: str) -> _Resolved:
    """Apply the policies, general to specific; a port's entry replaces all blocks, even by none."""
    resolved = _Resolved(dict.fromkeys(BLOCKS), dict.fromkeys(BLOCKS, ""))
    _apply(resolved, top, port, "trafficPolicy")
    if own is not None:
        _apply(resolved, own.get("trafficPolicy"), port, f"subsets[{subset}].trafficPolicy")
    return resolved


def _apply(resolved: _Resolved, policy: Raw | None, port: int, path: str) -> None:
    if policy is None:
        return
    for name in BLOCKS:
        if policy.get(name) is not None:
            resolved.blocks[name] = policy[name]
            resolved.sources[name] = f"{path}.{name}"
    entry = _port_entry(policy, port)
    if entry is not None:
        for name in BLOCKS:
            resolved.blocks[name] = entry.get(name)
            given = f"{path}.portLevelSettings[{port}].{name}"
            resolved.sources[name] = given if entry.get(name) is not None else ""


def _port_entry(policy: Raw, port: int) -> Raw | None:
    entries: t.Iterable[Raw] = policy.get("portLevelSettings") or ()
    matching = [each for each in entries if (each.get("port") or {}).get("number") == port]
    return matching[-1] if matching else None


def _hidden(top: Raw | None, own: Raw | None, resolved: _Resolved) -> tuple[str, ...]:
    written = [policy for policy in (top, (own or {}).get("trafficPolicy")) if policy]
    return tuple(
        name
        for name in BLOCKS
        if resolved.blocks[name] is None and any(each.get(name) is not None for each in written)
    )


def _mutual_tls(top: Raw | None, own: Raw | None, port: int) -> bool | None:
    """Resolve ``tls``, where, other than in Envoy's clusters, a port's entry inherits the general one."""
    for policy in (own, top):
        if policy is None:
            continue
        entry = _port_entry(policy, port) or {}
        tls = entry.get("tls")
        if tls is None:
            tls = policy.get("tls")
        if tls is not None:
            return bool(tls.get("mode", "DISABLE") == "ISTIO_MUTUAL")
    return None
