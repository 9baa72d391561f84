# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a kind cluster what it should be."""

from __future__ import annotations

import typing as t
from functools import partial

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import (
    facts,
    kubeconfig,
    lifecycle,
    locks,
    reconcile,
    state_file,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import (
    CONTROL_PLANE,
    LOAD_BALANCER,
    Container,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.drift import differences
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.run_context import RunContext
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec


def ensure(
    context: RunContext, spec: ClusterSpec, load_images: t.Sequence[str]
) -> dict[str, t.Any]:
    """Makes the cluster or repairs it, until its API answers and its nodes match the spec."""
    with _alone(context) as lock:
        containers = context.engine.containers(context.name)
        recorded = _recorded(context, containers, lock)
        if recorded and _is_others(recorded.owner, spec.owner):
            raise MeshError(
                f"name: the kind cluster '{context.name}' belongs to {recorded.owner}, not to {spec.owner}."
                " Choose another name, or delete it there, or: "
                f"kind delete cluster --name {context.name}"
            )
        obstacles = differences(spec, recorded, containers) if recorded else []
        if obstacles and not context.force:
            raise MeshError(_unchangeable(context, obstacles))
        if recorded is None or obstacles:
            lifecycle.make_cluster(context, spec, load_images, containers, lock)
            if context.changes.check:
                return _result(context, spec, [])
            blank = state_file.without_mirrors(spec)
            return _complete(
                context, spec, blank, context.engine.containers(context.name), load_images
            )
        return _complete(context, spec, recorded, containers, load_images)


def remove(context: RunContext, owner: str | None = None) -> dict[str, t.Any]:
    """Deletes the cluster and its entries in the kubeconfig; others stay as they are."""
    with _alone(context) as lock:
        containers = context.engine.containers(context.name)
        for plane in _planes(containers):
            # a damaged record does not keep a cluster from being deleted
            found = state_file.read_owner(context.engine, plane)
            if _is_others(found, owner):
                context.warnings.append(
                    f"the kind cluster '{context.name}' belongs to {found} and is left alone"
                )
                return context.changes.result()
        _check_ours(context, containers, lock)
        content = kubeconfig.read_kubeconfig(context.kubeconfig)
        if containers or kubeconfig.entries(content, context.name):
            context.changes.make(
                f"delete cluster {context.name}",
                partial(lifecycle.delete_cluster, context),
                what=context.name,
                before=[node.name for node in containers] or "entries in kubeconfig",
            )
        if not context.changes.check:
            lock.note = ""
    return context.changes.result()


def _alone(context: RunContext) -> t.ContextManager[locks.Lock]:
    return locks.hold(f"{context.engine.name}-{context.name}", context.timeout)


def _complete(
    context: RunContext,
    spec: ClusterSpec,
    recorded: ClusterSpec,
    containers: list[Container],
    load_images: t.Sequence[str],
) -> dict[str, t.Any]:
    whole = state_file.merge(recorded, spec)
    if reconcile.start_stopped_nodes(context, containers):
        if context.changes.check:
            return _result(context, whole, containers)
        containers = context.engine.containers(context.name)
    nodes = [node for node in containers if node.role != LOAD_BALANCER]
    names = [node.name for node in nodes]
    reconcile.set_mirrors(context, recorded.registry_mirrors, spec.registry_mirrors, names)
    # the nodes become ready meanwhile
    reconcile.load_images(context, load_images, names)
    api = reconcile.connect(context, nodes)
    if api:
        reconcile.set_labels(context, api, spec, recorded)
    if whole != recorded and not context.changes.check:
        state_file.write_record(context.engine, state_file.state_node(spec), whole)
    return _result(context, whole, containers)


def _recorded(
    context: RunContext, containers: t.Sequence[Container], lock: locks.Lock
) -> ClusterSpec | None:
    for plane in _planes(containers):
        found = state_file.read_record(context.engine, plane)
        if found:
            return found
    _check_ours(context, containers, lock)
    return None


def _is_others(owner: str | None, mine: str | None) -> bool:
    """Whoever is not named does not keep a cluster to himself."""
    return bool(owner and mine and owner != mine)


def _planes(containers: t.Sequence[Container]) -> list[str]:
    return [node.name for node in containers if node.role == CONTROL_PLANE]


def _check_ours(context: RunContext, containers: t.Sequence[Container], lock: locks.Lock) -> None:
    """Refuses to touch a cluster that somebody else made."""
    if not containers or lock.note == locks.CREATING:
        return
    if any(context.engine.read(name, state_file.PATH) is not None for name in _planes(containers)):
        return
    raise MeshError(
        f"name: a kind cluster '{context.name}' exists ({', '.join(node.name for node in containers)}) "
        "that this collection did not make, or did not finish. Choose another name, use that "
        "cluster through its context, or delete it: "
        f"kind delete cluster --name {context.name}"
    )


def _unchangeable(context: RunContext, obstacles: t.Sequence[object]) -> str:
    return (
        f"cluster {context.name} differs from what is wanted: "
        + "; ".join(str(obstacle) for obstacle in obstacles)
        + ". kind cannot change that: set force to delete the cluster with all that is in it "
        "and make it anew, or put the options back"
    )


def _result(
    context: RunContext, spec: ClusterSpec, containers: t.Sequence[Container]
) -> dict[str, t.Any]:
    return {
        **context.changes.result(),
        "engine": context.engine.name,
        "kubeconfig": context.kubeconfig,
        "context": kubeconfig.context_name(context.name),
        "nodes": facts.node_facts(spec, containers),
        **facts.api_facts(containers),
        **facts.network_facts(context.engine.network()),
    }
