# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes and deletes clusters, whole or not at all. Private to this collection."""

from __future__ import annotations

import contextlib
import os
import typing as t
from functools import partial
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import (
    images,
    kubeconfig,
    locks,
    preflight,
    state_file,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.config import build_config
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.run_context import RunContext
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec


def make_cluster(
    job: RunContext,
    wish: ClusterSpec,
    load_images: t.Sequence[str],
    before: t.Sequence[Container],
    lock: locks.Lock,
) -> None:
    """Makes a cluster in place of what is there, once it is sure that it can be made."""
    job.kind.check_version()
    images.check_local(job.engine, load_images, images.local_images(job.engine, load_images))
    if job.preflight:
        _check_machine(job, wish)
    if before:
        job.changes.make(
            f"delete cluster {job.name}, to make it anew",
            partial(delete_cluster, job),
            what=f"{job.name} before",
            before=[node.name for node in before],
        )
    config = build_config(wish)
    job.changes.make(
        f"create cluster {job.name}",
        partial(_create, job, wish, config, lock),
        what=job.name,
        after=config,
    )


def delete_cluster(job: RunContext) -> None:
    """Deletes the nodes and the cluster's entries in its kubeconfig."""
    path = job.kubeconfig
    with locks.hold(locks.name_for_file(path), job.timeout):
        present = Path(path).exists()
        job.kind.delete(job.name, path if present else None)
        if present:
            kubeconfig.remove_if_empty(path)
    left = job.engine.containers(job.name)
    if left:
        raise LabBroken(
            f"kind left nodes of {job.name} behind: {job.engine.name} rm -f -v "
            + " ".join(node.name for node in left)
        )


def _check_machine(job: RunContext, wish: ClusterSpec) -> None:
    readings = preflight.read_host_resources(job.engine)
    found = preflight.judge(readings, [node.role for node in wish.nodes])
    job.warnings.extend(found.warnings)
    if found.problems:
        raise MeshError("this machine cannot carry the cluster: " + "; ".join(found.problems))


def _create(job: RunContext, wish: ClusterSpec, config: dict[str, t.Any], lock: locks.Lock) -> None:
    with _turn(job):
        lock.note = locks.CREATING
        try:
            # should this process be killed, the name stays locked until kind ends, too
            job.kind.create(config, job.timeout, [lock.descriptor])
            state_file.write_record(
                job.engine, state_file.state_node(wish), state_file.without_mirrors(wish)
            )
        except MeshError as exc:
            _take_back(job, lock, exc)
            raise MeshError(f"{exc}\nWhat was half made has been deleted.") from exc
        except BaseException as exc:
            _take_back(job, lock, exc)
            raise
        lock.note = ""


def _take_back(job: RunContext, lock: locks.Lock, reason: BaseException) -> None:
    try:
        job.kind.delete(job.name)
    except MeshError as exc:
        raise MeshError(
            f"{_outage(job)}{reason}\nWhat was half made could not be deleted ({exc}); the next run"
            f" does it, or: kind delete cluster --name {job.name}"
        ) from exc
    lock.note = ""


def _outage(job: RunContext) -> str:
    """An engine that has stopped explains all that failed, so it is named first."""
    try:
        job.engine.information()
    except MeshError as exc:
        return f"{exc}\n"
    return ""


@contextlib.contextmanager
def _turn(job: RunContext) -> t.Iterator[None]:
    """Waits until kind may make a cluster: few at a time, as each needs a core or more."""
    if job.engine.name == "podman":
        # two that make the network at once disturb each other
        with locks.hold("podman-network", job.timeout):
            if job.engine.network() is None:
                yield
                return
    slots = max(2, os.cpu_count() or 2)
    with locks.hold_any([f"create-{number}" for number in range(slots)], job.timeout):
        yield
