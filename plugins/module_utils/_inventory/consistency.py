# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the workloads and imports of a lab's clusters are consistent."""

from __future__ import annotations

import collections
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    DOMAIN_SUFFIX,
    SERVICE_SUFFIX,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.destination_rules import (
    known_localities,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Variables,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import host_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.gateways import (
    gateway_host,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


_VARIABLES = {
    "workloads": "workload_list",
    "imports": "import_service_list",
    "nodes": "cluster_nodes",
    "exposed": "gateway_exposed_hosts",
    "network": "mesh_network",
    "trust_domain": "mesh_trust_domain",
    "aliases": "istio_trust_domain_aliases",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The inventory's data of a cluster; None is what the inventory does not say."""

    name: str
    workloads: t.Sequence[Raw] = ()
    imports: t.Sequence[Raw] = ()
    nodes: t.Sequence[Raw] = ()
    exposed: t.Sequence[str] | None = None
    network: str = ""
    trust_domain: str = DOMAIN_SUFFIX
    aliases: t.Sequence[str] = field(default=())

    @classmethod
    def of(cls, name: str, host: Variables) -> Cluster:
        """Read the data of a cluster from its host's variables."""
        return cls(
            name, **{option: host[each] for option, each in _VARIABLES.items() if each in host}
        )


def consistency_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe what of one cluster contradicts itself, or what the other clusters have."""
    known = {other: Cluster.of(other, host) for other, host in lab.clusters.items()}
    own = known[name]
    yield from _workloads(own.workloads)
    for index, host in enumerate(own.exposed or ()):
        yield from map(str, gateway_host(str(host), f"gateway_exposed_hosts[{index}]"))
    for entry in own.imports:
        for problem in _import(entry, own, known.get(str(entry.get("from")))):
            yield f"import_service_list: {problem}"


def _workloads(workloads: t.Sequence[Raw]) -> t.Iterator[str]:
    names = collections.Counter(f"{each['namespace']}/{each['name']}" for each in workloads)
    yield from (f"workload_list has {name} twice" for name, count in names.items() if count > 1)
    services: dict[str, Raw] = {}
    for each in workloads:
        service = each.get("service")
        if not service:
            continue
        name = f"{each['namespace']}/{service['name']}"
        first = services.setdefault(name, each)
        for what, mine, other in (
            ("app", each["app"], first["app"]),
            ("port", service["port"], first["service"]["port"]),
        ):
            if str(mine) != str(other):
                yield (
                    f"workload_list: the Service {name} has the {what} {other} for {first['name']} "
                    f"and {mine} for {each['name']}; its workloads share one"
                )


def _import(entry: Raw, own: Cluster, exporter: Cluster | None) -> t.Iterator[str]:
    joined = [
        each
        for each in own.workloads
        if each.get("service") and each["namespace"] == entry["namespace"]
    ]
    if entry.get("mode", "local") == "local" and own.workloads:
        yield from _joined(entry, joined)
    if exporter is None:
        return
    if exporter.exposed is not None and not entry.get("allow_unexposed"):
        yield from _exposed(entry, joined, exporter)
    network = str(entry.get("network") or exporter.network)
    if entry.get("mode", "local") == "local" and network in ("", own.network):
        yield (
            f"{entry['name']}: its network is '{network}', and that of {own.name} is '{own.network}', so the gateway "
            f"of {own.name} would send it round in a loop; give each of both another mesh_network"
        )
    places = known_localities({exporter.name: exporter.nodes}, ())
    locality = str(entry.get("locality") or "")
    if locality and places and not any(_within(place, locality) for place in places):
        yield (
            f"{entry['name']}: locality is '{locality}', where no node of {exporter.name} is; "
            f"its nodes are in {', '.join(places)}"
        )
    if exporter.trust_domain not in (own.trust_domain, *own.aliases):
        yield (
            f"{entry['name']}: {exporter.name} is in the trust domain {exporter.trust_domain}, which {own.name}"
            f" ({own.trust_domain}) does not know; add it to istio_trust_domain_aliases of {own.name}"
        )


def _joined(entry: Raw, joined: t.Sequence[Raw]) -> t.Iterator[str]:
    """Is there a Service that takes the import for one of its endpoints?"""
    labels = {key: str(value) for key, value in (entry.get("labels") or {}).items()}
    fitting = [each for each in joined if labels.get("app") == each["app"]]
    if not fitting:
        there = ", ".join(
            dict.fromkeys(f"{each['service']['name']} (app: {each['app']})" for each in joined)
        )
        yield (
            f"{entry['name']}: no Service of namespace {entry['namespace']} selects the labels {labels}; "
            f"it has {there or 'none'}"
        )
        return
    ports = {
        str(port)
        for each in fitting
        for port in (
            each["service"].get("port_name") or "http",
            *(more["name"] for more in each["service"].get("more_ports") or ()),
        )
    }
    yield from (
        f"{entry['name']}: the Service has no port '{port['name']}'; it has {', '.join(sorted(ports))}"
        for port in entry.get("ports") or ()
        if str(port.get("name")) not in ports
    )


def _exposed(entry: Raw, joined: t.Sequence[Raw], exporter: Cluster) -> t.Iterator[str]:
    labels = entry.get("labels") or {}
    hosts = {
        f"{each['service']['name']}.{each['namespace']}.{SERVICE_SUFFIX}"
        for each in joined
        if each["app"] == labels.get("app")
    }
    if entry.get("mode", "local") == "remote":
        hosts = {str(entry.get("host"))}
    patterns = [str(pattern).rpartition("/")[2] for pattern in exporter.exposed or ()]
    for host in sorted(hosts):
        if not any(host_matches(pattern, host) for pattern in patterns):
            yield (
                f"{entry['name']}: the gateway of {exporter.name} does not expose {host}; "
                f"gateway_exposed_hosts of {exporter.name} has {', '.join(patterns) or 'none'}"
            )


def _within(place: str, locality: str) -> bool:
    """Are they one place, as far as both say?"""
    return all(a == b for a, b in zip(place.split("/"), locality.split("/"), strict=False))
