# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of other meshes: checks, and the manifests of the role import_service."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Object,
    Variables,
)

_GATEWAY_PORT = 15443


def import_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe imports from clusters that the inventory, or the play, does not have."""
    host = lab.clusters[name]
    entries = host["import_service_list"]
    sources = dict.fromkeys(str(entry.get("from") or name) for entry in entries)
    unknown = [source for source in sources if source not in lab.clusters]
    if unknown:
        yield (
            f"import_service_list of {name} names the cluster {', '.join(unknown)};"
            f" there are {', '.join(lab.clusters)}"
        )
    if host["import_service_state"] != "present":
        return
    left_out = [
        source
        for source in dict.fromkeys(
            entry["from"] for entry in entries if entry.get("from") and not entry.get("address")
        )
        if source in lab.clusters
        and source not in lab.active
        # the address of a gateway is a fact of the run that opened it
        and not lab.clusters[source].get("gateway_address")
    ]
    if left_out:
        yield (
            f"import_service_list of {name} names the cluster {', '.join(left_out)}, whose gateway"
            " this run has not looked at. Run the role gateway on it in the same playbook and leave"
            " it in --limit, or give the imports an address"
        )


@dataclass(frozen=True, slots=True)
class _Exporter:
    """The cluster that a service comes from, with the facts that its gateway left."""

    variables: Variables

    @property
    def address(self) -> str:
        return str(self.variables.get("gateway_address") or "")

    @property
    def ip_address(self) -> str:
        """The first IP address: a WorkloadEntry takes no host name."""
        return next(iter(self.variables.get("gateway_addresses") or ()), "")

    @property
    def port(self) -> int:
        return int(self.variables.get("gateway_external_port") or _GATEWAY_PORT)

    @property
    def network(self) -> str:
        return str(self.variables.get("mesh_network") or "")


def import_manifests(lab: Lab, name: str) -> list[Object]:
    """Build a WorkloadEntry or ServiceEntry for each import.

    In check mode no gateway has got its address, and the imports through it are left out.
    Raises InvalidInput for an import without an address.
    """
    host = lab.clusters[name]
    is_present = host["import_service_state"] == "present"
    manifests: list[Object] = []
    for entry in host["import_service_list"]:
        exporter = _Exporter(lab.clusters[str(entry.get("from") or name)])
        address = _address(entry, exporter)
        if is_present and not lab.check_mode:
            _check_address(name, entry, address)
        if address or not is_present:
            manifests.append(_manifest(entry, _endpoint(entry, exporter, address)))
    return manifests


def _is_remote(entry: Variables) -> bool:
    return str(entry.get("mode") or "local") == "remote"


def _address(entry: Variables, exporter: _Exporter) -> str:
    if entry.get("address"):
        return str(entry["address"])
    return exporter.address if _is_remote(entry) else exporter.ip_address or exporter.address


def _check_address(name: str, entry: Variables, address: str) -> None:
    if address and (_is_remote(entry) or is_ip_address(address)):
        return
    kind = "address" if _is_remote(entry) else "IP address"
    found = (
        f"'{address}', which has none; with a host name use mode: remote"
        if address
        else "none; run the role gateway on that cluster first, in the same playbook"
    )
    raise InvalidInput(
        f"import_service_list of {name}: {entry['name']} needs an {kind} of the gateway of"
        f" {entry.get('from') or 'its cluster'}, but there is {found}"
    )


def _endpoint(entry: Variables, exporter: _Exporter, address: str) -> Object:
    fields = {
        "address": address,
        "ports": {port["name"]: exporter.port for port in entry["ports"]},
        "labels": {"security.istio.io/tlsMode": "istio", **(entry.get("labels") or {})},
        "network": entry.get("network", exporter.network),
        "locality": entry.get("locality"),
        "serviceAccount": entry.get("service_account"),
        "weight": int(entry.get("weight") or 0),
    }
    return {field: value for field, value in fields.items() if value}


def _manifest(entry: Variables, endpoint: Object) -> Object:
    spec = endpoint
    if _is_remote(entry):
        spec = {
            "hosts": [entry["host"]],
            # with MESH_EXTERNAL, the default, there would be no mTLS
            "location": "MESH_INTERNAL",
            "resolution": "STATIC" if is_ip_address(endpoint.get("address", "")) else "DNS",
            "ports": [dict(port) for port in entry["ports"]],
            "endpoints": [endpoint],
        }
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry" if _is_remote(entry) else "WorkloadEntry",
        "metadata": {"name": entry["name"], "namespace": entry["namespace"]},
        "spec": spec,
    }
