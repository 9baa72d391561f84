# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the permissions of a cluster's user before anything is changed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True, slots=True)
class Permission:
    """A verb on a resource, in the whole cluster."""

    verb: str
    group: str
    resource: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f".{self.group}" if self.group else "")


# For every lab
REQUIRED = (
    Permission("create", "", "namespaces"),
    Permission("create", "apps", "deployments"),
    Permission("create", "", "services"),
    Permission("create", "", "secrets"),
    Permission("create", "", "pods/exec"),
    Permission("create", "networking.istio.io", "destinationrules"),
    Permission("list", "", "nodes"),
)
LABEL_NODES = (Permission("patch", "", "nodes"),)


def check(api: KubernetesClient, permissions: t.Iterable[Permission]) -> None:
    """Raise MeshError that names the permissions that the user lacks."""
    missing = [str(permission) for permission in permissions if not _is_allowed(api, permission)]
    if missing:
        raise MeshError(
            f"cluster {api.name}: {_user(api)} lacks these permissions: {', '.join(missing)}."
            " Use a context whose user has them, or have a ClusterRole with them bound to it"
        )


def _is_allowed(api: KubernetesClient, permission: Permission) -> bool:
    resource, _slash, subresource = permission.resource.partition("/")
    attributes = {
        "verb": permission.verb,
        "group": permission.group,
        "resource": resource,
        **({"subresource": subresource} if subresource else {}),
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = api.request("ask what is allowed", "POST", _REVIEWS, body=review) or {}
    return bool((answer.get("status") or {}).get("allowed"))


def _user(api: KubernetesClient) -> str:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = api.request("ask who this is", "POST", _WHOAMI, body=review) or {}
        return f"user {answer['status']['userInfo']['username']}"
    except (MeshError, KeyError):
        return "the user of the context"
