# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completes and repairs a cluster that exists. Private to this collection."""

from __future__ import annotations

import contextlib
import time
import typing as t
from functools import partial

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import (
    images,
    kubeconfig,
    locks,
    mirrors,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.drift import label_changes
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.node_status import (
    Api,
    ApiDown,
    unready,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.run_context import RunContext
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec

POLL = 0.5
Nodes: t.TypeAlias = t.Sequence[Container]


def start_stopped_nodes(job: RunContext, containers: Nodes) -> bool:
    """Starts what stopped and says whether anything had."""
    stopped = [node for node in containers if not node.running]
    # workers look for the control plane when they start
    for node in sorted(stopped, key=lambda found: found.role == "worker"):
        job.changes.make(
            f"start {node.name}",
            partial(job.engine.revive, node),
            what=f"state of {node.name}",
            before=node.state,
            after="running",
        )
    return bool(stopped)


def set_mirrors(
    job: RunContext, before: mirrors.Mirrors, after: mirrors.Mirrors, nodes: t.Sequence[str]
) -> None:
    """Tells all nodes about the mirrors, and about those that are no more."""
    if before == after:
        return

    def write() -> None:
        for node in nodes:
            job.engine.write(node, mirrors.mirror_files(after))
            if removed := mirrors.removed_files(before, after):
                job.engine.execute(node, "rm", "-f", *removed)

    job.changes.make(
        "set registry mirrors", write, what="registry mirrors", before=before, after=after
    )


def load_images(job: RunContext, wanted: t.Sequence[str], nodes: t.Sequence[str]) -> None:
    """Loads the images into those nodes that lack them."""
    if not wanted:
        return
    local = images.local_images(job.engine, wanted)
    present = images.images_in(job.engine, nodes)
    missing = images.lacking({image: local.get(image, "") for image in wanted}, present)
    if not missing:
        return
    absent = [image for image in wanted if any(image in listed for listed in missing.values())]
    images.check_local(job.engine, absent, local)
    job.changes.make(
        f"load {', '.join(absent)} into {', '.join(missing)}",
        partial(job.kind.load_images, job.name, absent, list(missing)),
        what="images lacking",
        before=missing,
        after={},
    )


def connect(job: RunContext, nodes: Nodes) -> Api | None:
    """Mends the kubeconfig and waits until the nodes are well.

    Returns None when they are not and this is check mode.
    """
    context = kubeconfig.context_name(job.name)
    content = kubeconfig.read_kubeconfig(job.kubeconfig)
    own = kubeconfig.entries(content, job.name)
    with contextlib.suppress(ApiDown):
        if content and own:
            api = job.make_api(content, context)
            api.nodes()
            _close_kubeconfig(job)
            return _wait(job, api, nodes)
    right = job.kind.kubeconfig(job.name)
    if kubeconfig.entries(right, job.name) == own:
        _close_kubeconfig(job)
    else:
        job.changes.make(
            f"write {job.kubeconfig}",
            partial(_export, job),
            what="kubeconfig",
            before="other entries" if own else None,
            after=f"context {context} for {kubeconfig.server(right, job.name)}",
        )
    return _wait(job, job.make_api(right, context), nodes)


def set_labels(job: RunContext, api: Api, wish: ClusterSpec, recorded: ClusterSpec) -> None:
    """Sets the labels of nodes that differ from the wish."""
    present = api.nodes()
    before = {node.name: node.labels for node in recorded.nodes}
    for node in wish.nodes:
        if node.name not in present:
            continue
        labels = present[node.name].labels
        changes = label_changes(node, before.get(node.name, {}), labels)
        if changes:
            job.changes.make(
                f"label {node.name}",
                partial(api.label, node.name, changes),
                what=f"labels of {node.name}",
                before={key: labels.get(key) for key in changes},
                after=changes,
            )


def _export(job: RunContext) -> None:
    with locks.hold(locks.name_for_file(job.kubeconfig), job.timeout):
        kubeconfig.prepare_directory(job.kubeconfig)
        job.kind.export_kubeconfig(job.name, job.kubeconfig)
        kubeconfig.close(job.kubeconfig)


def _close_kubeconfig(job: RunContext) -> None:
    if kubeconfig.too_open(job.kubeconfig):
        job.changes.make(
            f"close {job.kubeconfig} to others",
            partial(kubeconfig.close, job.kubeconfig),
            what="mode of kubeconfig",
            before="open",
            after="0600",
        )


def _wait(job: RunContext, api: Api, nodes: Nodes) -> Api | None:
    deadline = time.monotonic() + job.timeout
    while True:
        try:
            found = api.nodes()
            problems = unready(found, nodes)
            if not problems or (not job.wait and len(found) >= len(nodes)):
                return api
        except ApiDown as exc:
            problems = [str(exc)]
        if job.changes.check:
            return None
        if time.monotonic() > deadline:
            raise LabBroken(_unwell(job, problems, nodes))
        time.sleep(POLL)


def _unwell(job: RunContext, problems: t.Sequence[str], nodes: Nodes) -> str:
    engine, said = job.engine.name, "; ".join(problems)
    # the first name is the control plane's, which is to blame for an API that does not answer
    look = next((node.name for node in nodes if f"{node.name} " in said), nodes[0].name)
    return (
        f"cluster {job.name} is not well after {job.timeout:.0f} s: {said}. "
        f"Look: {engine} exec {look} journalctl -u kubelet -n 50. "
        f"Restart: {engine} restart {look}. "
        f"Start over: kind delete cluster --name {job.name}"
    )
