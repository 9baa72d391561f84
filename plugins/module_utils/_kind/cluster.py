# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a kind cluster to its spec, or remove it."""

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
    """Make or repair the cluster until its API answers and its nodes match the spec."""
    with _lock(context) as lock:
        containers = context.engine.containers(context.name)
        recorded = _recorded(context, containers, lock)
        if recorded and _has_another_owner(recorded.owner, spec.owner):
            raise MeshError(
                f"name: the kind cluster '{context.name}' belongs to {recorded.owner}, not to {spec.owner}."
                " Choose another name, or delete it there, or: "
                f"kind delete cluster --name {context.name}"
            )
        drift = differences(spec, recorded, containers) if recorded else []
        if drift and not context.force:
            raise MeshError(_drift_message(context, drift))
        if recorded is None or drift:
            lifecycle.make_cluster(context, spec, load_images, containers, lock)
            if context.changes.check:
                return _result(context, spec, [])
            recorded = state_file.without_mirrors(spec)
            return _complete(
                context, spec, recorded, context.engine.containers(context.name), load_images
            )
        return _complete(context, spec, recorded, containers, load_images)


def remove(context: RunContext, owner: str | None = None) -> dict[str, t.Any]:
    """Delete the cluster and its entries in the kubeconfig, and nothing else."""
    with _lock(context) as lock:
        containers = context.engine.containers(context.name)
        for node in _control_planes(containers):
            # A damaged record must not prevent the deletion
            cluster_owner = state_file.read_owner(context.engine, node)
            if _has_another_owner(cluster_owner, owner):
                context.warnings.append(
                    f"the kind cluster '{context.name}' belongs to {cluster_owner} and is left alone"
                )
                return context.changes.result()
        _check_made_here(context, containers, lock)
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


def _lock(context: RunContext) -> t.ContextManager[locks.Lock]:
    return locks.hold(f"{context.engine.name}-{context.name}", context.timeout)


def _complete(
    context: RunContext,
    spec: ClusterSpec,
    recorded: ClusterSpec,
    containers: list[Container],
    load_images: t.Sequence[str],
) -> dict[str, t.Any]:
    merged = state_file.merge(recorded, spec)
    if reconcile.start_stopped_nodes(context, containers):
        if context.changes.check:
            return _result(context, merged, containers)
        containers = context.engine.containers(context.name)
    nodes = [node for node in containers if node.role != LOAD_BALANCER]
    names = [node.name for node in nodes]
    reconcile.set_mirrors(context, recorded.registry_mirrors, spec.registry_mirrors, names)
    # The nodes become ready meanwhile
    reconcile.load_images(context, load_images, names)
    api = reconcile.connect(context, nodes)
    if api:
        reconcile.set_labels(context, api, spec, recorded)
    if merged != recorded and not context.changes.check:
        state_file.write_record(context.engine, state_file.state_node(spec), merged)
    return _result(context, merged, containers)


def _recorded(
    context: RunContext, containers: t.Sequence[Container], lock: locks.Lock
) -> ClusterSpec | None:
    for node in _control_planes(containers):
        found = state_file.read_record(context.engine, node)
        if found:
            return found
    _check_made_here(context, containers, lock)
    return None


def _has_another_owner(recorded: str | None, given: str | None) -> bool:
    """Return whether the cluster is another owner's; one without an owner is free."""
    return bool(recorded and given and recorded != given)


def _control_planes(containers: t.Sequence[Container]) -> list[str]:
    return [node.name for node in containers if node.role == CONTROL_PLANE]


def _check_made_here(
    context: RunContext, containers: t.Sequence[Container], lock: locks.Lock
) -> None:
    """Raise MeshError for a cluster that this collection did not make."""
    if not containers or lock.note == locks.CREATING:
        return
    if any(
        context.engine.read(name, state_file.PATH) is not None
        for name in _control_planes(containers)
    ):
        return
    raise MeshError(
        f"name: a kind cluster '{context.name}' exists ({', '.join(node.name for node in containers)}) "
        "that this collection did not make, or did not finish. Choose another name, use that "
        "cluster through its context, or delete it: "
        f"kind delete cluster --name {context.name}"
    )


def _drift_message(context: RunContext, drift: t.Sequence[object]) -> str:
    return (
        f"cluster {context.name} differs from its options: "
        + "; ".join(str(difference) for difference in drift)
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
