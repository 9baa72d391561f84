# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply the manifests of a task to a Kubernetes cluster, and delete them."""

from __future__ import annotations

import time

from ansible.utils.display import Display
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import apply_result
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.api_errors import (
    describe_object,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.manifest_client import (
    ManifestClient,
    Result,
)

_RETRY_S = 2.0


def apply(client: ManifestClient, definitions: list[Result], *, diff: bool) -> Result:
    """Apply the objects, wait until they are ready, and return the result of the task."""
    if not definitions:
        return {"changed": False, "objects": []}
    if client.missing:
        return {"changed": True, "objects": definitions}
    result = _apply_until_accepted(client, definitions)
    if result.get("failed"):
        return result
    applied = apply_result.applied_objects(result)
    if not diff:
        del result["diff"]
    result["objects"] = [apply_result.without_secrets(each.obj) for each in applied]
    foreign = apply_result.foreign_changes(applied) if client.is_adopted else []
    arguments = {**client.arguments, "wait": client.wait and not foreign}
    options = apply_result.follow_up(applied, arguments, client.timeout)
    if options and not client.check_mode:
        result |= client.objects_ready(options) | {"changed": bool(result.get("changed"))}
    if result.get("failed"):
        del result["objects"]
    return _release(client, foreign) if foreign else result


def remove(client: ManifestClient, definitions: list[Result]) -> Result:
    """Delete the objects; in an adopted cluster only those that the lab made."""
    if not definitions or client.missing:
        return {"changed": False, "objects": []}
    if client.is_adopted:
        return {**client.lab_objects("absent", definitions), "objects": []}
    # A namespace goes last, or its objects would already be gone
    result = client.delete(list(reversed(definitions)))
    # A kind that is not installed has no objects
    errors = [
        error for error in apply_result.errors(result) if not apply_result.is_unknown_kind(error)
    ]
    if errors:
        return {"failed": True, "msg": "; ".join(errors), "changed": result.get("changed")}
    result.pop("result", None)
    return {**result, "objects": []}


def _apply_until_accepted(client: ManifestClient, definitions: list[Result]) -> Result:
    """Repeat what fails for a while only, such as a call to a webhook that starts."""
    deadline = time.monotonic() + client.timeout
    displayed = False
    while True:
        result = _apply_once(client, definitions)
        reason = apply_result.transient_reason(result) if result.get("failed") else ""
        if not reason:
            return apply_result.with_advice(result, client.name)
        if time.monotonic() >= deadline:
            service = apply_result.webhook_service(result)
            message = f"{client.name}: after {client.timeout:g} s {reason}{service}"
            return apply_result.with_message(result, message)
        if client.check_mode:
            # An earlier task would have made what is missing
            return {"changed": True, "result": {"results": []}}
        if not displayed:
            Display().display(f"waiting: [{client.arguments.get('cluster')}] {reason}")
            displayed = True
        time.sleep(_RETRY_S)


def _apply_once(client: ManifestClient, definitions: list[Result]) -> Result:
    """Apply the objects; in an adopted cluster, leave the fields of other managers."""
    result = client.apply(definitions, force=not client.is_adopted)
    if not (client.is_adopted and result.get("failed") and apply_result.conflict(result)):
        return result
    listed = client.lab_objects("listed", definitions)
    if listed.get("failed"):
        return listed
    own = [obj for obj in definitions if describe_object(obj) in listed["own"]]
    others = [obj for obj in definitions if describe_object(obj) not in listed["own"]]
    results = [client.apply(group, force=group is own) for group in (own, others) if group]
    failed = [result for result in results if result.get("failed")]
    if failed:
        message = apply_result.foreign_objects_message(listed["kept"])
        conflict = apply_result.conflict(failed[0])
        return {"failed": True, "msg": f"{client.name}: {message} ({conflict})"}
    return {
        "result": {"results": [each for result in results for each in apply_result.entries(result)]}
    }


def _release(client: ManifestClient, objects: list[Result]) -> Result:
    """Take back the fields that were added to objects of others, and fail."""
    if not client.check_mode:
        released = client.lab_objects("released", objects)
        if released.get("failed"):
            return released
    names = [describe_object(obj) for obj in objects]
    message = apply_result.foreign_objects_message(names)
    return {"failed": True, "msg": f"{client.name}: {message}"}
