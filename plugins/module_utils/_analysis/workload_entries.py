# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WorkloadEntries and endpoints written into ServiceEntries."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    entry_locality,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Entry:
    """One address that a user wrote down by hand."""

    obj: KubernetesObject
    cluster: ClusterState
    # spec, or spec.endpoints[0]
    path: str
    raw: Raw
    labels: t.Mapping[str, str]
    # the endpoint's name in the locality model
    name: str

    @property
    def kind(self) -> str:
        return str(self.obj["kind"])

    @property
    def title(self) -> str:
        return f"{self.kind} {self.namespace}/{name_of(self.obj)}"

    @property
    def namespace(self) -> str:
        return namespace_of(self.obj)

    @property
    def network(self) -> str:
        return str(self.raw.get("network") or "")

    @property
    def ports(self) -> t.Mapping[str, int]:
        return self.raw.get("ports") or {}

    @property
    def address(self) -> str:
        return str(self.raw.get("address") or "")

    @property
    def locality(self) -> str:
        return entry_locality(self.raw.get("locality"), self.labels)

    @property
    def locality_key(self) -> str:
        """What the locality is written under: the field, or a label in its place."""
        if not self.raw.get("locality"):
            for key in (well_known.LOCALITY, well_known.LEGACY_LOCALITY):
                if key in self.labels:
                    return key
        return "locality"

    @property
    def locality_field(self) -> str:
        key = self.locality_key
        return f"{self.path}.locality" if key == "locality" else f'metadata.labels["{key}"]'


def entries(cluster: ClusterState, *, service_entries: bool) -> t.Iterator[Entry]:
    """Those of one cluster; istiod reads ServiceEntries of its own cluster only."""
    for obj in cluster.objects("WorkloadEntry"):
        spec = spec_of(obj)
        labels = {**(spec.get("labels") or {}), **labels_of(obj)}
        yield Entry(obj, cluster, "spec", spec, labels, f"{namespace_of(obj)}/{name_of(obj)}")
    for obj in cluster.objects("ServiceEntry") if service_entries else ():
        for index, endpoint in enumerate(spec_of(obj).get("endpoints") or ()):
            name = f"{namespace_of(obj)}/{name_of(obj)}#{index}"
            path = f"spec.endpoints[{index}]"
            yield Entry(obj, cluster, path, endpoint, endpoint.get("labels") or {}, name)
