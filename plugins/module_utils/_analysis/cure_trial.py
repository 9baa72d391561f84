# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try the cures of findings: apply each to the objects, and check again."""

from __future__ import annotations

import copy
import json
import re
import typing as t
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import FINDING_TYPES
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    INFO,
    Finding,
    object_title,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import MESH
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.neighbourhood import (
    Neighbourhoods,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.unknown_fields import (
    unknown_fields,
)

Path: t.TypeAlias = tuple[str | int, ...]
Node: t.TypeAlias = t.Any

_STEP = re.compile(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)')
# objects times findings: each trial checks all objects again, which takes seconds beyond this
_MOST_WORK = 3_000
# in such a mesh, the cures of so many findings of a kind are tried, in the part that decides
_MOST_OF_A_CODE = 5
_LOCALITIES = ("EW10", "EW11")
# parts of a trafficPolicy
_BLOCKS = frozenset({"loadBalancer", "outlierDetection", "connectionPool", "portLevelSettings"})
_SETTINGS = frozenset({"distribute", "failover", "failoverPriority"})
# a cure has all of these, not only what is to be added
_WHOLE = frozenset({"localityLbSetting", "zoneAwareLbSetting", "outlierDetection", *_SETTINGS})
# of these lists a cure has the one entry that the field names
_BY_ENTRY = frozenset({"portLevelSettings", "ports"})


FindingKey: t.TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TriedFinding:
    """A finding whose cure was tried."""

    finding: Finding
    # the other findings that its cure removes, by code, object and field
    removes: frozenset[FindingKey] = frozenset()


@dataclass(frozen=True, slots=True)
class _Part:
    """A mesh, or the part of it that decides about a finding, with what the checker finds there."""

    topology: Topology
    findings: t.Sequence[Finding]


class CureTrial:
    """Tries the cures of the findings that ``check`` has about a mesh."""

    def __init__(
        self,
        topology: Topology,
        local: str,
        findings: t.Sequence[Finding],
        check: t.Callable[[Topology], t.Sequence[Finding]],
    ) -> None:
        self._local, self._findings, self._check = local, findings, check
        self._whole = _Part(topology, findings)
        self._is_large = len(findings) * len(topology.objects[local]) > _MOST_WORK
        self._parts: dict[int, _Part] = {}
        self._tried: Counter[str] = Counter()

    def tried(self) -> list[Finding]:
        """The findings; a cure that does not cure gives way to what to look at."""
        return [each.finding for each in self.trials()]

    def trials(self, chosen: t.Callable[[Finding], bool] | None = None) -> list[TriedFinding]:
        """The findings, or those that are chosen, in their order, each with what else its cure removes."""
        return [self._trial(each) for each in self._findings if chosen is None or chosen(each)]

    def _trial(self, finding: Finding) -> TriedFinding:
        if not _is_testable(finding):
            return TriedFinding(finding)
        part = self._part(finding)
        if part is None:
            return TriedFinding(finding)
        objects = part.topology.objects[self._local]
        alone = with_cure(objects, finding)
        if alone is None:
            return TriedFinding(finding)
        removed = self._removed(part, alone, finding)
        if isinstance(removed, str) and finding.code.startswith(_LOCALITIES):
            # a rule and a workload that are wrong in the same way are mended together
            together: t.Sequence[KubernetesObject] = objects
            for each in part.findings:
                if each.code.startswith(_LOCALITIES):
                    together = with_cure(together, each) or together
            removed = self._removed(part, together, finding)
            if not isinstance(removed, str):
                return TriedFinding(finding)
        if isinstance(removed, str):
            return TriedFinding(_without_cure(finding, removed))
        return TriedFinding(finding, removed)

    def _part(self, finding: Finding) -> _Part | None:
        """The mesh to try a cure in; None where that would take too long."""
        if not self._is_large:
            return self._whole
        self._tried[finding.code] += 1
        if self._tried[finding.code] > _MOST_OF_A_CODE:
            return None
        found = self._neighbourhoods.of(finding.object)
        if found is None:
            return None
        if id(found) not in self._parts:
            self._parts[id(found)] = _Part(found, self._check(found))
        part = self._parts[id(found)]
        return part if any(_is_same(each, finding) for each in part.findings) else None

    @cached_property
    def _neighbourhoods(self) -> Neighbourhoods:
        return Neighbourhoods(self._whole.topology, self._local)

    def _removed(
        self, part: _Part, objects: t.Sequence[KubernetesObject], finding: Finding
    ) -> frozenset[FindingKey] | str:
        """The other findings that are gone with the objects.

        Text says why the cure is none: the finding is still there, errors or warnings are new, or the
        cure repeats a field that does not exist.
        """
        repeated = _repeated_unknown(objects, finding)
        if repeated:
            return f"it has {repeated}, which does not exist"
        clusters = {**part.topology.objects, self._local: objects}
        after = self._check(Topology(clusters, part.topology.drained))
        same = sum(_is_same(each, finding) for each in after)
        if same >= sum(_is_same(each, finding) for each in part.findings):
            return "the finding stays"
        new = _defects(after) - _defects(part.findings)
        if new:
            code, title = min(new)
            return f"it brings {code} ({FINDING_TYPES[code].title}) for {title}"
        gone = {finding_key(each) for each in part.findings} - {finding_key(each) for each in after}
        return frozenset(gone - {finding_key(finding)})


def finding_key(finding: Finding) -> FindingKey:
    return finding.code, finding.object, finding.field


def _is_testable(finding: Finding) -> bool:
    return FINDING_TYPES[finding.code].testable


def _is_same(first: Finding, second: Finding) -> bool:
    return (first.code, first.object) == (second.code, second.object)


def _defects(findings: t.Iterable[Finding]) -> set[tuple[str, str]]:
    return {(each.code, each.object) for each in findings if each.severity != INFO}


def _repeated_unknown(objects: t.Iterable[KubernetesObject], finding: Finding) -> str:
    """A field of the cure that the kind does not have, copied from what is written; else nothing."""
    unknown = {
        each.path.rpartition(".")[2]
        for obj in objects
        if _title(obj) == finding.object
        for each in unknown_fields(obj)
    }
    keys = set(_keys(load_mapping(finding.instead, finding.code))) if unknown else set()
    return min(unknown & keys, default="")


def _keys(value: Node) -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _without_cure(finding: Finding, reason: str) -> Finding:
    looked_at = FINDING_TYPES[finding.code].cure
    tried = finding.instead if "\n" not in finding.instead.strip() else "the cure that was tried"
    remark = f"look at {finding.field}; {tried} is not enough: {reason}\nin general: {looked_at}"
    return replace(finding, instead=snippets.remark(remark))


def with_cure(
    objects: t.Iterable[KubernetesObject], finding: Finding
) -> list[KubernetesObject] | None:
    """The objects with the cure applied; None where it says what to do but not what to write."""
    cure = load_mapping(finding.instead, finding.code)
    result = list(objects)
    if cure and cure.keys() >= {"apiVersion", "kind", "metadata"}:
        # an object of its own
        return [*result, dict(cure)]
    index = next((n for n, each in enumerate(result) if _title(each) == finding.object), None)
    if not cure or index is None:
        return None
    target = result[index] = copy.deepcopy(result[index])
    steps = field_steps(finding.field)
    if finding.object == MESH:
        config = load_mapping(target["data"]["mesh"], finding.object)
        changed = _apply(config, steps[1:], cure)
        target["data"]["mesh"] = json.dumps(config)
    else:
        changed = _apply(target, steps, cure)
    return result if changed else None


def _title(obj: KubernetesObject) -> str:
    return object_title(str(obj.get("kind")), namespace_of(obj), name_of(obj))


def field_steps(field: str) -> Path:
    """Return the keys and indexes of a field such as ``spec.ports[0].name``."""
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
