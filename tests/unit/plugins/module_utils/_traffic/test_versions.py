# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.versions import versions

CLIENT = PodRef("sleep", "sleep-1")


class FakeCluster:
    """Has nodes of some versions, and a sidecar that says something."""

    def __init__(self, said, *kubelets):
        self._said = said
        self._kubelets = kubelets

    def objects(self, kind):
        assert kind == "Node"
        return [{"status": {"nodeInfo": {"kubeletVersion": each}}} for each in self._kubelets]

    def admin(self, pod, method, path):
        assert (pod, method, path) == (CLIENT, "GET", "/server_info")
        if isinstance(self._said, Exception):
            raise self._said
        return self._said


def test_everything_is_known():
    said = {
        "version": "0123abc/1.39.1/Clean/RELEASE/BoringSSL",
        "node": {"metadata": {"ISTIO_VERSION": "1.31.0"}},
    }
    cluster = FakeCluster(json.dumps(said), "v1.36.1", "v1.35.4", "v1.36.1")
    assert versions(cluster, CLIENT) == {
        "Istio": "1.31.0",
        "Envoy": "1.39.1",
        "Kubernetes": "1.35.4, 1.36.1",
    }


@pytest.mark.parametrize(
    "said", ["{}", "", "[]", '{"version": 3}', '{"node": {"metadata": 1}}', MeshError("gone")]
)
def test_what_is_unknown_is_left_out(said):
    assert versions(FakeCluster(said), CLIENT) == {}
