# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the names in a scenario against the workloads and services of the lab."""

from __future__ import annotations

import re
import typing as t
import urllib.parse
from dataclasses import dataclass

Raw: t.TypeAlias = t.Mapping[str, t.Any]

_SUFFIX = ".svc.cluster.local"
# A Service's name, complete or not; anything with more labels is a host of another kind
_OF_A_SERVICE = re.compile(r"[^.]+([.][^.]+([.]svc([.]cluster[.]local)?)?)?")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Rules, steps and client, as the variables of the client's cluster give them."""

    name: str
    rules: t.Sequence[Raw]
    steps: t.Sequence[Raw]
    client: Raw
    url: str
    # where steps drain, restore and scale
    namespace: str
    restore: t.Sequence[str]
    # the client's
    cluster: str = ""


def name_problems(
    scenario: Scenario, workloads: t.Mapping[str, t.Sequence[Raw]], hosts: t.Sequence[str]
) -> list[str]:
    """Describe names that nothing in the lab has; ``workloads`` are those of each cluster.

    ``hosts`` are further names of services that are there, such as imported ones.
    """
    own = workloads[scenario.cluster]
    ports = _ports(each for listed in workloads.values() for each in listed)
    known = [*ports, *hosts]
    return [
        *_rules(scenario, own, known),
        *_clients(scenario, own),
        *_urls(scenario, ports, hosts),
        *_drained(scenario, own),
        *_disturbed(scenario, workloads),
    ]


def _ports(workloads: t.Iterable[Raw]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for workload in workloads:
        service = workload.get("service") or {}
        if not service:
            continue
        host = f"{service['name']}.{workload['namespace']}{_SUFFIX}"
        more = [each["port"] for each in service.get("more_ports") or ()]
        found.setdefault(host, set()).update(int(port) for port in (service["port"], *more))
    return found


def _rules(scenario: Scenario, own: t.Sequence[Raw], known: t.Sequence[str]) -> t.Iterator[str]:
    replaced = [rule for step in scenario.steps for rule in step.get("rules") or ()]
    namespaces = {str(workload["namespace"]) for workload in own} | {"istio-system"}
    for rule in [*scenario.rules, *replaced]:
        where = f"{scenario.name}_rules: rule '{rule['name']}'"
        host = str(rule["host"])
        if "*" not in host and host.endswith(_SUFFIX) and host not in known:
            yield f"{where}: host is '{host}', which is no service of the lab; it has {_listed(known)}"
        if str(rule["namespace"]) not in namespaces:
            yield (
                f"{where}: namespace is '{rule['namespace']}', which the cluster will not have; "
                f"workload_list has {_listed(namespaces)}"
            )


def _clients(scenario: Scenario, own: t.Sequence[Raw]) -> t.Iterator[str]:
    known = {f"{workload['namespace']}/{workload['name']}" for workload in own}
    clients = {"proof_client": scenario.client}
    clients |= {
        f"{scenario.name}_steps: client of step '{step['name']}'": step["client"]
        for step in scenario.steps
        if step.get("client")
    }
    if all(step.get("client") for step in scenario.steps):
        del clients["proof_client"]
    for what, client in clients.items():
        name = f"{client.get('namespace')}/{client.get('workload')}"
        if name not in known:
            yield f"{what} is '{name}', which workload_list does not have; it has {_listed(known)}"


def _urls(
    scenario: Scenario, ports: t.Mapping[str, set[int]], hosts: t.Sequence[str]
) -> t.Iterator[str]:
    client_by_url = {
        str(step.get("url") or scenario.url): step.get("client") or scenario.client
        for step in scenario.steps
    }
    for url, client in client_by_url.items():
        host = urllib.parse.urlsplit(url).hostname or ""
        full = _completed(host, str(client.get("namespace")))
        if not full or host in hosts or full in hosts:
            continue
        if full not in ports:
            yield f"the URL {url}: {host} is no service of the lab; it has {_listed([*ports, *hosts])}"
        elif (port := urllib.parse.urlsplit(url).port or 80) not in ports[full]:
            yield f"the URL {url}: {host} has no port {port}; it has {_listed(ports[full])}"


def _completed(host: str, namespace: str) -> str:
    """The complete name of a Service; empty for a host that is none."""
    if not _OF_A_SERVICE.fullmatch(host):
        return ""
    name, _dot, rest = host.partition(".")
    return f"{name}.{rest.partition('.')[0] or namespace}{_SUFFIX}"


def _drained(scenario: Scenario, own: t.Sequence[Raw]) -> t.Iterator[str]:
    if scenario.namespace == "istio-system":
        # the gateways' names are the role's
        return
    known = {str(each["name"]) for each in own if each["namespace"] == scenario.namespace}
    lists: list[tuple[str, t.Sequence[str]]] = [("proof_restore", scenario.restore)]
    for step in scenario.steps:
        lists += [
            (f"{scenario.name}_steps: {verb} of step '{step['name']}'", step.get(verb) or ())
            for verb in ("drain", "restore")
        ]
    for what, names in lists:
        for name in names:
            if name not in known:
                yield (
                    f"{what} names '{name}', which workload_list does not have in namespace "
                    f"{scenario.namespace}; it has {_listed(known)}"
                )


def _disturbed(scenario: Scenario, workloads: t.Mapping[str, t.Sequence[Raw]]) -> t.Iterator[str]:
    """Describe clusters and workloads of events that the lab does not have."""
    for step in scenario.steps:
        for event in step.get("events") or ():
            where = f"{scenario.name}_steps: an event of step '{step['name']}'"
            cluster = str(event.get("cluster") or scenario.cluster)
            if cluster not in workloads:
                yield f"{where} names the cluster '{cluster}'; the lab has {_listed(workloads)}"
                continue
            namespace = str(event.get("namespace") or scenario.namespace)
            known = {str(w["name"]) for w in workloads[cluster] if w["namespace"] == namespace}
            unknown = [str(n) for n in event.get("workloads") or () if str(n) not in known]
            if unknown and namespace != "istio-system":
                yield (
                    f"{where} names '{unknown[0]}', which workload_list of {cluster} does not have in"
                    f" namespace {namespace}; it has {_listed(known)}"
                )


def _listed(names: t.Iterable[object]) -> str:
    return ", ".join(sorted(str(name) for name in names)) or "none"
