# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install, upgrade and repair a control plane, and restart what holds certificates of an old root."""

from __future__ import annotations

import datetime
import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane import (
    installed_state,
    root_config_map,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane.installed_state import (
    ControlPlaneRef,
    InstalledState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    diagnostics,
    ownership,
    readiness,
    waiter,
    workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

Json: t.TypeAlias = dict[str, t.Any]
Install: t.TypeAlias = t.Callable[[Json, int], None]


@dataclass(frozen=True, slots=True)
class ControlPlaneSpec:
    """A desired control plane."""

    # The name with which istioctl marks the lab's objects
    owner: str
    version: str
    namespace: str
    spec: Json
    # Whether a control plane that something else installed may be taken over
    take_over: bool
    timeout: int

    @property
    def operator(self) -> Json:
        return {
            "apiVersion": "install.istio.io/v1alpha1",
            "kind": "IstioOperator",
            "metadata": {"name": self.owner, "namespace": self.namespace},
            "spec": {**self.spec, "namespace": self.namespace},
        }

    @property
    def record(self) -> str:
        return installed_state.canonical({"version": self.version, "spec": self.operator["spec"]})

    @property
    def ref(self) -> ControlPlaneRef:
        return ControlPlaneRef(self.namespace, str(self.spec.get("revision") or ""))


@dataclass(slots=True)
class ControlPlaneResult:
    """The actions of one run."""

    actions: list[str] = field(default_factory=list)
    before: str = ""
    restarted: list[str] = field(default_factory=list)


def ensure(
    api: KubernetesClient, spec: ControlPlaneSpec, install: Install, *, check: bool
) -> ControlPlaneResult:
    """Install, upgrade or repair the control plane; restart what works with an old root."""
    state = installed_state.read_state(api, spec.ref)
    if state.deployment:
        _check_owner(api, spec, state)
    result = ControlPlaneResult(before=state.recorded(installed_state.OPERATOR))
    action = _install_action(spec, state)
    if action:
        result.actions.append(action)
        if not check:
            _install(api, spec, install)
    if _ca_changed(state):
        result.actions.append("restart istiod, because its CA has changed")
        result.restarted = _restart(api, spec, state, check=check)
    if not check:
        _wait_and_record(api, spec, state, changed=bool(result.actions))
    return result


def _check_owner(api: KubernetesClient, spec: ControlPlaneSpec, state: InstalledState) -> None:
    if spec.take_over or state.owner == spec.owner:
        return
    raise InvalidInput(
        f"cluster {api.name} has a control plane in namespace {spec.namespace} that this lab did"
        f" not install ({state.image}, made by {state.owner or 'something else than istioctl'});"
        " use it as it is (installer none), or remove it"
    )


def _install_action(spec: ControlPlaneSpec, state: InstalledState) -> str:
    """Return why istioctl has to run; nothing where the control plane is as desired."""
    recorded = state.recorded(installed_state.OPERATOR)
    if not state.deployment:
        return f"install Istio {spec.version}"
    if recorded != spec.record:
        before = json.loads(recorded)["version"] if recorded else ""
        if before and before != spec.version:
            return f"upgrade Istio from {before} to {spec.version}"
        return f"reconfigure Istio {spec.version}"
    if state.recorded(installed_state.LIVE) != state.live:
        return f"repair Istio {spec.version}, which something else has changed"
    return ""


def _ca_changed(state: InstalledState) -> bool:
    """Return whether istiod was started with another CA than the Secret holds."""
    recorded = state.recorded(installed_state.CA)
    return bool(state.deployment and recorded and recorded != state.ca)


def _install(api: KubernetesClient, spec: ControlPlaneSpec, install: Install) -> None:
    try:
        install(spec.operator, spec.timeout)
    except MeshError as exc:
        deployment = installed_state.read_state(api, spec.ref).deployment
        cause = diagnostics.explain(api, deployment) if deployment else ""
        # istioctl repeats itself and does not name the node
        message = f"istiod is not ready after {spec.timeout} s: {cause}" if cause else str(exc)
        raise MeshError(f"cluster {api.name}: {message}") from exc


def _restart(
    api: KubernetesClient, spec: ControlPlaneSpec, state: InstalledState, *, check: bool
) -> list[str]:
    """Restart istiod, and with another root all that holds a certificate of the old one."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    restarted = ["istiod"]
    if not check:
        workloads.restart(api, _deployment(spec), now, installed_state.MANAGER)
        _wait(api, spec)
    if state.recorded(installed_state.ROOT) != state.root:
        proxied = _proxied_deployments(api, spec)
        if not check:
            root_config_map.wait_written(
                api, spec.namespace, {d["metadata"]["namespace"] for d in proxied}, spec.timeout
            )
            for deployment in proxied:
                workloads.restart(api, deployment, now, installed_state.MANAGER)
        restarted += [f"{d['metadata']['namespace']}/{d['metadata']['name']}" for d in proxied]
    return restarted


def _proxied_deployments(api: KubernetesClient, spec: ControlPlaneSpec) -> list[Json]:
    """Return the Deployments that have pods with a proxy and may be restarted."""
    selector = "" if spec.take_over else ownership.LAB
    return [
        d
        for d in api.find_all("Deployment", None, selector)
        if any(
            workloads.has_proxy(pod)
            for pod in api.find_all("Pod", d["metadata"]["namespace"], workloads.selector_of(d))
        )
    ]


def _wait_and_record(
    api: KubernetesClient, spec: ControlPlaneSpec, before: InstalledState, *, changed: bool
) -> None:
    """Wait for the control plane, and record what it was installed from."""
    state = installed_state.read_state(api, spec.ref) if changed else before
    if state.deployment is None or readiness.not_ready_reason(state.deployment):
        _wait(api, spec)
        state = installed_state.read_state(api, spec.ref)
    record = {
        installed_state.OPERATOR: spec.record,
        installed_state.LIVE: state.live,
        installed_state.CA: before.ca,
        installed_state.ROOT: before.root,
    }
    if any(state.recorded(name) != value for name, value in record.items()):
        installed_state.annotate(api, spec.ref, record)


def _wait(api: KubernetesClient, spec: ControlPlaneSpec) -> None:
    waiter.wait_ready(api, [_deployment(spec)], spec.timeout)


def _deployment(spec: ControlPlaneSpec) -> Json:
    metadata = {"name": spec.ref.deployment, "namespace": spec.namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
