# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import Discovery

GROUPS = {
    "metallb.io": ["metallb.io/v1beta1", "metallb.io/v1beta2"],
    "down.io": ["down.io/v1"],
    "bare.io": ["bare.io/v1"],
}
PREFERRED = {
    "metallb.io": "metallb.io/v1beta2",
    "down.io": "down.io/v1",
    "bare.io": "bare.io/v1",
}
KINDS = {
    "/api/v1": ["Pod"],
    "/apis/metallb.io/v1beta1": ["IPAddressPool", "BGPPeer"],
    "/apis/metallb.io/v1beta2": ["BGPPeer"],
    "/apis/bare.io/v1": ["Pod"],
}


class Server:
    def request(self, _what: str, _method: str, path: str) -> dict[str, t.Any] | None:
        if path == "/apis":
            return {
                "groups": [
                    {
                        "versions": [{"groupVersion": version} for version in versions],
                        "preferredVersion": {"groupVersion": PREFERRED[name]},
                    }
                    for name, versions in GROUPS.items()
                ]
            }
        if path == "/apis/down.io/v1":
            raise MeshError("the server is currently unable to handle the request")
        return {
            "resources": [
                {"name": f"{kind.lower()}s", "kind": kind, "namespaced": True}
                for kind in KINDS[path]
            ]
        }


def test_every_kind_once_also_those_that_the_preferred_version_lacks() -> None:
    found = Discovery("east", Server().request).all()
    assert [(resource.api_version, resource.kind) for resource in found] == [
        ("v1", "Pod"),
        ("metallb.io/v1beta2", "BGPPeer"),
        ("metallb.io/v1beta1", "IPAddressPool"),
        ("bare.io/v1", "Pod"),
    ]


def test_every_kind_is_found_once_and_in_its_place(fake_api):
    paths = {resource.kind: resource.path("sample", "x") for resource in fake_api.discovery.all()}
    assert paths["Pod"] == "/api/v1/namespaces/sample/pods/x"
    assert paths["Deployment"] == "/apis/apps/v1/namespaces/sample/deployments/x"
    assert paths["Node"] == "/api/v1/nodes/x"
    asked = len(fake_api.calls)
    fake_api.discovery.all()
    assert len(fake_api.calls) == asked


def test_a_group_whose_server_is_down_is_left_out(fake_api):
    def fail(_method, path):
        if path == "/apis/apps/v1":
            raise MeshError("service unavailable")

    fake_api.before = fail
    assert "Deployment" not in {resource.kind for resource in fake_api.discovery.all()}


def test_an_unknown_kind_is_an_error_of_its_own(fake_api):
    with pytest.raises(NotFound, match=r"east knows no Mystery of example\.com/v1"):
        fake_api.discovery.path(
            {"apiVersion": "example.com/v1", "kind": "Mystery", "metadata": {"name": "x"}}
        )
