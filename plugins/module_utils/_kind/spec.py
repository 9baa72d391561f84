# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse and check the options of a kind cluster."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import named_nodes
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import CONTROL_PLANE

Options: t.TypeAlias = t.Mapping[str, t.Any]

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
# kind's own limit is 50: host names end at 63 characters, and node names add up to 13
MAX_NAME_LENGTH = 50
VERSIONS = {"ipv4": {4}, "ipv6": {6}, "dual": {4, 6}}


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A desired node."""

    name: str
    role: str
    labels: dict[str, str]
    mounts: list[dict[str, t.Any]] = field(default_factory=list)
    ports: list[dict[str, t.Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A desired cluster; None is kind's default, or the value of the existing cluster."""

    name: str
    nodes: list[NodeSpec]
    node_image: str | None = None
    pod_subnet: str | None = None
    service_subnet: str | None = None
    ip_family: str | None = None
    api_server_address: str | None = None
    api_server_port: int | None = None
    containerd_patches: list[str] = field(default_factory=list)
    registry_mirrors: dict[str, list[str]] = field(default_factory=dict)
    owner: str | None = None


def parse_spec(options: Options) -> ClusterSpec:
    """Parse the module's options. Raises InvalidInput with the option and a valid value."""
    name = check_name(options["name"])
    family = options.get("ip_family")
    for option in ("pod_subnet", "service_subnet"):
        _check_subnets(option, options.get(option), family)
    _check_address(options.get("api_server_address"))
    mirrors = options.get("registry_mirrors") or {}
    return ClusterSpec(
        name=name,
        nodes=_nodes(name, options.get("nodes") or []),
        node_image=options.get("node_image"),
        pod_subnet=options.get("pod_subnet"),
        service_subnet=options.get("service_subnet"),
        ip_family=family,
        api_server_address=options.get("api_server_address"),
        api_server_port=options.get("api_server_port"),
        containerd_patches=list(options.get("containerd_patches") or []),
        registry_mirrors={host: _mirrors(host, urls) for host, urls in mirrors.items()},
        owner=options.get("owner") or None,
    )


def check_name(name: str) -> str:
    if not NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        raise InvalidInput(
            f"name: '{name}' cannot be a kind cluster's name; use up to {MAX_NAME_LENGTH} lower case "
            "letters, digits, '-' and '.', with a letter or digit at both ends"
        )
    return name


def _nodes(cluster: str, nodes: t.Sequence[Options]) -> list[NodeSpec]:
    listed = list(nodes)
    if not any(node.get("role") == CONTROL_PLANE for node in listed):
        listed.insert(0, {"role": CONTROL_PLANE})
    unnamed = [{**node, "name": None} for node in listed]
    result = []
    for given, node in zip(listed, named_nodes(unnamed, cluster), strict=True):
        if given.get("name") not in (None, "", node["name"]):
            raise InvalidInput(
                f"nodes: kind names nodes itself; '{given['name']}' has to be '{node['name']}', "
                "or leave the name out"
            )
        mounts = [_mount(mount) for mount in given.get("extra_mounts") or []]
        ports = [dict(port) for port in given.get("port_mappings") or []]
        result.append(NodeSpec(node["name"], node["role"], node["labels"], mounts, ports))
    _check_ports(result)
    return result


def _mount(mount: Options) -> dict[str, t.Any]:
    if not Path(mount["host_path"]).exists():
        raise InvalidInput(
            f"nodes: extra_mounts: host_path '{mount['host_path']}' does not exist; "
            "make it first, or the engine makes an empty directory of root's"
        )
    return dict(mount)


def _check_ports(nodes: t.Sequence[NodeSpec]) -> None:
    owners: dict[tuple[str, int, str], str] = {}
    for node in nodes:
        for port in node.ports:
            key = (port["listen_address"], port["host_port"], port["protocol"])
            if port["host_port"] and key in owners:
                raise InvalidInput(
                    f"nodes: port_mappings: host_port {port['host_port']} of {node.name} is "
                    f"taken by {owners[key]} already; choose another one"
                )
            owners[key] = node.name


def _check_subnets(option: str, text: str | None, family: str | None) -> None:
    if not text:
        return
    found = set()
    for part in text.split(","):
        try:
            found.add(ipaddress.ip_network(part.strip()).version)
        except ValueError as exc:
            raise InvalidInput(f"{option}: '{part}' is no subnet such as 10.10.0.0/16") from exc
    allowed = VERSIONS[family or "ipv4"]
    if not found <= allowed or (family != "dual" and "," in text):
        raise InvalidInput(
            f"{option}: '{text}' does not go with ip_family={family or 'ipv4'}; "
            "dual takes one subnet of each family, separated by a comma"
        )


def _check_address(text: str | None) -> None:
    if text and not is_ip_address(text):
        raise InvalidInput(f"api_server_address: '{text}' is no address such as 127.0.0.1")


def _mirrors(host: str, urls: t.Any) -> list[str]:
    listed = [urls] if isinstance(urls, str) else list(urls)
    for url in listed:
        if not re.match(r"https?://[^/\s]", str(url)):
            raise InvalidInput(
                f"registry_mirrors: '{url}' of {host} has to begin with http:// or https://"
            )
    return [str(url) for url in listed]
