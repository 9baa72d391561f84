# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a control plane what it should be. Private to this collection."""

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
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    apply_result,
    diagnostics,
    readiness,
    waiter,
    workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import Resources

Json: t.TypeAlias = dict[str, t.Any]
Install: t.TypeAlias = t.Callable[[Json, int], None]


@dataclass(frozen=True, slots=True)
class ControlPlaneSpec:
    """What is wanted."""

    # who owns what istioctl makes: the lab
    owner: str
    version: str
    namespace: str
    spec: Json
    # whether a control plane that something else made may be taken over
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
    def noted(self) -> str:
        return installed_state.canonical({"version": self.version, "spec": self.operator["spec"]})

    @property
    def place(self) -> installed_state.ControlPlaneRef:
        return installed_state.ControlPlaneRef(self.namespace, str(self.spec.get("revision") or ""))


@dataclass(slots=True)
class ControlPlaneResult:
    """What was done."""

    actions: list[str] = field(default_factory=list)
    before: str = ""
    restarted: list[str] = field(default_factory=list)


def ensure(
    api: Api, wish: ControlPlaneSpec, install: Install, *, check: bool
) -> ControlPlaneResult:
    """Installs, upgrades or repairs the control plane; restarts what works with an old root."""
    found = installed_state.look(api, wish.place)
    if found.deployment:
        _check_ours(api, wish, found)
    outcome = ControlPlaneResult(before=found.noted(installed_state.OPERATOR))
    reason = _reason(wish, found)
    if reason:
        outcome.actions.append(reason)
        if not check:
            _install(api, wish, install)
    rotated = _rotated(found)
    if rotated:
        outcome.actions.append("restart istiod, because its CA has changed")
        outcome.restarted = _restart(api, wish, found, check=check)
    if not check:
        _conclude(api, wish, found, outcome)
    return outcome


def _check_ours(api: Api, wish: ControlPlaneSpec, found: installed_state.InstalledState) -> None:
    if wish.take_over or found.owner == wish.owner:
        return
    raise InvalidInput(
        f"cluster {api.name} has a control plane in namespace {wish.namespace} that this lab did"
        f" not install ({found.image}, made by {found.owner or 'something else than istioctl'});"
        " use it as it is (installer none), or remove it"
    )


def _reason(wish: ControlPlaneSpec, found: installed_state.InstalledState) -> str:
    """Why istioctl has to run; nothing when all is as it should be."""
    noted = found.noted(installed_state.OPERATOR)
    if not found.deployment:
        return f"install Istio {wish.version}"
    if noted != wish.noted:
        before = json.loads(noted)["version"] if noted else ""
        if before and before != wish.version:
            return f"upgrade Istio from {before} to {wish.version}"
        return f"reconfigure Istio {wish.version}"
    if found.noted(installed_state.LIVE) != found.live:
        return f"repair Istio {wish.version}, which something else has changed"
    return ""


def _rotated(found: installed_state.InstalledState) -> bool:
    """Whether istiod was started with another CA than there is now."""
    noted = found.noted(installed_state.AUTHORITY)
    return bool(found.deployment and noted and noted != found.authority)


def _install(api: Api, wish: ControlPlaneSpec, install: Install) -> None:
    try:
        install(wish.operator, wish.timeout)
    except MeshError as exc:
        deployment = installed_state.look(api, wish.place).deployment
        why = diagnostics.explain(api, _typed(deployment)) if deployment else ""
        # istioctl repeats itself and does not say on which node
        said = f"istiod is not ready after {wish.timeout} s: {why}" if why else str(exc)
        raise MeshError(f"cluster {api.name}: {said}") from exc


def _restart(
    api: Api, wish: ControlPlaneSpec, found: installed_state.InstalledState, *, check: bool
) -> list[str]:
    """Restarts istiod, and where the root is another one all that holds a certificate of it."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    named = ["istiod"]
    if not check:
        installed_state.restart(api, wish.place.deployment, now)
        _wait(api, wish)
    if found.noted(installed_state.ROOT) != found.root:
        proxied = _proxied(api, wish)
        if not check:
            root_config_map.wait_written(
                api, wish.place, {namespace for namespace, _name in proxied}, wish.timeout
            )
            for namespace, name in proxied:
                path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
                installed_state.restart(api, path, now)
        named += ["/".join(place) for place in proxied]
    return named


def _proxied(api: Api, wish: ControlPlaneSpec) -> list[tuple[str, str]]:
    """The Deployments whose pods have a proxy, and that may be restarted."""
    selector = "" if wish.take_over else apply_result.LAB
    return [
        (d["metadata"]["namespace"], d["metadata"]["name"])
        for d in api.find_all("Deployment", None, selector)
        if any(
            workloads.has_proxy(pod)
            for pod in api.find_all("Pod", d["metadata"]["namespace"], workloads.selector_of(d))
        )
    ]


def _conclude(
    api: Api,
    wish: ControlPlaneSpec,
    found: installed_state.InstalledState,
    outcome: ControlPlaneResult,
) -> None:
    """Waits for it, and notes what it was made from."""
    now = installed_state.look(api, wish.place) if outcome.actions else found
    if now.deployment is None or readiness.not_ready_reason(_typed(now.deployment)):
        _wait(api, wish)
        now = installed_state.look(api, wish.place)
    notes = {
        installed_state.OPERATOR: wish.noted,
        installed_state.LIVE: now.live,
        installed_state.AUTHORITY: found.authority,
        installed_state.ROOT: found.root,
    }
    if any(now.noted(name) != value for name, value in notes.items()):
        installed_state.annotate(api, wish.place, notes)


def _wait(api: Api, wish: ControlPlaneSpec) -> None:
    name = wish.place.deployment.rpartition("/")[2]
    deployment = _typed({"metadata": {"name": name, "namespace": wish.namespace}})
    waiter.wait_ready(Resources(api), [deployment], wish.timeout)


def _typed(deployment: Json) -> Json:
    return {"apiVersion": "apps/v1", "kind": "Deployment", **deployment}
