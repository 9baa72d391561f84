# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API server or an admission webhook would refuse. Private to this collection."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.address_ranges import (
    parse_range,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.validation import (
    entries,
    envoy_filters,
    rules,
    workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.validation.values import (
    check_base64,
    check_port,
    check_unique,
    required,
)

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_NAME_LENGTH = 253


def validate(obj: KubernetesObject, what: str) -> None:
    """Raises InvalidInput, naming the field. The object's fields have the right types already."""
    name = name_of(obj)
    if not _NAME.fullmatch(name) or len(name) > _NAME_LENGTH:
        raise InvalidInput(
            f"{what}: metadata.name must be lower-case letters, digits, - and . "
            f"({_NAME_LENGTH} characters at most)"
        )
    check = _CHECKS.get(obj["kind"])
    if check:
        check(obj, what)


def _gateway(obj: KubernetesObject, what: str) -> None:
    for index, server in enumerate(required(spec_of(obj), "servers", "spec", what)):
        path = f"spec.servers[{index}]"
        port = required(server, "port", path, what)
        check_port(required(port, "number", f"{path}.port", what), f"{path}.port.number", what)
        required(port, "protocol", f"{path}.port", what)
        required(server, "hosts", path, what)
        required(required(server, "tls", path, what), "mode", f"{path}.tls", what)


def _pool(obj: KubernetesObject, what: str) -> None:
    for index, text in enumerate(required(spec_of(obj), "addresses", "spec", what)):
        try:
            parse_range(text)
        except InvalidInput as exc:
            raise InvalidInput(f"{what}: spec.addresses[{index}]: {exc}") from exc


def _peer_authentication(obj: KubernetesObject, what: str) -> None:
    spec = spec_of(obj)
    ports = spec.get("portLevelMtls") or {}
    if ports and not (spec.get("selector") or {}).get("matchLabels"):
        raise InvalidInput(f"{what}: spec.portLevelMtls needs spec.selector.matchLabels")
    for number in ports:
        if not str(number).isdecimal():
            raise InvalidInput(f"{what}: spec.portLevelMtls: {number!r} is not a port number")
        check_port(int(number), "spec.portLevelMtls", what)


def _service(obj: KubernetesObject, what: str) -> None:
    ports = required(spec_of(obj), "ports", "spec", what)
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        check_port(required(port, "port", path, what), f"{path}.port", what)
        target = port.get("targetPort")
        if isinstance(target, int):
            check_port(target, f"{path}.targetPort", what)
        if len(ports) > 1:
            required(port, "name", path, what)
    check_unique([port.get("name") for port in ports], "spec.ports", "name", what)
    check_unique([port.get("port") for port in ports], "spec.ports", "port", what)


def _secret(obj: KubernetesObject, what: str) -> None:
    for key, text in (obj.get("data") or {}).items():
        check_base64(text, f"data.{key}", what)


def _config_map(obj: KubernetesObject, what: str) -> None:
    settings = load_mapping((obj.get("data") or {}).get("mesh") or "", f"{what}: key mesh")
    rules.check_locality(settings.get("localityLbSetting"), f"{what}: key mesh: localityLbSetting")


_CHECKS: dict[str, t.Callable[[KubernetesObject, str], None]] = {
    "ConfigMap": _config_map,
    "Deployment": workloads.deployment,
    "DestinationRule": rules.destination_rule,
    "EnvoyFilter": envoy_filters.envoy_filter,
    "Gateway": _gateway,
    "IPAddressPool": _pool,
    "PeerAuthentication": _peer_authentication,
    "Secret": _secret,
    "Service": _service,
    "ServiceEntry": entries.service_entry,
    "WorkloadEntry": entries.workload_entry,
}
