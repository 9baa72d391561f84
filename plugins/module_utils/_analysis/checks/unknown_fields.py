# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for fields that kinds do not have, misspelt or in the wrong place."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
    object_title,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import SHAPES
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.unknown_fields import (
    UnknownField,
    unknown_fields,
)

UNKNOWN_FIELD = FindingType(
    "EW513",
    WARNING,
    "a field does not exist",
    explanation=(
        "The kind has no field of this name there: it is misspelt, or indented too little or too much. "
        "The API server drops it without refusing the object, and so do clients such as Helm; only "
        "`kubectl apply` refuses it, as long as it validates strictly. The setting does nothing."
    ),
    cure="The nearest name that exists, or the place that the field belongs to.",
    testable=False,
)


def fields_that_do_not_exist(context: AnalysisContext) -> t.Iterator[Finding]:
    kinds = {kind for _group, kind in SHAPES}
    for kind in sorted((*kinds, well_known.GATEWAY_API_GATEWAY)):
        for obj in context.local.objects(kind):
            for each in unknown_fields(obj):
                yield UNKNOWN_FIELD.finding(
                    object_title(str(obj["kind"]), namespace_of(obj), name_of(obj)),
                    each.path,
                    message=_message(each),
                    effect="the API server drops it, so it does nothing",
                    instead=_instead(each),
                )


CHECKS = (fields_that_do_not_exist,)


def _message(unknown: UnknownField) -> str:
    parent, _dot, key = unknown.path.rpartition(".")
    where = parent or "the object"
    found = f"{where} has no field {key}"
    if unknown.nearest:
        return f"{found}; the nearest is {unknown.nearest}"
    if unknown.elsewhere:
        return f"{found}; it belongs to {listed(unknown.elsewhere, 'or', 2)}"
    return found


def _instead(unknown: UnknownField) -> str:
    key = unknown.path.rpartition(".")[2]
    if unknown.nearest:
        return snippets.block({unknown.nearest: unknown.value}, remark=f"in place of {key}")
    if unknown.elsewhere:
        place = unknown.elsewhere[0]
        if "[]" in place or "*" in place:
            return snippets.block({key: unknown.value}, remark=f"below {place}")
        value: t.Any = {key: unknown.value}
        for part in reversed(place.split(".")):
            value = {part: value}
        return snippets.block(value, remark="in place of it")
    return snippets.remark("leave it out")
