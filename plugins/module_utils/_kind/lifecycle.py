# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make and delete clusters; roll back what fails."""

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
    context: RunContext,
    spec: ClusterSpec,
    load_images: t.Sequence[str],
    before: t.Sequence[Container],
    lock: locks.Lock,
) -> None:
    """Make a cluster, in place of an old one; check the machine before that goes."""
    context.kind.check_version()
    images.check_local(
        context.engine, load_images, images.local_images(context.engine, load_images)
    )
    if context.preflight:
        _check_machine(context, spec)
    if before:
        context.changes.make(
            f"delete cluster {context.name}, to make it anew",
            partial(delete_cluster, context),
            what=f"{context.name} before",
            before=[node.name for node in before],
        )
    config = build_config(spec)
    context.changes.make(
        f"create cluster {context.name}",
        partial(_create, context, spec, config, lock),
        what=context.name,
        after=config,
    )


def delete_cluster(context: RunContext) -> None:
    """Delete the nodes and the cluster's entries in its kubeconfig."""
    path = context.kubeconfig
    with locks.hold(locks.name_for_file(path), context.timeout):
        present = Path(path).exists()
        context.kind.delete(context.name, path if present else None)
        if present:
            kubeconfig.remove_if_empty(path)
    left = context.engine.containers(context.name)
    if left:
        raise LabBroken(
            f"kind left nodes of {context.name} behind: {context.engine.name} rm -f -v "
            + " ".join(node.name for node in left)
        )


def _check_machine(context: RunContext, spec: ClusterSpec) -> None:
    resources = preflight.read_host_resources(context.engine)
    result = preflight.check(resources, [node.role for node in spec.nodes])
    context.warnings.extend(result.warnings)
    if result.problems:
        raise MeshError("this machine cannot carry the cluster: " + "; ".join(result.problems))


def _create(
    context: RunContext, spec: ClusterSpec, config: dict[str, t.Any], lock: locks.Lock
) -> None:
    with _creation_slot(context):
        lock.note = locks.CREATING
        try:
            # Should this process be killed, the name stays locked until kind ends, too
            context.kind.create(config, context.timeout, [lock.descriptor])
            state_file.write_record(
                context.engine, state_file.state_node(spec), state_file.without_mirrors(spec)
            )
        except MeshError as exc:
            _roll_back(context, lock, exc)
            raise MeshError(f"{exc}\nThe unfinished cluster has been deleted.") from exc
        except BaseException as exc:
            _roll_back(context, lock, exc)
            raise
        lock.note = ""


def _roll_back(context: RunContext, lock: locks.Lock, reason: BaseException) -> None:
    try:
        context.kind.delete(context.name)
    except MeshError as exc:
        raise MeshError(
            f"{_engine_problem(context)}{reason}\nThe unfinished cluster could not be deleted ({exc}); the next run"
            f" deletes it, or: kind delete cluster --name {context.name}"
        ) from exc
    lock.note = ""


def _engine_problem(context: RunContext) -> str:
    """Return the problem of a stopped engine, which explains all that failed."""
    try:
        context.engine.information()
    except MeshError as exc:
        return f"{exc}\n"
    return ""


@contextlib.contextmanager
def _creation_slot(context: RunContext) -> t.Iterator[None]:
    """Wait for a slot to make a cluster in: each needs a core or more while it starts."""
    if context.engine.name == "podman":
        # Two processes cannot make the network at once
        with locks.hold("podman-network", context.timeout):
            if context.engine.network() is None:
                yield
                return
    slots = max(2, os.cpu_count() or 2)
    with locks.hold_any([f"create-{number}" for number in range(slots)], context.timeout):
        yield
