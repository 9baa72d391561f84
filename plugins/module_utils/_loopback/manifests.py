# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply and remove manifests on a loopback cluster."""

from __future__ import annotations

import copy
import json
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import dump
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_state import (
    LabState,
    locked_lab,
    revert,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import (
    Change,
    KubernetesObject,
    key_of,
    normalise,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.supported import check

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab

_HIDDEN = "(not shown)"


def change(
    lab: Lab,
    cluster: str,
    definitions: t.Sequence[KubernetesObject],
    *,
    absent: bool = False,
    check_mode: bool = False,
) -> dict[str, t.Any]:
    """Apply or remove the definitions; return a module's result.

    Nothing is changed if one of them is not valid or not supported.
    """
    if not absent:
        for definition in definitions:
            check(normalise(definition))
    if not lab.exists() and (absent or check_mode):
        # in check mode the lab may be missing because the run only pretended to make it
        return {"changed": bool(definitions) and not absent, "diff": [], "objects": []}
    with locked_lab(lab):
        state = LabState.load(lab)
        store = state.store(cluster)
        changes = store.remove(definitions) if absent else store.apply(definitions)
        rollout = state.reconcile(write=not check_mode)
        keys = [key_of(normalise(definition)) for definition in definitions]
        objects = [redacted(obj) for key in keys if (obj := store.find(key))]
    try:
        rollout.wait()
    except MeshError:
        revert(lab, cluster, changes)
        raise
    return {
        "changed": bool(changes),
        "diff": [diff_entry(c) for c in changes],
        "objects": objects,
        "warnings": rollout.mended,
    }


def diff_entry(item: Change) -> dict[str, str]:
    """Return one change in the form of ``--diff``."""
    kind, namespace, name = item.key
    header = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
    return {
        "before": _text(item.before),
        "after": _text(item.after, other=item.before),
        "before_header": header,
        "after_header": header,
    }


def redacted(obj: KubernetesObject) -> KubernetesObject:
    """Return the object without the values of a Secret."""
    if obj["kind"] != "Secret":
        return obj
    redacted_copy = copy.deepcopy(obj)
    for part in ("data", "stringData"):
        if part in redacted_copy:
            redacted_copy[part] = dict.fromkeys(redacted_copy[part], _HIDDEN)
    return redacted_copy


def _text(obj: KubernetesObject | None, other: KubernetesObject | None = None) -> str:
    if obj is None:
        return ""
    # through JSON, so that shared parts are written out rather than as YAML aliases
    text = dump(json.loads(json.dumps(redacted(obj))))
    if obj["kind"] == "Secret" and other is not None:
        # otherwise both sides would look the same
        text += "# its contents changed\n"
    return text
