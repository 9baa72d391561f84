# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils.kubernetes import readiness


def made(kind, spec=None, status=None, generation=1, **rest):
    metadata = {"name": "web", "generation": generation}
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, "status": status, **rest}


def conditions(**values):
    return {"conditions": [{"type": name, **value} for name, value in values.items()]}


TRUE = {"status": "True"}
ROLLED_OUT = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    ("obj", "lack"),
    [
        (made("Deployment", {"replicas": 2}, ROLLED_OUT), ""),
        (made("Deployment", {"replicas": 2}, ROLLED_OUT, generation=2), "not seen"),
        (made("Deployment", {"replicas": 3}, ROLLED_OUT), "2 of 3 pods updated"),
        (
            made("Deployment", {"replicas": 2}, ROLLED_OUT | {"availableReplicas": 1}),
            "1 of 2 pods available",
        ),
        (made("Deployment", {"replicas": 2}, ROLLED_OUT | {"replicas": 3}), "1 old pods left"),
        (made("Deployment", {"replicas": 1}), "not seen"),
        (made("Deployment", {"replicas": 0}, {"observedGeneration": 1}), ""),
        (
            made("StatefulSet", {}, {"observedGeneration": 1, "updatedReplicas": 1}),
            "0 of 1 pods ready",
        ),
        (
            made(
                "DaemonSet",
                {},
                {
                    "observedGeneration": 1,
                    "desiredNumberScheduled": 3,
                    "updatedNumberScheduled": 3,
                    "numberReady": 2,
                },
            ),
            "2 of 3 pods ready",
        ),
        (made("Job", {}, conditions(Complete=TRUE)), ""),
        (made("Job", {}, {}), "not complete"),
        (made("Service", {"type": "ClusterIP"}), ""),
        (made("Service", {"type": "LoadBalancer"}, {"loadBalancer": {}}), "no load balancer"),
        (
            made("Service", {"type": "LoadBalancer"}, {"loadBalancer": {"ingress": [{"ip": "1"}]}}),
            "",
        ),
        (made("CustomResourceDefinition", {}, conditions(Established=TRUE)), ""),
        (made("CustomResourceDefinition", {}, None), "not established"),
        (made("Secret", type="Opaque"), ""),
        (made("Secret", type="kubernetes.io/service-account-token", data={}), "no token"),
        (made("Secret", type="kubernetes.io/service-account-token", data={"token": "x"}), ""),
        (made("Namespace", {}, {"phase": "Active"}), ""),
        (made("Namespace", {}, {"phase": "Terminating"}), "being deleted"),
        (made("Istio", {}, {"observedGeneration": 1} | conditions(Ready=TRUE)), ""),
        (made("Istio", {}, {"observedGeneration": 1} | conditions(Ready=TRUE), 2), "not seen"),
        (
            made(
                "IstioCNI", {}, conditions(Ready={"status": "False", "reason": "A", "message": "b"})
            ),
            "not ready: A: b",
        ),
        (made("Istio"), "not ready"),
        (made("ConfigMap"), ""),
    ],
)
def test_what_an_object_lacks(obj, lack):
    found = readiness.lacks(obj)
    assert found.startswith(lack) if lack else found == ""


def test_kinds_that_become_ready_are_watched():
    assert readiness.is_watched(made("Deployment"))
    assert not readiness.is_watched(made("ConfigMap"))
