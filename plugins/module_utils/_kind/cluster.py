# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a kind cluster what it should be. Private to this collection."""

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


def ensure(job: RunContext, wish: ClusterSpec, load_images: t.Sequence[str]) -> dict[str, t.Any]:
    """Makes the cluster or repairs it, until its API answers and its nodes match the wish."""
    with _alone(job) as lock:
        containers = job.engine.containers(job.name)
        recorded = _recorded(job, containers, lock)
        if recorded and _is_others(recorded.owner, wish.owner):
            raise MeshError(
                f"name: the kind cluster '{job.name}' belongs to {recorded.owner}, not to {wish.owner}."
                " Choose another name, or delete it there, or: "
                f"kind delete cluster --name {job.name}"
            )
        obstacles = differences(wish, recorded, containers) if recorded else []
        if obstacles and not job.force:
            raise MeshError(_unchangeable(job, obstacles))
        if recorded is None or obstacles:
            lifecycle.make_cluster(job, wish, load_images, containers, lock)
            if job.changes.check:
                return _result(job, wish, [])
            blank = state_file.without_mirrors(wish)
            return _complete(job, wish, blank, job.engine.containers(job.name), load_images)
        return _complete(job, wish, recorded, containers, load_images)


def remove(job: RunContext, owner: str | None = None) -> dict[str, t.Any]:
    """Deletes the cluster and its entries in the kubeconfig; others stay as they are."""
    with _alone(job) as lock:
        containers = job.engine.containers(job.name)
        for plane in _planes(containers):
            # a damaged record does not keep a cluster from being deleted
            found = state_file.read_owner(job.engine, plane)
            if _is_others(found, owner):
                job.warnings.append(
                    f"the kind cluster '{job.name}' belongs to {found} and is left alone"
                )
                return job.changes.result()
        _check_ours(job, containers, lock)
        content = kubeconfig.read_kubeconfig(job.kubeconfig)
        if containers or kubeconfig.entries(content, job.name):
            job.changes.make(
                f"delete cluster {job.name}",
                partial(lifecycle.delete_cluster, job),
                what=job.name,
                before=[node.name for node in containers] or "entries in kubeconfig",
            )
        if not job.changes.check:
            lock.note = ""
    return job.changes.result()


def _alone(job: RunContext) -> t.ContextManager[locks.Lock]:
    return locks.hold(f"{job.engine.name}-{job.name}", job.timeout)


def _complete(
    job: RunContext,
    wish: ClusterSpec,
    recorded: ClusterSpec,
    containers: list[Container],
    load_images: t.Sequence[str],
) -> dict[str, t.Any]:
    whole = state_file.merge(recorded, wish)
    if reconcile.start_stopped_nodes(job, containers):
        if job.changes.check:
            return _result(job, whole, containers)
        containers = job.engine.containers(job.name)
    nodes = [node for node in containers if node.role != LOAD_BALANCER]
    names = [node.name for node in nodes]
    reconcile.set_mirrors(job, recorded.registry_mirrors, wish.registry_mirrors, names)
    # the nodes become ready meanwhile
    reconcile.load_images(job, load_images, names)
    api = reconcile.connect(job, nodes)
    if api:
        reconcile.set_labels(job, api, wish, recorded)
    if whole != recorded and not job.changes.check:
        state_file.write_record(job.engine, state_file.state_node(wish), whole)
    return _result(job, whole, containers)


def _recorded(
    job: RunContext, containers: t.Sequence[Container], lock: locks.Lock
) -> ClusterSpec | None:
    for plane in _planes(containers):
        found = state_file.read_record(job.engine, plane)
        if found:
            return found
    _check_ours(job, containers, lock)
    return None


def _is_others(owner: str | None, mine: str | None) -> bool:
    """Whoever is not named does not keep a cluster to himself."""
    return bool(owner and mine and owner != mine)


def _planes(containers: t.Sequence[Container]) -> list[str]:
    return [node.name for node in containers if node.role == CONTROL_PLANE]


def _check_ours(job: RunContext, containers: t.Sequence[Container], lock: locks.Lock) -> None:
    """Refuses to touch a cluster that somebody else made."""
    if not containers or lock.note == locks.CREATING:
        return
    if any(job.engine.read(name, state_file.PATH) is not None for name in _planes(containers)):
        return
    raise MeshError(
        f"name: a kind cluster '{job.name}' exists ({', '.join(node.name for node in containers)}) "
        "that this collection did not make, or did not finish. Choose another name, use that "
        "cluster through its context, or delete it: "
        f"kind delete cluster --name {job.name}"
    )


def _unchangeable(job: RunContext, obstacles: t.Sequence[object]) -> str:
    return (
        f"cluster {job.name} differs from what is wanted: "
        + "; ".join(str(obstacle) for obstacle in obstacles)
        + ". kind cannot change that: set force to delete the cluster with all that is in it "
        "and make it anew, or put the options back"
    )


def _result(
    job: RunContext, wish: ClusterSpec, containers: t.Sequence[Container]
) -> dict[str, t.Any]:
    return {
        **job.changes.result(),
        "engine": job.engine.name,
        "kubeconfig": job.kubeconfig,
        "context": kubeconfig.context_name(job.name),
        "nodes": facts.node_facts(wish, containers),
        **facts.api_facts(containers),
        **facts.network_facts(job.engine.network()),
    }
