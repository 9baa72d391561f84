#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: istio_control_plane
short_description: Install, upgrade or repair Istio's control plane with istioctl
version_added: 1.0.0
description:
  - Runs C(istioctl install) where the control plane is missing, has another version or other settings, or was changed by
    something else. Otherwise only the API is read, and no istioctl is needed.
  - Waits until the control plane is ready. When it does not become ready, the error names the cause in its pods.
  - Records what was installed in annotations of istiod's Deployment.
  - istiod reads the Secret C(cacerts) when it starts. When that has changed since, istiod is restarted; with another root
    the workloads whose proxies hold a certificate of the old one are, too, as soon as istiod has written the new root into
    their namespaces.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  version:
    description: Istio's version. Charts are part of istioctl, so this is the version of istioctl, too.
    type: str
    required: true
  namespace:
    description: The namespace of the control plane. It must exist when it needs labels or the Secret C(cacerts).
    type: str
    default: istio-system
  spec:
    description: The C(spec) of an IstioOperator, as istioctl knows it.
    type: dict
    default: {}
  istioctl:
    description:
      - The program, which must be of O(version).
      - Without it the one in E(PATH) is used when it is of O(version), else it is downloaded.
    type: path
  url:
    description:
      - Where to download istioctl, an archive that holds it, or the program.
      - C({version}), C({system}) (V(linux), V(osx)) and C({machine}) (V(amd64), V(arm64)) are replaced.
      - The default is Istio's releases.
    type: str
  checksum:
    description:
      - The SHA-256 checksum of what is downloaded.
      - Without it the one that is published beside it counts, at the same URL with C(.sha256).
    type: str
  cache_directory:
    description: The directory that keeps the downloaded program.
    type: path
    default: ~/.cache/eastwest.mesh
  wait_timeout:
    description: The longest time to wait for the control plane, in seconds.
    type: int
    default: 300
notes:
  - With O(provider=existing) a control plane that was not installed for the same O(lab_directory) is never touched.
requirements:
  - kubernetes (Python package)
seealso:
  - name: IstioOperator
    description: The fields of O(spec).
    link: https://istio.io/latest/docs/reference/config/istio.operator.v1alpha1/
"""

EXAMPLES = r"""
---
- name: Install a control plane
  eastwest.mesh.istio_control_plane:
    provider: existing
    kubeconfig: ~/.kube/config
    context: east
    version: 1.31.0
    spec:
      profile: minimal
      meshConfig:
        trustDomain: east.local
      values:
        global:
          meshID: east-mesh
          network: east-network
"""

RETURN = r"""
actions:
  description: The actions, or in check mode those that would follow.
  returned: always
  type: list
  elements: str
  sample: [install Istio 1.31.0]
restarted:
  description: The workloads that were restarted because their CA or root had changed.
  returned: always
  type: list
  elements: str
  sample: [istiod, sample/helloworld-zone1]
"""

import json
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane import (
    installer,
    istioctl,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane.istioctl_download import (
    Release,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import client_for
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import (
    istioctl_owner,
    lab_name,
)


def fetch(url: str) -> bytes:
    try:
        with open_url(url, timeout=60, follow_redirects="all") as answer:
            return answer.read()
    # The library passes on the errors of its parts
    except Exception as exc:
        raise MeshError(
            f"{url} cannot be downloaded: {exc}; give the path of an istioctl, or another url"
        ) from exc


def make_installer(params: t.Mapping[str, t.Any]) -> installer.Install:
    """Return a function that finds istioctl when it is needed."""
    release = Release(params["version"], params["url"] or "", params["checksum"] or "")

    def install(operator: dict[str, t.Any], timeout: int) -> None:
        cache = Path(params["cache_directory"])
        program = istioctl.find(params["istioctl"], release, cache, fetch)
        cluster = istioctl.Istioctl(program, params["kubeconfig"], params["context"])
        cluster.install(operator, timeout)

    return install


def run(module: AnsibleModule) -> installer.ControlPlaneResult:
    params = module.params
    if params["provider"] == "loopback":
        raise InvalidInput(
            "provider: loopback has no control plane to install; choose kind or existing"
        )
    kubeconfig = params["kubeconfig"]
    spec = installer.ControlPlaneSpec(
        owner=istioctl_owner(lab_name(params["lab_directory"])),
        version=params["version"],
        namespace=params["namespace"],
        spec=params["spec"],
        take_over=params["provider"] == "kind",
        timeout=params["wait_timeout"],
    )
    if module.check_mode and kubeconfig and not Path(kubeconfig).exists():
        # Check mode has not made the cluster
        return installer.ControlPlaneResult(actions=[f"install Istio {spec.version}"])
    return installer.ensure(
        client_for(params), spec, make_installer(params), check=module.check_mode
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "version": {"type": "str", "required": True},
            "namespace": {"type": "str", "default": "istio-system"},
            "spec": {"type": "dict", "default": {}},
            "istioctl": {"type": "path"},
            "url": {"type": "str"},
            "checksum": {"type": "str"},
            "cache_directory": {"type": "path", "default": "~/.cache/eastwest.mesh"},
            "wait_timeout": {"type": "int", "default": 300},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    after = {"version": module.params["version"], "spec": module.params["spec"]}
    module.exit_json(
        changed=bool(result.actions),
        actions=result.actions,
        restarted=result.restarted,
        diff={
            "before": json.loads(result.before) if result.before else {},
            "after": after if result.actions else json.loads(result.before or "{}"),
        },
    )


if __name__ == "__main__":
    main()
