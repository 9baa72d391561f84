# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import Resources

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
    name = "east"

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
    found = Resources(t.cast(t.Any, Server())).all()
    assert [(resource.api_version, resource.kind) for resource in found] == [
        ("v1", "Pod"),
        ("metallb.io/v1beta2", "BGPPeer"),
        ("metallb.io/v1beta1", "IPAddressPool"),
        ("bare.io/v1", "Pod"),
    ]
