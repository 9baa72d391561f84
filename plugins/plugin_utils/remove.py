# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what manifests describe from a cluster with an API server. Private to this collection."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import apply_result
from ansible_collections.eastwest.mesh.plugins.plugin_utils.api_server import ApiServer, Result


def remove(server: ApiServer, definitions: list[Result]) -> Result:
    """Until all of it is gone. In a cluster that others own, only what the lab made."""
    if not definitions or server.missing:
        return {"changed": False, "objects": []}
    if server.others_own:
        return {**server.lab_objects("absent", definitions), "objects": []}
    # a namespace goes last, or what is in it would already be gone
    result = server.delete(list(reversed(definitions)))
    # a kind that is not installed has no objects
    errors = [
        error for error in apply_result.errors(result) if not apply_result.is_unknown_kind(error)
    ]
    if errors:
        return {"failed": True, "msg": "; ".join(errors), "changed": result.get("changed")}
    result.pop("result", None)
    return {**result, "objects": []}
