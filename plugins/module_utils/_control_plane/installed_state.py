# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster has of a control plane, and what was noted about it. Private to this collection.

The notes are annotations of istiod's Deployment: they come and go with it, and istioctl leaves them.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api

Json: t.TypeAlias = dict[str, t.Any]

OPERATOR = "eastwest.mesh/istio-operator"
LIVE = "eastwest.mesh/istio-live"
ROOT = "eastwest.mesh/istio-root"
AUTHORITY = "eastwest.mesh/istio-ca"
_OWNER = "install.operator.istio.io/owning-resource"
_RESTARTED = "kubectl.kubernetes.io/restartedAt"


@dataclass(frozen=True, slots=True)
class ControlPlaneRef:
    """Where a control plane is."""

    namespace: str
    revision: str = ""

    @property
    def _suffix(self) -> str:
        return f"-{self.revision}" if self.revision not in ("", "default") else ""

    @property
    def deployment(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/istiod{self._suffix}"

    @property
    def settings(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/configmaps/istio{self._suffix}"

    @property
    def secret(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/secrets/cacerts"


@dataclass(frozen=True, slots=True)
class InstalledState:
    """What there is. Hashes are empty where there is nothing."""

    deployment: Json | None
    live: str
    root: str
    authority: str

    def noted(self, name: str) -> str:
        metadata = (self.deployment or {}).get("metadata", {})
        return str((metadata.get("annotations") or {}).get(name, ""))

    @property
    def owner(self) -> str:
        """The IstioOperator that it was installed by, as istioctl labels it."""
        metadata = (self.deployment or {}).get("metadata", {})
        return str((metadata.get("labels") or {}).get(_OWNER, ""))

    @property
    def image(self) -> str:
        containers = (self.deployment or {})["spec"]["template"]["spec"]["containers"]
        return str(containers[0]["image"])


def look(api: Api, place: ControlPlaneRef) -> InstalledState:
    """Reads what there is."""
    deployment = api.request("read Deployment istiod", "GET", place.deployment)
    settings = api.request("read ConfigMap istio", "GET", place.settings)
    secret = api.request("read Secret cacerts", "GET", place.secret) or {}
    data = secret.get("data") or {}
    live = ""
    if deployment and settings:
        spec = deployment["spec"]["template"]["spec"]
        live = digest([spec, (settings.get("data") or {}).get("mesh")])
    return InstalledState(
        deployment,
        live,
        root=digest(data["root-cert.pem"]) if data.get("root-cert.pem") else "",
        authority=digest(data) if data else "",
    )


def annotate(api: Api, place: ControlPlaneRef, notes: t.Mapping[str, str]) -> None:
    """Notes it at the Deployment."""
    _patch(api, place.deployment, {"metadata": {"annotations": dict(notes)}})


def restart(api: Api, deployment_path: str, now: str) -> None:
    """Replaces the pods of a Deployment, as kubectl rollout restart does."""
    template = {"metadata": {"annotations": {_RESTARTED: now}}}
    _patch(api, deployment_path, {"spec": {"template": template}})


def digest(value: t.Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _patch(api: Api, path: str, body: Json) -> None:
    api.request(
        f"change {path.rpartition('/')[2]}",
        "PATCH",
        path,
        body=body,
        query={"fieldManager": "eastwest.mesh-istio"},
        content_type="application/merge-patch+json",
    )
