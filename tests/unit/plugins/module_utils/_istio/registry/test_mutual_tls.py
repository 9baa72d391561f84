# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which endpoints a DestinationRule's TLS mode makes reachable by mTLS."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)


@pytest.mark.parametrize(
    ("wanted", "sidecar", "mtls"),
    [
        (None, True, False),
        (None, False, False),
        # a rule's mode stands above PeerAuthentications, but a pod without a sidecar has no mTLS
        (True, True, True),
        (True, False, False),
        (False, True, False),
    ],
)
def test_the_mode_of_a_rule(k8s, wanted, sidecar, mtls):
    off = {"mtls": {"mode": "DISABLE"}}
    objects = [
        k8s.service("hello"),
        k8s.pod("hello-1", labels={"app": "hello"}, sidecar=sidecar),
        k8s.obj("PeerAuthentication", "off", "sample", spec=off),
    ]
    view = PushContext.of([ClusterState("east", objects)], "east")
    (service,) = view.services.all
    (endpoint,) = view.endpoints.of(service, 5000, wanted)
    assert endpoint.mtls is mtls
