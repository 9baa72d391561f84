# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods of a Deployment."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.injection import add_proxy

# Kubernetes' own: without vowels, so that no words result, and digits that look like letters
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_HASH_LENGTH = 10
_SUFFIX_LENGTH = 5
_NAME_LENGTH = 63


def template_hash(template: t.Mapping[str, t.Any]) -> str:
    text = json.dumps(template, sort_keys=True, default=str)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])
    digits = []
    for _unused in range(_HASH_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def replica_set(deployment: str, digest: str) -> str:
    return f"{deployment}-{digest}"


@dataclass(frozen=True, slots=True)
class Placement:
    """The properties of a pod that its template does not determine."""

    node: str
    address: str
    proxy: str
    created: str


def new_pod(
    deployment: KubernetesObject,
    digest: str,
    placement: Placement,
    *,
    cluster: str,
    network: str,
    source: random.Random,
) -> dict[str, t.Any]:
    parent = replica_set(name_of(deployment), digest)
    suffix = "".join(source.choices(_ALPHABET, k=_SUFFIX_LENGTH))
    name = f"{parent}-"[: _NAME_LENGTH - _SUFFIX_LENGTH] + suffix
    spec = copy.deepcopy(deployment["spec"]["template"]["spec"])
    pod: dict[str, t.Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **_metadata(deployment, digest, parent, placement.created)},
        "spec": {**spec, "nodeName": placement.node, "hostname": name},
        "status": {
            "phase": "Running",
            "podIP": placement.address,
            "podIPs": [{"ip": placement.address}],
            "startTime": placement.created,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    pod["spec"].setdefault("serviceAccountName", "default")
    if placement.proxy:
        add_proxy(
            pod, placement.proxy, workload=name_of(deployment), cluster=cluster, network=network
        )
    return pod


def _metadata(
    deployment: KubernetesObject, digest: str, parent: str, created: str
) -> dict[str, t.Any]:
    template = deployment["spec"]["template"].get("metadata") or {}
    return {
        "namespace": namespace_of(deployment),
        "labels": {**(template.get("labels") or {}), well_known.TEMPLATE_HASH: digest},
        "annotations": dict(template.get("annotations") or {}),
        "creationTimestamp": created,
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": parent, "controller": True}
        ],
    }
