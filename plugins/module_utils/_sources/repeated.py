# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that a source has more than once."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    annotations_of,
    labels_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    describe,
    group_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    InputProblem,
    SourceContent,
    SourceObject,
)


def without_repeated(content: SourceContent) -> None:
    """Keep the last of the objects with one kind and name, as applying all in turn would.

    Collections of dumps have an object in several files. Where the copies differ in what somebody
    wrote, that is a problem of the input.
    """
    found: dict[tuple[str, ...], SourceObject] = {}
    for each in content.objects:
        key = (group_of(each.obj), *each.key)
        earlier = found.pop(key, None)
        if earlier is not None and _differ(earlier.obj, each.obj):
            message = (
                f"it is in {earlier.place} as well, with other content; this one is looked at, the other "
                "one is lost when both are applied"
            )
            advice = "keep one; of several clusters, name each: source={east: dir, west: dir}"
            content.problems.append(
                InputProblem(
                    "repeated", each.file, each.line, describe(each.obj), "", message, advice
                )
            )
        found[key] = each
    content.objects[:] = found.values()


def _differ(first: KubernetesObject, second: KubernetesObject) -> bool:
    return _written(first) != _written(second)


def _written(obj: KubernetesObject) -> tuple[t.Any, ...]:
    return labels_of(obj), annotations_of(obj), obj.get("spec"), obj.get("data")
