# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of WorkloadEntries and ServiceEntries. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.validation.values import (
    check_port,
    check_range,
    check_unique,
    is_address,
    required,
)


def workload_entry(obj: KubernetesObject, what: str) -> None:
    _endpoint(spec_of(obj), "spec", what, names=False)


def service_entry(obj: KubernetesObject, what: str) -> None:
    spec = spec_of(obj)
    required(spec, "hosts", "spec", what)
    ports = required(spec, "ports", "spec", what)
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        required(port, "name", path, what)
        check_port(required(port, "number", path, what), f"{path}.number", what)
        if port.get("targetPort") is not None:
            check_port(port["targetPort"], f"{path}.targetPort", what)
    check_unique([port["name"] for port in ports], "spec.ports", "name", what)
    check_unique([port["number"] for port in ports], "spec.ports", "number", what)
    for index, address in enumerate(spec.get("addresses") or ()):
        if not is_address(address):
            raise InvalidInput(f"{what}: spec.addresses[{index}]: '{address}' is not an IP address")
    endpoints = spec.get("endpoints") or ()
    if endpoints and spec.get("workloadSelector"):
        raise InvalidInput(f"{what}: spec.endpoints and spec.workloadSelector exclude each other")
    names = spec.get("resolution") == "DNS"
    if names and not endpoints:
        raise InvalidInput(
            f"{what}: with spec.resolution DNS, spec.endpoints must say what to look up; loopback "
            "has no name server that knows spec.hosts"
        )
    for index, endpoint in enumerate(endpoints):
        _endpoint(endpoint, f"spec.endpoints[{index}]", what, names=names)


def _endpoint(endpoint: t.Mapping[str, t.Any], path: str, what: str, *, names: bool) -> None:
    address = endpoint.get("address") or ""
    if not address and not endpoint.get("network"):
        raise InvalidInput(f"{what}: {path}.address is missing; only a network may stand for it")
    if address and not names and not is_address(address):
        raise InvalidInput(
            f"{what}: {path}.address: '{address}' is not an IP address; only a ServiceEntry with "
            "resolution DNS may have host names"
        )
    for name, number in (endpoint.get("ports") or {}).items():
        check_port(number, f"{path}.ports.{name}", what)
    check_range(endpoint, "weight", 0, None, path, what)
