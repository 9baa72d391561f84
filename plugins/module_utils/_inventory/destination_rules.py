# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a lab's DestinationRules by themselves and beside its nodes."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.destination_rules import (
    traffic_policies,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    describe,
    violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import supported

Object: t.TypeAlias = t.Mapping[str, t.Any]


def refusals(rule: Object, provider: str) -> list[str]:
    """Describe what the API server or the webhook would refuse, or take though it does nothing."""
    what = describe(rule)
    if provider == "loopback":
        try:
            supported.check(dict(rule))
        except MeshError as exc:
            return [str(exc)]
    return [f"{what}: {found}" for found in violations(rule)]


def unknown_localities(rule: Object, known: t.Collection[str]) -> list[str]:
    """Return the regions and localities that a rule names and that no node and no import has."""
    places = [parse_locality(place) for place in known]
    what = describe(rule)
    return [
        f"{what}: {field} is '{name}', where no node and no imported service is; "
        f"there are {', '.join(dict.fromkeys(str(_like(place, name)) for place in places))}"
        for field, name in _named(rule)
        if not any(_covers(name, place) for place in places)
    ]


def known_localities(
    clusters: t.Mapping[str, t.Any], imports: t.Iterable[t.Mapping[str, t.Any]]
) -> list[str]:
    """Return the localities of all nodes and imports; none if those of a cluster are not listed."""
    found: dict[str, None] = {}
    for nodes in clusters.values():
        own = [
            "/".join(str(node.get(part) or "") for part in Locality._fields).rstrip("/")
            for node in nodes or ()
            if node.get("region")
        ]
        if not own:
            return []
        found |= dict.fromkeys(own)
    return [*found, *(str(each["locality"]) for each in imports if each.get("locality"))]


def _named(rule: Object) -> t.Iterator[tuple[str, str]]:
    for path, policy in traffic_policies(rule):
        setting = (policy.get("loadBalancer") or {}).get("localityLbSetting") or {}
        path += ".loadBalancer.localityLbSetting"
        for index, part in enumerate(setting.get("failover") or ()):
            for side in ("from", "to"):
                yield f"{path}.failover[{index}].{side}", str(part.get(side) or "")
        for index, part in enumerate(setting.get("distribute") or ()):
            yield f"{path}.distribute[{index}].from", str(part.get("from") or "")
            for key in part.get("to") or ():
                yield f"a key of {path}.distribute[{index}].to", str(key)


def _covers(name: str, place: Locality) -> bool:
    return matches(parse_locality(name), place)


def _like(place: Locality, name: str) -> str:
    """Return the place with as many parts as the name has."""
    return "/".join(
        place[: max(1, len([part for part in name.split("/") if part not in ("", "*")]))]
    )
