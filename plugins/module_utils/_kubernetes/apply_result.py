# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kubernetes.core.k8s says that it did, and what is to be done after it.

Private to this collection.
"""

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

_BOOKS = frozenset({"generation", "managedFields", "resourceVersion"})
_ISTIO = re.compile(r"(networking|security|telemetry|extensions)\.istio\.io/")
_UNKNOWN_KIND = "Failed to find exact match for"
# No lab installs the operator: its kinds do not come by themselves
_OPERATOR = r"sailoperator\.io/"
# What a server adds to each complaint about a field of a kind with rules
_SECOND_THOUGHTS = re.compile(
    r", <nil>: Invalid value: \S+ some validation rules were not checked [^\]]*"
)
_PASSING = (
    (r"failed calling webhook \\*\"?([\w.-]+)", "the webhook {} does not answer yet"),
    (rf"{_UNKNOWN_KIND} (?!{_OPERATOR})(\S+)", "{} is not known yet"),
    (r"(the server is currently unable to handle the request)", "{}"),
    (rf"({api_errors.OVERLOADED})", "{}"),
)


@dataclass(frozen=True, slots=True)
class AppliedObject:
    """One object that was applied, as it is now."""

    obj: Json
    changed: bool
    # whether nobody but this collection had a hand in it
    made: bool
    diff: Json


def parts(result: Json) -> list[AppliedObject]:
    """The objects, which are taken out of the result; puts right what it says has changed."""
    done = [_part(part) for part in raw(result)]
    result.pop("result", None)
    result["changed"] = any(part.changed for part in done)
    result["diff"] = [part.diff for part in done if part.changed]
    return done


def raw(result: Json) -> list[Json]:
    """What was done with each object, in the module's words, which depend on their number."""
    found = result.get("result") or {}
    results = found.get("results", [{**result, "result": found}])
    return [part for part in results if part.get("result")]


def foreign_changes(done: t.Iterable[AppliedObject]) -> list[Json]:
    """Objects of others that were changed. A namespace may be shared, and gets labels only."""
    return [
        part.obj
        for part in done
        if part.changed and not part.made and not _is_ours(part.obj)
        if part.obj["kind"] != "Namespace"
    ]


def conflict(result: Json) -> str:
    """What somebody else has set that was to be set, in the server's words."""
    found = re.search(
        r'Apply failed with \d+ conflicts?: ((?:[^"\\]|\\.)*)', str(result.get("msg"))
    )
    if not found:
        return ""
    return " ".join(found.group(1).replace(r"\n", " ").replace(r"\"", '"').split())


def not_own(kept: t.Sequence[str]) -> str:
    """Advice for objects that exist and are not the lab's; a namespace may be shared."""
    names = [name for name in kept if not name.startswith("Namespace ")] or list(kept)
    return (
        f"the lab did not make {', '.join(names)} and does not change what others made:"
        " rename yours, or delete theirs"
    )


def errors(result: Json) -> list[str]:
    """What went wrong with single objects, or with all."""
    found = result.get("result") or {}
    results = found.get("results", [result]) if isinstance(found, dict) else [result]
    listed = [part["error"].get("msg", "") for part in results if part.get("error")]
    return listed or ([str(result.get("msg"))] if result.get("failed") else [])


def is_unknown_kind(message: str) -> bool:
    return _UNKNOWN_KIND in message


def passing_reason(result: Json) -> str:
    """Why it failed, if that passes with time."""
    message = str(result.get("msg"))
    for pattern, reason in _PASSING:
        found = re.search(pattern, message)
        if found:
            return reason.format(found.group(1))
    return ""


def advised(result: Json, cluster: str) -> Json:
    """The result, with what the server says in words, and what to do where the operator is missing."""
    message = str(result.get("msg"))
    unknown = re.search(rf"{_UNKNOWN_KIND} ({_OPERATOR}\S+)", message)
    if unknown:
        result["msg"] = (
            f"{cluster} does not know {unknown.group(1)}: install the Sail operator there,"
            " or choose the version of its API that it serves (istio_sail_api_version), or let"
            " something else install Istio (istio_installer)"
        )
    elif result.get("failed") and (said := _said(message)):
        result["msg"] = f"{cluster}: {said}"
    return result


def _said(message: str) -> str:
    """What the server said, without the rest of its answer; nothing when that is not to be found."""
    found = re.search(r'"message":("(?:[^"\\]|\\.)*")', message)
    try:
        return _SECOND_THOUGHTS.sub("", json.loads(found.group(1))) if found else ""
    except ValueError:
        return ""


def whose_webhook(result: Json) -> str:
    """Who should have answered for a webhook, and what the API server heard instead."""
    found = re.search(
        r"https://([\w-]+)\.([\w-]+)\.svc[^ ]*: ([^\"\\]+)",
        str(result.get("msg")).replace('\\"', ""),
    )
    if not found:
        return ""
    service, namespace, heard = found.groups()
    return (
        f" (Service {namespace}/{service}: {heard.strip()}); do its pods run?"
        f" kubectl --namespace {namespace} get pods"
    )


def follow_up(done: t.Sequence[AppliedObject], arguments: Json, timeout: float) -> Json | None:
    """The options of the module that labels and waits; None when there is nothing to do."""
    label = []
    labels = lab_labels(arguments.get("lab_directory"))
    # a cluster of the lab's own goes as a whole
    if arguments.get("provider") == "existing":
        label = [place for place, part in enumerate(done) if part.made and not _is_ours(part.obj)]
    wait = arguments.get("wait", True)
    proxies = wait and any(part.changed and _ISTIO.match(part.obj["apiVersion"]) for part in done)
    unready = wait and any(readiness.not_ready_reason(part.obj) for part in done)
    if not (label or proxies or unready):
        return None
    options = ("provider", "lab_directory", "cluster", "kubeconfig", "context")
    return {
        **{name: arguments[name] for name in options if name in arguments},
        "objects": [part.obj for part in done],
        "label": label,
        "labels": labels,
        "proxies": bool(proxies),
        "wait_timeout": int(timeout) if wait else 0,
    }


def without_secrets(obj: Json) -> Json:
    if obj.get("kind") != "Secret":
        return obj
    return {key: value for key, value in obj.items() if key not in ("data", "stringData")}


def _is_ours(obj: Json) -> bool:
    return LAB in (obj["metadata"].get("labels") or {})


def _part(part: Json) -> AppliedObject:
    obj = part["result"]
    diff = {side: _wanted(part.get("diff", {}).get(side) or {}) for side in ("before", "after")}
    fields = obj["metadata"].pop("managedFields", None) or []
    hands = {entry.get("manager") for entry in fields if not entry.get("subresource")}
    # nobody manages an object without fields, such as a ServiceAccount
    created = not diff["before"] and "uid" in diff["after"].get("metadata", {})
    made = hands == {MANAGER} or (created and not hands)
    return AppliedObject(obj, bool(diff["before"] or diff["after"]), made, diff)


def _wanted(obj: Json) -> Json:
    """Without what changes by itself while an object is applied."""
    metadata = {
        key: value for key, value in (obj.get("metadata") or {}).items() if key not in _BOOKS
    }
    rest = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    return {**rest, "metadata": metadata} if metadata else rest
