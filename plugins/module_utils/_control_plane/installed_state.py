# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an installed control plane, and the record of what it was installed from.

The record is in annotations of istiod's Deployment: it lasts as long as that does, and istioctl
keeps annotations that it does not know.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import (
    ISTIOCTL_OWNER,
)

Json: t.TypeAlias = dict[str, t.Any]

OPERATOR = "eastwest.mesh/istio-operator"
LIVE = "eastwest.mesh/istio-live"
ROOT = "eastwest.mesh/istio-root"
CA = "eastwest.mesh/istio-ca"
MANAGER = "eastwest.mesh-istio"


@dataclass(frozen=True, slots=True)
class ControlPlaneRef:
    """The namespace and the revision of a control plane."""

    namespace: str
    revision: str = ""

    @property
    def deployment(self) -> str:
        return f"istiod{self._suffix}"

    @property
    def config_map(self) -> str:
        return f"istio{self._suffix}"

    @property
    def injector_config_map(self) -> str:
        return f"istio-sidecar-injector{self._suffix}"

    @property
    def _suffix(self) -> str:
        return f"-{self.revision}" if self.revision not in ("", "default") else ""


@dataclass(frozen=True, slots=True)
class InstalledState:
    """An installed control plane. A hash is empty where its object is missing."""

    deployment: Json | None
    live: str
    root: str
    ca: str

    def recorded(self, annotation: str) -> str:
        metadata = (self.deployment or {}).get("metadata", {})
        return str((metadata.get("annotations") or {}).get(annotation, ""))

    @property
    def owner(self) -> str:
        """Return the IstioOperator that it was installed from, as istioctl labels it."""
        metadata = (self.deployment or {}).get("metadata", {})
        return str((metadata.get("labels") or {}).get(ISTIOCTL_OWNER, ""))

    @property
    def image(self) -> str:
        containers = (self.deployment or {})["spec"]["template"]["spec"]["containers"]
        return str(containers[0]["image"])


def read_state(api: KubernetesClient, ref: ControlPlaneRef) -> InstalledState:
    """Read the control plane and its CA."""
    deployment = api.find("Deployment", ref.namespace, ref.deployment)
    config_map = api.find("ConfigMap", ref.namespace, ref.config_map)
    data = (api.find("Secret", ref.namespace, "cacerts") or {}).get("data") or {}
    live = ""
    if deployment and config_map:
        spec = deployment["spec"]["template"]["spec"]
        live = digest([spec, (config_map.get("data") or {}).get("mesh")])
    return InstalledState(
        deployment,
        live,
        root=digest(data["root-cert.pem"]) if data.get("root-cert.pem") else "",
        ca=digest(data) if data else "",
    )


def annotate(api: KubernetesClient, ref: ControlPlaneRef, record: t.Mapping[str, str]) -> None:
    """Write the record into istiod's Deployment."""
    body = {"metadata": {"annotations": dict(record)}}
    api.patch("Deployment", ref.namespace, ref.deployment, body, manager=MANAGER)


def digest(value: t.Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
