# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find workloads whose Services would send requests to each other's pods.

A Service selects the label ``app``, which imported endpoints have, too. So all workloads with one app
in one namespace are behind each of its Services.
"""

from __future__ import annotations

import typing as t

Mapping: t.TypeAlias = t.Mapping[str, t.Any]


def shared_pods(workloads: t.Iterable[Mapping]) -> list[str]:
    """Describe the workloads that would answer for another one's Service."""
    groups: dict[tuple[str, str], list[Mapping]] = {}
    for workload in workloads:
        # Without pods it may only bring another Service for the pods that are there
        if int(workload.get("replicas", 1)) > 0:
            key = (str(workload.get("namespace")), str(workload.get("app")))
            groups.setdefault(key, []).append(workload)
    return [
        _describe(namespace, app, group)
        for (namespace, app), group in groups.items()
        if len({_service(workload) for workload in group}) > 1
    ]


def _service(workload: Mapping) -> str:
    return str((workload.get("service") or {}).get("name") or "")


def _describe(namespace: str, app: str, group: t.Sequence[Mapping]) -> str:
    named = ", ".join(
        f"{workload.get('name')} ({_service(workload) or 'no Service'})" for workload in group
    )
    return (
        f"workload_list: {named}: workloads of the app {app} in namespace {namespace} have different"
        " Services, and each Service would send requests to the pods of all: give them one service,"
        " or a namespace each"
    )
