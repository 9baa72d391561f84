#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: objects_ready
short_description: Wait until objects of a Kubernetes cluster are ready
version_added: 1.0.0
description:
  - Waits for Deployments, DaemonSets, StatefulSets, Jobs, the addresses of load balancers, tokens of service accounts,
    custom resource definitions and what the Sail operator makes (C(Istio), C(IstioCNI)), for all at the same time.
  - When the time is up, the error says what each of them lacks and why, with the image and the node of a pod that does not
    start.
  - M(eastwest.mesh.manifest) uses it on real clusters. There is nothing to wait for with O(provider=loopback).
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
attributes:
  check_mode:
    support: full
    details: Neither waits nor adds labels.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  objects:
    description: The objects, of which C(apiVersion), C(kind), C(metadata.name) and C(metadata.namespace) are read.
    type: list
    elements: dict
    required: true
  labels:
    description: Labels to add first to those of the objects that are listed in O(label).
    type: dict
    default: {}
  label:
    description: The objects that get the O(labels), by their positions in O(objects), from 0 on.
    type: list
    elements: int
    default: []
  proxies:
    description:
      - Whether to wait, too, until all proxies have acknowledged what istiod pushed.
      - Without the permission to query istiod, in O(istio_namespace), this waits two seconds instead.
    type: bool
    default: false
  istio_namespace:
    description: The namespace of the control plane.
    type: str
    default: istio-system
  wait_timeout:
    description: The longest time to wait, in seconds; V(0) does not wait.
    type: int
    default: 180
requirements:
  - kubernetes (Python package)
"""

EXAMPLES = r"""
---
- name: Wait for a Deployment and for the address of a Service
  eastwest.mesh.objects_ready:
    provider: existing
    kubeconfig: ~/.kube/config
    context: east
    objects:
      - apiVersion: apps/v1
        kind: Deployment
        metadata: {name: istio-eastwestgateway, namespace: istio-system}
      - apiVersion: v1
        kind: Service
        metadata: {name: istio-eastwestgateway, namespace: istio-system}
"""

RETURN = r"""
objects:
  description: The objects as they are when they are ready. The contents of Secrets are left out.
  returned: success
  type: list
  elements: dict
  sample: []
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    istiod_debug,
    readiness,
    waiter,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.api_errors import (
    describe_object,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import client_for


def run(module: AnsibleModule) -> list[dict[str, t.Any]]:
    params = module.params
    objects = params["objects"]
    for obj in objects:
        if not (obj.get("apiVersion") and obj.get("kind") and obj.get("metadata", {}).get("name")):
            raise InvalidInput(f"objects: {obj!r:.100} needs apiVersion, kind and metadata.name")
    if module.check_mode or params["provider"] == "loopback":
        return objects
    api = client_for(params)
    for place in params["label"]:
        path = api.discovery.path(objects[place])
        body = {"metadata": {"labels": params["labels"]}}
        api.merge_patch(f"label {describe_object(objects[place])}", path, body)
    watched = [obj for obj in objects if readiness.is_watched(obj)]
    if not params["wait_timeout"]:
        return objects
    ready = waiter.wait_ready(api, watched, params["wait_timeout"])
    if params["proxies"]:
        istiod_debug.wait_synced(api, params["istio_namespace"], params["wait_timeout"])
    by_name = {describe_object(obj): obj for obj in ready}
    return [by_name.get(describe_object(obj), obj) for obj in objects]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "objects": {"type": "list", "elements": "dict", "required": True},
            "labels": {"type": "dict", "default": {}},
            "label": {"type": "list", "elements": "int", "default": []},
            "proxies": {"type": "bool", "default": False},
            "istio_namespace": {"type": "str", "default": "istio-system"},
            "wait_timeout": {"type": "int", "default": 180},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    try:
        objects = run(module)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    for obj in objects:
        if obj["kind"] == "Secret":
            obj.pop("data", None)
            obj.pop("stringData", None)
    module.exit_json(changed=bool(module.params["label"]), objects=objects)


if __name__ == "__main__":
    main()
