# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects with the place that they were read from, and what could not be read."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)

ObjectKey: t.TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SourceObject:
    """An object, and where it is written; ``steps`` lead to it in its document."""

    obj: KubernetesObject
    # the path of a file, or the name of a context
    file: str
    # of the object; 0 where there are no lines
    line: int = 0
    # the first line of the document that it is a part of
    document: int = 0
    steps: tuple[str | int, ...] = ()

    @property
    def key(self) -> ObjectKey:
        return object_key(self.obj)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class InputProblem:
    """Something of the input that cannot be used, with the reason and what to do."""

    # duplicate-key, yaml, object, shape, repeated
    kind: str
    file: str
    line: int
    # the object, such as DestinationRule sample/helloworld; empty where it is not known
    object: str
    field: str
    message: str
    advice: str = ""
    document: int = 0
    steps: tuple[str | int, ...] = ()


@dataclass(slots=True)
class SourceContent:
    """What a source holds."""

    objects: list[SourceObject] = field(default_factory=list)
    problems: list[InputProblem] = field(default_factory=list)
    # files, and documents in them, that have no Kubernetes objects, by reason
    skipped: dict[str, list[str]] = field(default_factory=dict)
    # objects of which a value has a wrong type, so that nothing here reads them
    misshapen: list[KubernetesObject] = field(default_factory=list)
    # objects of kinds that change where requests go and are not modelled
    unmodelled: list[KubernetesObject] = field(default_factory=list)
    # objects of kinds that nothing here reads
    other_kinds: Counter[str] = field(default_factory=Counter)
    files: int = 0
    # kinds that could not be read from a cluster, with the reason
    unreadable: dict[str, str] = field(default_factory=dict)

    # kinds of which every object of the cluster is here
    complete_kinds: frozenset[str] = frozenset()

    def skip(self, reason: str, where: str) -> None:
        self.skipped.setdefault(reason, []).append(where)


def object_key(obj: KubernetesObject) -> ObjectKey:
    return str(obj.get("kind") or ""), namespace_of(obj), name_of(obj)
