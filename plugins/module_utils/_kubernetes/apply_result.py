# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the result of kubernetes.core.k8s, and decide what has to follow it."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import api_errors, readiness
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import (
    LAB,
    MANAGER,
    lab_labels,
)

Json: t.TypeAlias = dict[str, t.Any]

_SERVER_FIELDS = frozenset({"generation", "managedFields", "resourceVersion"})
_ISTIO = re.compile(r"(networking|security|telemetry|extensions)\.istio\.io/")
_UNKNOWN_KIND = "Failed to find exact match for"
# No lab installs the operator, so waiting for its kinds is of no use
_OPERATOR = r"sailoperator\.io/"
# What a server appends to each error in a field of a kind with validation rules
_UNCHECKED_RULES = re.compile(
    r", <nil>: Invalid value: \S+ some validation rules were not checked [^\]]*"
)
_TRANSIENT = (
    (r"failed calling webhook \\*\"?([\w.-]+)", "the webhook {} does not answer yet"),
    (rf"{_UNKNOWN_KIND} (?!{_OPERATOR})(\S+)", "{} is not known yet"),
    (r"(the server is currently unable to handle the request)", "{}"),
    (rf"({api_errors.OVERLOADED})", "{}"),
)


@dataclass(frozen=True, slots=True)
class AppliedObject:
    """An applied object, as it is now."""

    obj: Json
    changed: bool
    # Whether it has no other field manager than this collection
    created: bool
    diff: Json


def applied_objects(result: Json) -> list[AppliedObject]:
    """Take the objects out of the result, and correct its ``changed`` and ``diff``."""
    applied = [_applied_object(entry) for entry in entries(result)]
    result.pop("result", None)
    result["changed"] = any(each.changed for each in applied)
    result["diff"] = [each.diff for each in applied if each.changed]
    return applied


def entries(result: Json) -> list[Json]:
    """Return the module's entry for each object; its form depends on their number."""
    found = result.get("result") or {}
    results = found.get("results", [{**result, "result": found}])
    return [entry for entry in results if entry.get("result")]


def foreign_changes(applied: t.Iterable[AppliedObject]) -> list[Json]:
    """Return changed objects of others, but for namespaces, which may be shared."""
    return [
        each.obj
        for each in applied
        if each.changed and not each.created and not _is_labelled(each.obj)
        if each.obj["kind"] != "Namespace"
    ]


def conflict(result: Json) -> str:
    """Return the server's message about fields that another field manager owns."""
    found = re.search(
        r'Apply failed with \d+ conflicts?: ((?:[^"\\]|\\.)*)', str(result.get("msg"))
    )
    if not found:
        return ""
    return " ".join(found.group(1).replace(r"\n", " ").replace(r"\"", '"').split())


def foreign_objects_message(kept: t.Sequence[str]) -> str:
    """Return the advice for existing objects that the lab did not make."""
    names = [name for name in kept if not name.startswith("Namespace ")] or list(kept)
    return (
        f"the lab did not make {', '.join(names)} and does not change what others made:"
        " rename yours, or delete theirs"
    )


def errors(result: Json) -> list[str]:
    """Return the errors of single objects, or of all."""
    found = result.get("result") or {}
    results = found.get("results", [result]) if isinstance(found, dict) else [result]
    listed = [entry["error"].get("msg", "") for entry in results if entry.get("error")]
    return listed or ([str(result.get("msg"))] if result.get("failed") else [])


def is_unknown_kind(message: str) -> bool:
    return _UNKNOWN_KIND in message


def transient_reason(result: Json) -> str:
    """Return the cause of a failure that may pass with time."""
    message = str(result.get("msg"))
    for pattern, reason in _TRANSIENT:
        found = re.search(pattern, message)
        if found:
            return reason.format(found.group(1))
    return ""


def with_advice(result: Json, cluster: str) -> Json:
    """Return the result with the server's message, or the advice where the operator is missing."""
    message = str(result.get("msg"))
    unknown = re.search(rf"{_UNKNOWN_KIND} ({_OPERATOR}\S+)", message)
    if unknown:
        return with_message(
            result,
            f"{cluster} does not know {unknown.group(1)}: install the Sail operator there,"
            " or choose the version of its API that it serves (istio_sail_api_version), or let"
            " something else install Istio (istio_installer)",
        )
    if result.get("failed") and (text := _server_message(message)):
        return with_message(result, f"{cluster}: {text}")
    return result


def with_message(result: Json, message: str) -> Json:
    """Return the result with another message; Ansible would display the exception in its place."""
    rest = {key: value for key, value in result.items() if key != "exception"}
    return {**rest, "msg": message}


def _server_message(message: str) -> str:
    """Return the message in the server's answer; nothing where there is none."""
    found = re.search(r'"message":("(?:[^"\\]|\\.)*")', message)
    try:
        return _UNCHECKED_RULES.sub("", json.loads(found.group(1))) if found else ""
    except ValueError:
        return ""


def webhook_service(result: Json) -> str:
    """Return the Service of a webhook that failed, and the error that the API server met."""
    found = re.search(
        r"https://([\w-]+)\.([\w-]+)\.svc[^ ]*: ([^\"\\]+)",
        str(result.get("msg")).replace('\\"', ""),
    )
    if not found:
        return ""
    service, namespace, error = found.groups()
    return (
        f" (Service {namespace}/{service}: {error.strip()}); do its pods run?"
        f" kubectl --namespace {namespace} get pods"
    )


def follow_up(applied: t.Sequence[AppliedObject], arguments: Json, timeout: float) -> Json | None:
    """Return the options for objects_ready, which labels and waits; None where nothing is to do."""
    label = []
    labels = lab_labels(arguments.get("lab_directory"))
    # A cluster of the lab's own is deleted as a whole
    if arguments.get("provider") == "existing":
        label = [
            place
            for place, each in enumerate(applied)
            if each.created and not _is_labelled(each.obj)
        ]
    wait = arguments.get("wait", True)
    proxies = wait and any(
        each.changed and _ISTIO.match(each.obj["apiVersion"]) for each in applied
    )
    unready = wait and any(readiness.not_ready_reason(each.obj) for each in applied)
    if not (label or proxies or unready):
        return None
    return {
        "objects": [each.obj for each in applied],
        "label": label,
        "labels": labels,
        "proxies": bool(proxies),
        "wait_timeout": int(timeout) if wait else 0,
    }


def without_secrets(obj: Json) -> Json:
    if obj.get("kind") != "Secret":
        return obj
    return {key: value for key, value in obj.items() if key not in ("data", "stringData")}


def _is_labelled(obj: Json) -> bool:
    return LAB in (obj["metadata"].get("labels") or {})


def _applied_object(entry: Json) -> AppliedObject:
    obj = entry["result"]
    diff = {
        side: _comparable(entry.get("diff", {}).get(side) or {}) for side in ("before", "after")
    }
    fields = obj["metadata"].pop("managedFields", None) or []
    managers = {each.get("manager") for each in fields if not each.get("subresource")}
    # An object without fields, such as a ServiceAccount, has no manager
    new = not diff["before"] and "uid" in diff["after"].get("metadata", {})
    created = managers == {MANAGER} or (new and not managers)
    return AppliedObject(obj, bool(diff["before"] or diff["after"]), created, diff)


def _comparable(obj: Json) -> Json:
    """Return the object without the fields that the server sets."""
    metadata = {
        key: value
        for key, value in (obj.get("metadata") or {}).items()
        if key not in _SERVER_FIELDS
    }
    rest = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    return {**rest, "metadata": metadata} if metadata else rest
