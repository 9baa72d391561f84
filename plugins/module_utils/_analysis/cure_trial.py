# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try the cures of findings: apply each to the objects, and check again."""

from __future__ import annotations

import copy
import json
import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import FINDING_TYPES
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    Finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import MESH
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)

Path: t.TypeAlias = tuple[str | int, ...]
Node: t.TypeAlias = t.Any

_STEP = re.compile(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)')
# objects times findings: each trial checks all objects again, which takes seconds beyond this
_MOST_WORK = 3_000
_LOCALITIES = ("EW10", "EW11")
# parts of a trafficPolicy
_BLOCKS = frozenset({"loadBalancer", "outlierDetection", "connectionPool", "portLevelSettings"})
_SETTINGS = frozenset({"distribute", "failover", "failoverPriority"})
# a cure has all of these, not only what is to be added
_WHOLE = frozenset({"localityLbSetting", "zoneAwareLbSetting", "outlierDetection", *_SETTINGS})
# of these lists a cure has the one entry that the field names
_BY_ENTRY = frozenset({"portLevelSettings", "ports"})


@dataclass(frozen=True, slots=True)
class CureTrial:
    """The mesh before any cure, and what its checker finds."""

    topology: Topology
    local: str
    findings: t.Sequence[Finding]
    check: t.Callable[[Topology], t.Sequence[Finding]]

    def tried(self) -> list[Finding]:
        """The findings; a cure that does not cure gives way to what to look at."""
        if len(self.findings) * len(self._objects) > _MOST_WORK:
            return list(self.findings)
        return [each if self._cures(each) else _without_cure(each) for each in self.findings]

    @property
    def _objects(self) -> t.Sequence[KubernetesObject]:
        return self.topology.objects[self.local]

    def _cures(self, finding: Finding) -> bool:
        """Is the finding gone with its cure, alone or with those of other localities?"""
        if not FINDING_TYPES[finding.code].testable:
            return True
        alone = with_cure(self._objects, finding)
        if alone is None or self._is_better(alone, finding):
            return True
        if not finding.code.startswith(_LOCALITIES):
            return False
        # a rule and a workload that are wrong in the same way are mended together
        together: t.Sequence[KubernetesObject] = self._objects
        for each in self.findings:
            if each.code.startswith(_LOCALITIES):
                together = with_cure(together, each) or together
        return self._is_better(together, finding)

    def _is_better(self, objects: t.Sequence[KubernetesObject], finding: Finding) -> bool:
        clusters = {**self.topology.objects, self.local: objects}
        after = self.check(Topology(clusters, self.topology.drained))
        same = sum(_is_same(each, finding) for each in after)
        return same < sum(_is_same(each, finding) for each in self.findings) and (
            _errors(after) <= _errors(self.findings)
        )


def _is_same(first: Finding, second: Finding) -> bool:
    return (first.code, first.object) == (second.code, second.object)


def _errors(findings: t.Iterable[Finding]) -> set[tuple[str, str]]:
    return {(each.code, each.object) for each in findings if each.severity == ERROR}


def _without_cure(finding: Finding) -> Finding:
    looked_at = FINDING_TYPES[finding.code].cure
    remark = f"look at {finding.field}; nothing that was tried is enough. In general: {looked_at}"
    return replace(finding, instead=snippets.remark(remark))


def with_cure(
    objects: t.Iterable[KubernetesObject], finding: Finding
) -> list[KubernetesObject] | None:
    """The objects with the cure applied; None where it says what to do but not what to write."""
    cure = load_mapping(finding.instead, finding.code)
    result = copy.deepcopy(list(objects))
    target = next((each for each in result if _title(each) == finding.object), None)
    if not cure or target is None:
        return None
    steps = _steps(finding.field)
    if finding.object == MESH:
        config = load_mapping(target["data"]["mesh"], finding.object)
        changed = _apply(config, steps[1:], cure)
        target["data"]["mesh"] = json.dumps(config)
    else:
        changed = _apply(target, steps, cure)
    return result if changed else None


def _title(obj: KubernetesObject) -> str:
    namespace = namespace_of(obj)
    return f"{obj.get('kind')} {namespace}{'/' if namespace else ''}{name_of(obj)}"


def _steps(field: str) -> Path:
    return tuple(int(index) if index else key or name for key, index, name in _STEP.findall(field))


def _apply(root: Node, steps: Path, cure: t.Mapping[str, t.Any]) -> bool:
    """Write every part of the cure where it belongs; False if there is no such place."""
    for key, value in cure.items():
        place = _place(steps, key)
        if place is None:
            return False
        _write(_node(root, place), key, value, steps[len(place) + 1 :])
    return True


def _place(steps: Path, key: str) -> Path | None:
    """The path of the mapping that the key belongs into."""
    if key in ("metadata", "spec"):
        return ()
    if key in steps:
        return steps[: len(steps) - 1 - steps[::-1].index(key)]
    for end in range(len(steps), 0, -1):
        last, before = steps[end - 1], steps[end - 2] if end > 1 else ""
        if key in _BLOCKS:
            fits = last == "trafficPolicy" or before == "portLevelSettings"
        elif key in _SETTINGS:
            fits = last == "localityLbSetting"
        elif key in ("from", "to"):
            fits = before in ("distribute", "failover")
        else:
            fits = last == "spec" or before in ("endpoints", "ports", "subsets")
        if fits:
            return steps[:end]
    return None


def _node(root: Node, path: Path) -> Node:
    for step in path:
        root = root[step] if isinstance(step, int) else root.setdefault(step, {})
    return root


def _write(node: Node, key: str, value: t.Any, rest: Path) -> None:
    present = node.get(key)
    index = rest[0] if rest else None
    if value is None:
        node.pop(key, None)
        return
    if isinstance(present, list) and isinstance(index, int) and len(value) == 1:
        entry = value[0]
        if key in _BY_ENTRY:
            present[index] = {**present[index], **entry}
            return
        if key == "failover" and len(present) > 1:
            present[index] = entry
            return
    if (
        key == "to"
        and isinstance(index, str)
        and len(value) == 1
        and not value.keys() <= present.keys()
    ):
        # another name for one key
        node[key] = {
            new: weight
            for old, own in present.items()
            for new, weight in (value.items() if old == index else [(old, own)])
        }
    elif isinstance(present, dict) and isinstance(value, dict) and key not in (*_WHOLE, "to"):
        for name, item in value.items():
            _write(present, name, item, ())
    else:
        node[key] = value
