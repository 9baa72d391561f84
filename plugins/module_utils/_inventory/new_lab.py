# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a new lab: a service in each zone of each cluster, failover and weights for it.

The texts are written for people to edit, so they are put together line by line, with comments.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

_NAMESPACE = "sample"
_PORT = 5000
# answers with its version, and runs on kind and existing clusters, too
_IMAGE = "docker.io/istio/examples-helloworld-v1:1.0"


@dataclass(frozen=True, slots=True)
class NewCluster:
    """A cluster to write into the inventory: its region, its zones, its share of the requests."""

    name: str
    region: str
    zones: tuple[str, ...]
    weight: int

    def server(self, service: str, zone: str) -> str:
        return f"{service}-{self.name}-{zone}"

    def version(self, zone: str) -> str:
        return f"{self.name}-{zone}"


@dataclass(frozen=True, slots=True)
class NewLab:
    """What the inventory is to have. The first cluster is the client's."""

    clusters: tuple[NewCluster, ...]
    service: str
    # whether pods reach those of other clusters without a gateway
    one_network: bool

    @property
    def host(self) -> str:
        return f"{self.service}.{_NAMESPACE}.svc.cluster.local"

    @property
    def near(self) -> NewCluster:
        """The client's cluster."""
        return self.clusters[0]


def inventory_files(lab: NewLab) -> dict[str, str]:
    """Return the text of each file, by its path below the inventory's directory."""
    near = f"host_vars/{lab.near.name}"
    return {
        "hosts.yml": _hosts(lab),
        "group_vars/clusters.yml": _settings(lab),
        **{f"host_vars/{each.name}/workloads.yml": _workloads(lab, each) for each in lab.clusters},
        f"{near}/failover.yml": _failover(lab),
        f"{near}/distribute.yml": _distribute(lab),
    }


def _hosts(lab: NewLab) -> str:
    lines = [
        "---",
        "# The clusters of the lab: their nodes, by region and zone, and their networks.",
        "# Pods of different networks reach each other through gateways; without mesh_network all share one.",
        "clusters:",
        "  hosts:",
    ]
    for number, cluster in enumerate(lab.clusters, 1):
        lines += [f"    {cluster.name}:"]
        lines += [] if lab.one_network else [f"      mesh_network: {cluster.name}"]
        lines += [
            "      cluster_nodes:",
            *(f"        - {{region: {cluster.region}, zone: {zone}}}" for zone in cluster.zones),
            f"      cluster_pod_subnet: 10.{number * 10}.0.0/16",
            f"      cluster_service_subnet: 10.255.{number * 10}.0/24",
        ]
    return _text(
        *lines,
        "  vars:",
        "    # A cluster is a host of the inventory: its modules run here and reach it from here",
        "    ansible_connection: local",
        '    ansible_python_interpreter: "{{ ansible_playbook_python }}"',
    )


def _settings(lab: NewLab) -> str:
    return _text(
        "---",
        "# What all clusters have in common.",
        "",
        "# What provides the clusters: loopback, kind or existing",
        "mesh_provider: loopback",
        "",
        "# Clusters of one mesh ID are one mesh: one root of trust, and each reads the services of the others.",
        "# A cluster with a mesh ID of its own is a mesh of its own.",
        "mesh_id: mesh1",
        "mesh_trust_domain: cluster.local",
        "istio_mtls_mode: STRICT",
        "# What other clusters may reach through a gateway",
        'gateway_exposed_hosts: ["*.local"]',
        "",
        "# The client, in the cluster that has the steps, and what it asks for",
        f"proof_client: {{namespace: {_NAMESPACE}, workload: client}}",
        f"proof_url: http://{lab.service}.{_NAMESPACE}:{_PORT}/hello",
        "proof_requests: 500",
    )


def _workloads(lab: NewLab, cluster: NewCluster) -> str:
    lines = [
        "---",
        "# The pods of the cluster, each in its zone. Give them your image, its ports, the path that tells that it is",
        "# ready, its environment. No image runs on loopback: there Envoy answers for it, as a field response can describe.",
        "# What answers is told apart by its version, which proof_identify finds in the response.",
        "workload_list:",
    ]
    if cluster is lab.near:
        zone = cluster.zones[0]
        lines += [f"  - {{name: client, namespace: {_NAMESPACE}, app: sleep, zone: {zone}}}"]
    for number, zone in enumerate(cluster.zones):
        lines += [
            f"  - name: {cluster.server(lab.service, zone)}",
            f"    namespace: {_NAMESPACE}",
            f"    app: {lab.service}",
            f"    version: {cluster.version(zone)}",
            f"    zone: {zone}",
            f"    image: {_IMAGE}",
            f"    ports: [{_PORT}]",
            "    ready_path: /health",
            f"    env: {{SERVICE_VERSION: {cluster.version(zone)}}}",
        ]
        service = [f"      name: {lab.service}", f"      port: {_PORT}", "      port_name: http"]
        lines += ["    service: &service", *service] if number == 0 else ["    service: *service"]
    return _text(*lines)


def _failover(lab: NewLab) -> str:
    near, far = lab.clusters[:2]
    zones = near.zones
    steps = [
        "  - name: rule applied",
        "    rule: present",
        f"    expect: {_shares(near, zones[:1])}",
    ]
    for number, zone in enumerate(zones, 1):
        steps += [
            f"  - name: {near.version(zone)} drained",
            f"    drain: [{near.server(lab.service, zone)}]",
        ]
        steps += (
            [f"    expect: {_shares(near, zones[number:])}"]
            if zones[number:]
            else [f"    expect: {_shares(far, far.zones)}"]
        )
    servers = ", ".join(near.server(lab.service, zone) for zone in zones)
    return _text(
        "---",
        "# The scenario of the playbook failover: requests stay near, move on when a zone is lost, and come home.",
        "failover_rules:",
        *_rule_head(lab),
        "    failover:",
        f"      - {{from: {near.region}, to: {far.region}}}",
        *_outlier_detection(1),
        "",
        "# What must happen, one step after the other. A version without a share must get nothing",
        "failover_steps:",
        *steps,
        "  - name: restored",
        f"    restore: [{servers}]",
        f"    expect: {_shares(near, zones[:1])}",
    )


def _distribute(lab: NewLab) -> str:
    weights = [f"          {each.region}/*: {each.weight}" for each in lab.clusters]
    shares = [
        f"      {each.version(zone)}: {each.weight / len(each.zones):.4g}"
        for each in lab.clusters
        for zone in each.zones
    ]
    return _text(
        "---",
        "# The scenario of the playbook distribute: requests are spread by weights, 100 in all.",
        "# One zone in each of the other clusters: a gateway has one locality, so several would not get their weights.",
        "distribute_rules:",
        *_rule_head(lab),
        "    distribute:",
        f"      - from: {lab.near.region}/*",
        "        to:",
        *weights,
        # a weight shares requests out whether or not there is an error now and then
        *_outlier_detection(100),
        "",
        "distribute_steps:",
        "  - name: rule applied",
        "    rule: present",
        "    expect:",
        *shares,
    )


def _rule_head(lab: NewLab) -> list[str]:
    return [
        f"  - name: {lab.service}",
        f"    namespace: {_NAMESPACE}",
        f"    host: {lab.host}",
        "    load_balancer: ROUND_ROBIN",
        "    # A gateway balances connections, and a drained workload keeps those it has: a new one for each request",
        "    max_requests_per_connection: 1",
    ]


def _outlier_detection(errors: int) -> list[str]:
    return [
        "    outlier_detection:",
        f"      consecutive5xxErrors: {errors}",
        "      interval: 1s",
        "      baseEjectionTime: 1m",
        "      # Envoy's default of 10 % ejects none of a handful of endpoints, and then nothing fails over",
        "      maxEjectionPercent: 100",
    ]


def _shares(cluster: NewCluster, zones: t.Iterable[str]) -> str:
    return "{" + ", ".join(f"{cluster.version(zone)}: 1" for zone in zones) + "}"


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def write(directory: Path, files: t.Mapping[str, str], *, check: bool) -> bool:
    """Write the files below a directory that has none, and return whether any was missing.

    Raises InvalidInput where the directory has other files: nothing is overwritten.
    """
    there = {
        str(path.relative_to(directory)): path for path in directory.rglob("*") if path.is_file()
    }
    if there.keys() == files.keys() and all(
        path.read_text(encoding="utf-8") == files[name] for name, path in there.items()
    ):
        return False
    if there or (directory.exists() and not directory.is_dir()):
        raise InvalidInput(
            f"path: {directory} exists and is never overwritten; give the lab another name or"
            " directory"
        )
    if not check:
        for name, text in files.items():
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return True
