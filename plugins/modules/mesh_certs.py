#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mesh_certs
short_description: Manage the certificate authorities of meshes
version_added: 1.0.0
description:
  - Manages a directory with a self-signed root, an intermediate CA for each cluster and
    optional certificates for workloads.
  - The root and the CAs may be existing ones, for example those of a company. Each chain is verified up to the root
    before any file changes, with the rules of OpenSSL, Istio and Envoy - validity, CA flag, path length, key usage,
    extended key usage and signature of every certificate.
  - Certificates are generated again only if they differ from the options or expire soon; RV(regenerated) has the reasons.
  - An existing root is never replaced unless O(force_root=true).
  - Private keys are PKCS#8 in PEM format. New files have mode 0600, new directories 0700,
    and each file is replaced atomically. Existing certificates may have any mode, keys only 0600 or less.
  - Several hosts may run the module on the same directory at the same time.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The diff shows subjects, fingerprints and validity, never a key.
  idempotent:
    support: full
requirements:
  - cryptography >= 43.0.0
options:
  state:
    description:
      - With V(present), the directory holds what the other options describe.
        Intermediates and workloads that they do not name stay as they are.
      - With V(absent), all files that this module writes are removed from O(directory), whatever the other
        options say, and the directories that are then empty. Other files stay.
    type: str
    choices: [present, absent]
    default: present
  directory:
    description:
      - The directory of the certificates. It is created if it is missing.
    type: path
    required: true
  root:
    description:
      - The root. An existing root is compared with the given suboptions only.
      - The key of an existing root may be missing if it has nothing to sign.
    type: dict
    suboptions:
      certificate:
        description:
          - A PEM file with an existing root, which is copied to C(root-cert.pem) in O(directory).
            A file C(root-cert.pem) that is already there is used without this option.
          - Either file may hold further roots. All of them stay and are trusted.
            The first one is the root of the directory, or the one whose key is C(root-key.pem).
        type: path
      organization:
        description:
          - The organization (O) of the subject. A new root gets V(Istio) by default.
        type: str
      common_name:
        description:
          - The common name (CN) of the subject. A new root gets V(Root CA) by default.
        type: str
      locality:
        description:
          - The locality (L) of the subject. A new root gets none by default.
        type: str
      key_type:
        description:
          - The type of the key. A new root gets V(ec) by default.
        type: str
        choices: [ec, rsa]
      key_size:
        description:
          - The size of the key in bits.
          - For V(ec) keys V(256) or V(384), which are the curves P-256 and P-384; a new key gets V(256).
          - For V(rsa) keys from V(2048) to V(4096); a new key gets V(4096).
        type: int
      days:
        description:
          - How long a new root is valid, V(3650) by default. An existing root is not compared with it.
        type: int
  issuer:
    description:
      - An existing CA below the root that signs the O(intermediates) in the root's place, so that the root's key is not
        needed.
    type: dict
    suboptions:
      certificate:
        description:
          - A PEM file with the CA and, if there are any, the CAs between it and the root.
        type: path
        required: true
      key:
        description:
          - The file of the CA's key.
        type: path
        required: true
  force_root:
    description:
      - Whether a root that is expired, expires soon or differs from O(root) is replaced.
      - The new root gets a new key, and all O(intermediates) and O(workloads) are generated again.
    type: bool
    default: false
  trust_bundle:
    description:
      - PEM files with further roots to trust, for meshes with different roots.
      - Each C(root-cert.pem) of a CA or workload holds these and the directory's roots, each once,
        in an order that depends on the certificates alone. The directory's root may be listed, too.
    type: list
    elements: path
    default: []
  intermediates:
    description:
      - The intermediate CAs, usually one a cluster.
      - Each gets a subdirectory of its name with the files C(ca-cert.pem), C(ca-key.pem), C(root-cert.pem) and
        C(cert-chain.pem), which are the keys of Istio's secret C(cacerts).
      - New ones may sign workloads only (path length 0), and never outlive their issuer.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name, usually that of the cluster.
        type: str
        required: true
      certificate:
        description:
          - A PEM file with an existing CA and, if there are any, the CAs between it and the root.
            The CA is used as it is; it needs O(intermediates[].key) and no other suboptions.
        type: path
      key:
        description:
          - The file of the existing CA's key.
        type: path
      organization:
        description:
          - The organization (O) of the subject, V(Istio) by default.
        type: str
      common_name:
        description:
          - The common name (CN) of the subject, V(Intermediate CA) by default.
        type: str
      locality:
        description:
          - The locality (L) of the subject, by default the O(intermediates[].name).
        type: str
      dns_names:
        description:
          - The alternative names, V([istiod.istio-system.svc]) by default.
        type: list
        elements: str
      key_type:
        description:
          - The type of the key, V(ec) by default.
        type: str
        choices: [ec, rsa]
      key_size:
        description:
          - The size of the key in bits, as in O(root.key_size).
        type: int
      days:
        description:
          - How long a new certificate is valid, by default O(root.days).
        type: int
  workloads:
    description:
      - Certificates for workloads, as istiod would issue them, with an EC P-256 key.
      - Each gets the subdirectory C(workloads/trust_domain/namespace/service_account) of its issuer, with the files
        C(cert-chain.pem), C(key.pem) and C(root-cert.pem).
    type: list
    elements: dict
    default: []
    suboptions:
      issuer:
        description:
          - The name of one of the O(intermediates).
        type: str
        required: true
      trust_domain:
        description:
          - The trust domain of the workload's mesh.
        type: str
        default: cluster.local
      namespace:
        description:
          - The namespace of the workload.
        type: str
        required: true
      service_account:
        description:
          - The service account of the workload.
        type: str
        default: default
      days:
        description:
          - How long a new certificate is valid. It never outlives its issuer.
        type: int
        default: 90
  renew_before:
    description:
      - How many days before its end a certificate is renewed, but never in the first two thirds of its life.
      - A certificate that ends with its issuer is not renewed, as a new one would not last longer.
    type: int
    default: 30
seealso:
  - name: Plug in CA certificates
    description: Istio's use of the secret C(cacerts).
    link: https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/
"""

EXAMPLES = r"""
---
- name: One root, an intermediate CA for each of two clusters
  eastwest.mesh.mesh_certs:
    directory: /srv/lab/trust
    intermediates:
      - name: east
      - name: west

- name: RSA throughout, as many companies ask for
  eastwest.mesh.mesh_certs:
    directory: /srv/lab/trust
    root:
      common_name: Lab root
      key_type: rsa
      key_size: 4096
    intermediates:
      - name: cluster1
        key_type: rsa
        key_size: 4096

- name: A company's CA below its root, whose key nobody has, signs the CA of each cluster
  eastwest.mesh.mesh_certs:
    directory: /srv/lab/trust
    root:
      certificate: /etc/pki/company/root.pem
    issuer:
      certificate: /etc/pki/company/issuing-ca.pem
      key: /etc/pki/company/issuing-ca.key
    intermediates:
      - name: east
      - name: west

- name: A company has issued the CA of a cluster
  eastwest.mesh.mesh_certs:
    directory: /srv/lab/trust
    root:
      certificate: /etc/pki/company/root.pem
    intermediates:
      - name: east
        # the CA, then the company's CAs between it and the root
        certificate: /etc/pki/company/mesh-east-chain.pem
        key: /etc/pki/company/mesh-east.key

- name: A mesh with its own root that trusts another mesh's root too
  eastwest.mesh.mesh_certs:
    directory: /srv/lab/trust/east-mesh
    intermediates:
      - name: east
    trust_bundle:
      - /srv/lab/trust/west-mesh/root-cert.pem

- name: A certificate for a workload
  eastwest.mesh.mesh_certs:
    directory: /srv/lab/trust
    intermediates:
      - name: east
    workloads:
      - issuer: east
        namespace: sample
        service_account: helloworld

- name: Remove everything again
  eastwest.mesh.mesh_certs:
    directory: /srv/lab/trust
    state: absent
"""

RETURN = r"""
regenerated:
  description: Each file that was written, with the reasons.
  returned: O(state=present)
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
    reasons:
      description: How the previous content differed.
      type: list
      elements: str
  sample:
    - path: /srv/lab/trust/east/ca-cert.pem
      reasons: ["its locality is 'east', not 'north'"]
root:
  description:
    - The root.
    - In check mode, RV(root.fingerprint) is null for a root that would be new.
  returned: O(state=present)
  type: dict
  contains:
    path:
      description: The file of the certificate.
      type: str
    key_path:
      description: The file of its key; null if the key of an existing root is elsewhere.
      type: str
    fingerprint:
      description: The SHA-256 fingerprint.
      type: str
    subject:
      description: The subject.
      type: str
    key_type:
      description: The type of the key.
      type: str
    key_size:
      description: The size of the key in bits.
      type: int
    not_before:
      description: When the certificate starts to be valid.
      type: str
    not_after:
      description: When the certificate ends to be valid.
      type: str
  sample:
    path: /srv/lab/trust/root-cert.pem
    key_path: /srv/lab/trust/root-key.pem
    fingerprint: "9B:1C:5E"
    subject: "CN=Root CA,O=Istio"
    key_type: ec
    key_size: 256
    not_before: "2026-01-01T00:00:00Z"
    not_after: "2035-12-30T00:00:00Z"
replaced_root:
  description: The root that was replaced, with the same keys as RV(root) but without paths; null if none was.
  returned: O(state=present)
  type: dict
trust_bundle:
  description: The roots to trust, with the same keys as RV(root) but without paths.
  returned: O(state=present)
  type: list
  elements: dict
intermediates:
  description:
    - The intermediate CAs in the order of the option.
    - Besides the keys of RV(root), each has its C(name), its C(directory), and the files C(chain_path) and C(root_path).
  returned: O(state=present)
  type: list
  elements: dict
workloads:
  description:
    - The workloads in the order of the option.
    - Besides the keys of RV(intermediates) each has its C(uri) and its C(issuer), but no name.
  returned: O(state=present)
  type: list
  elements: dict
removed:
  description: The files that were removed.
  returned: O(state=absent)
  type: list
  elements: str
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import directory
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.dependency import (
    require_cryptography,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.options import (
    read_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

CA_OPTIONS: dict[str, t.Any] = {
    "organization": {"type": "str"},
    "common_name": {"type": "str"},
    "locality": {"type": "str"},
    "key_type": {"type": "str", "choices": ["ec", "rsa"], "no_log": False},
    "key_size": {"type": "int", "no_log": False},
    "days": {"type": "int"},
}

ARGUMENT_SPEC: dict[str, t.Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "directory": {"type": "path", "required": True},
    "root": {"type": "dict", "options": {"certificate": {"type": "path"}, **CA_OPTIONS}},
    "issuer": {
        "type": "dict",
        "options": {
            "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True, "no_log": False},
        },
    },
    "force_root": {"type": "bool", "default": False},
    "trust_bundle": {"type": "list", "elements": "path", "default": []},
    "intermediates": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "dns_names": {"type": "list", "elements": "str"},
            "certificate": {"type": "path"},
            "key": {"type": "path", "no_log": False},
            **CA_OPTIONS,
        },
    },
    "workloads": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "issuer": {"type": "str", "required": True},
            "trust_domain": {"type": "str", "default": "cluster.local"},
            "namespace": {"type": "str", "required": True},
            "service_account": {"type": "str", "default": "default"},
            "days": {"type": "int", "default": 90},
        },
    },
    "renew_before": {"type": "int", "default": 30},
}


def run(module: AnsibleModule) -> dict[str, t.Any]:
    if module.params["state"] == "absent":
        return directory.absent(Path(module.params["directory"]), check_mode=module.check_mode)
    require_cryptography()
    return directory.present(read_options(module.params), check_mode=module.check_mode)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
