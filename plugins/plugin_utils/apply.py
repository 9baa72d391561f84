# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies manifests to a cluster with an API server. Private to this collection."""

from __future__ import annotations

import time

from ansible.utils.display import Display
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import apply_result
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.api_errors import (
    describe_object,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.api_server import ApiServer, Result

_RETRY_S = 2.0


def apply(server: ApiServer, definitions: list[Result], *, diff: bool) -> Result:
    """Until what was applied is ready; ``diff`` says whether the result is to have one."""
    if not definitions:
        return {"changed": False, "objects": []}
    if server.missing:
        return {"changed": True, "objects": definitions}
    result = _until_accepted(server, definitions)
    if result.get("failed"):
        return result
    parts = apply_result.parts(result)
    if not diff:
        del result["diff"]
    result["objects"] = [apply_result.without_secrets(part.obj) for part in parts]
    trespassed = apply_result.foreign_changes(parts) if server.others_own else []
    wait = server.wait and not trespassed
    job = apply_result.follow_up(parts, {**server.arguments, "wait": wait}, server.timeout)
    if job and not server.check_mode:
        result |= server.objects_ready(job) | {"changed": bool(result.get("changed"))}
    if result.get("failed"):
        del result["objects"]
    return _withdraw(server, trespassed) if trespassed else result


def _until_accepted(server: ApiServer, definitions: list[Result]) -> Result:
    """What only has to be waited for, such as a webhook that starts, is tried again."""
    deadline = time.monotonic() + server.timeout
    told = False
    while True:
        result = _once(server, definitions)
        reason = apply_result.passing_reason(result) if result.get("failed") else ""
        if not reason:
            return apply_result.advised(result, server.name)
        if time.monotonic() >= deadline:
            result["msg"] = (
                f"{server.name}: after {server.timeout:g} s {reason}{apply_result.whose_webhook(result)}"
            )
            return result
        if server.check_mode:
            # what it waits for would come with an earlier task
            return {"changed": True, "result": {"results": []}}
        if not told:
            Display().display(f"waiting: [{server.arguments.get('cluster')}] {reason}")
            told = True
        time.sleep(_RETRY_S)


def _once(server: ApiServer, definitions: list[Result]) -> Result:
    """In a cluster that others own, what is theirs is not changed."""
    result = server.apply(definitions, force=not server.others_own)
    if not (server.others_own and result.get("failed") and apply_result.conflict(result)):
        return result
    listed = server.lab_objects("listed", definitions)
    if listed.get("failed"):
        return listed
    own = [obj for obj in definitions if describe_object(obj) in listed["own"]]
    others = [obj for obj in definitions if describe_object(obj) not in listed["own"]]
    done = [server.apply(group, force=group is own) for group in (own, others) if group]
    failed = [result for result in done if result.get("failed")]
    if failed:
        whose, why = apply_result.not_own(listed["kept"]), apply_result.conflict(failed[0])
        return {"failed": True, "msg": f"{server.name}: {whose} ({why})"}
    return {"result": {"results": [part for result in done for part in apply_result.raw(result)]}}


def _withdraw(server: ApiServer, objects: list[Result]) -> Result:
    """Takes back what was added to objects of others, and fails."""
    if not server.check_mode:
        released = server.lab_objects("released", objects)
        if released.get("failed"):
            return released
    names = [describe_object(obj) for obj in objects]
    return {"failed": True, "msg": f"{server.name}: {apply_result.not_own(names)}"}
