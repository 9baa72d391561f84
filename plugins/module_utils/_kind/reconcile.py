# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Complete and repair an existing cluster."""

from __future__ import annotations

import time
import typing as t
from functools import partial

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import (
    images,
    kubeconfig,
    locks,
    mirrors,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.drift import label_changes
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.node_status import (
    read_nodes,
    unready,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.run_context import RunContext
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

POLL = 0.5
Nodes: t.TypeAlias = t.Sequence[Container]


def start_stopped_nodes(context: RunContext, containers: Nodes) -> bool:
    """Start stopped and paused nodes, and return whether there were any."""
    stopped = [node for node in containers if not node.running]
    # Workers look for the control plane when they start
    for node in sorted(stopped, key=lambda found: found.role == "worker"):
        context.changes.make(
            f"start {node.name}",
            partial(context.engine.start, node),
            what=f"state of {node.name}",
            before=node.state,
            after="running",
        )
    return bool(stopped)


def set_mirrors(
    context: RunContext, before: mirrors.Mirrors, after: mirrors.Mirrors, nodes: t.Sequence[str]
) -> None:
    """Write the mirrors into all nodes, and remove those that are no longer listed."""
    if before == after:
        return

    def write() -> None:
        for node in nodes:
            context.engine.write(node, mirrors.mirror_files(after))
            if removed := mirrors.removed_files(before, after):
                context.engine.execute(node, "rm", "-f", *removed)

    context.changes.make(
        "set registry mirrors", write, what="registry mirrors", before=before, after=after
    )


def load_images(context: RunContext, load: t.Sequence[str], nodes: t.Sequence[str]) -> None:
    """Load the images into the nodes that lack them."""
    if not load:
        return
    local = images.local_images(context.engine, load)
    present = images.images_in(context.engine, nodes)
    missing = images.missing_images({image: local.get(image, "") for image in load}, present)
    if not missing:
        return
    absent = [image for image in load if any(image in listed for listed in missing.values())]
    images.check_local(context.engine, absent, local)
    context.changes.make(
        f"load {', '.join(absent)} into {', '.join(missing)}",
        partial(context.kind.load_images, context.name, absent, list(missing)),
        what="images lacking",
        before=missing,
        after={},
    )


def connect(context: RunContext, nodes: Nodes) -> KubernetesClient | None:
    """Repair the kubeconfig, wait until the nodes are ready, and return a client.

    Return None in check mode where they are not ready.
    """
    name = kubeconfig.context_name(context.name)
    content = kubeconfig.read_kubeconfig(context.kubeconfig)
    own = kubeconfig.entries(content, context.name)
    if content and own and _answers(context, content, name):
        _restrict_kubeconfig(context)
        return _wait(context, context.make_client(content, name), nodes)
    right = context.kind.kubeconfig(context.name)
    if kubeconfig.entries(right, context.name) == own:
        _restrict_kubeconfig(context)
    else:
        context.changes.make(
            f"write {context.kubeconfig}",
            partial(_export, context),
            what="kubeconfig",
            before="other entries" if own else None,
            after=f"context {name} for {kubeconfig.server(right, context.name)}",
        )
    return _wait(context, context.make_client(right, name), nodes)


def _answers(context: RunContext, content: t.Mapping[str, t.Any], name: str) -> bool:
    try:
        read_nodes(context.make_client(content, name))
    except MeshError:
        return False
    return True


def set_labels(
    context: RunContext, client: KubernetesClient, spec: ClusterSpec, recorded: ClusterSpec
) -> None:
    """Set the labels of the nodes whose labels differ from the spec."""
    present = read_nodes(client)
    before = {node.name: node.labels for node in recorded.nodes}
    for node in spec.nodes:
        if node.name not in present:
            continue
        labels = present[node.name].labels
        changes = label_changes(node, before.get(node.name, {}), labels)
        if changes:
            context.changes.make(
                f"label {node.name}",
                partial(_set_labels, client, node.name, changes),
                what=f"labels of {node.name}",
                before={key: labels.get(key) for key in changes},
                after=changes,
            )


def _set_labels(client: KubernetesClient, node: str, changes: t.Mapping[str, str | None]) -> None:
    client.patch("Node", "", node, {"metadata": {"labels": changes}}, action="label")


def _export(context: RunContext) -> None:
    with locks.hold(locks.name_for_file(context.kubeconfig), context.timeout):
        kubeconfig.prepare_directory(context.kubeconfig)
        context.kind.export_kubeconfig(context.name, context.kubeconfig)
        kubeconfig.restrict(context.kubeconfig)


def _restrict_kubeconfig(context: RunContext) -> None:
    if kubeconfig.is_readable_by_others(context.kubeconfig):
        context.changes.make(
            f"close {context.kubeconfig} to others",
            partial(kubeconfig.restrict, context.kubeconfig),
            what="mode of kubeconfig",
            before="open",
            after="0600",
        )


def _wait(context: RunContext, client: KubernetesClient, nodes: Nodes) -> KubernetesClient | None:
    deadline = time.monotonic() + context.timeout
    while True:
        try:
            found = read_nodes(client)
            problems = unready(found, nodes)
            if not problems or (not context.wait and len(found) >= len(nodes)):
                return client
        except MeshError as exc:
            problems = [str(exc)]
        if context.changes.check:
            return None
        if time.monotonic() > deadline:
            raise LabBroken(_unready_message(context, problems, nodes))
        time.sleep(POLL)


def _unready_message(context: RunContext, problems: t.Sequence[str], nodes: Nodes) -> str:
    engine, text = context.engine.name, "; ".join(problems)
    # The first node is a control plane, the cause of an API that does not answer
    suspect = next((node.name for node in nodes if f"{node.name} " in text), nodes[0].name)
    return (
        f"cluster {context.name} is not ready after {context.timeout:.0f} s: {text}. "
        f"Look: {engine} exec {suspect} journalctl -u kubelet -n 50. "
        f"Restart: {engine} restart {suspect}. "
        f"Start over: kind delete cluster --name {context.name}"
    )
