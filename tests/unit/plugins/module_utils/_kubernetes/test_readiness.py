# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import readiness


def made(kind, spec=None, status=None, generation=1, **rest):
    metadata = {"name": "web", "generation": generation}
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, "status": status, **rest}


def conditions(**values):
    return {"conditions": [{"type": name, **value} for name, value in values.items()]}


TRUE = {"status": "True"}
FALSE = {"status": "False", "reason": "A", "message": "b"}
UNKNOWN = {"status": "Unknown", "reason": "C", "message": "d"}
SEEN = {"observedGeneration": 1}
OPERATED = ("Reconciled", "DependenciesHealthy", "Ready")
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
        (made("IstioCNI", {}, SEEN | conditions(Ready=FALSE)), "not ready: A: b"),
        # as the operator leaves it while it tries again: only one of the two says why
        (made("Istio", {}, SEEN | conditions(Ready=UNKNOWN, Reconciled=FALSE)), "not ready: A: b"),
        (
            made("Istio", {}, SEEN | conditions(Reconciled=TRUE, Ready=FALSE)),
            "not ready: A: b",
        ),
        (
            made("Istio", {}, SEEN | conditions(Ready=TRUE, DependenciesHealthy=FALSE)),
            "not ready: A: b",
        ),
        (
            made("Istio", {}, SEEN | conditions(**dict.fromkeys(OPERATED, TRUE))),
            "",
        ),
        (made("Istio", {}, SEEN), "not ready"),
        (made("Istio"), "not seen by its controller: does the Sail operator run"),
        (made("IstioRevision", {}, SEEN | conditions(Ready=TRUE), 2), "not seen"),
        (made("ConfigMap"), ""),
    ],
)
def test_what_an_object_lacks(obj, lack):
    found = readiness.not_ready_reason(obj)
    assert found.startswith(lack) if lack else found == ""


def test_kinds_that_become_ready_are_watched():
    assert readiness.is_watched(made("Deployment"))
    assert not readiness.is_watched(made("ConfigMap"))


@pytest.mark.parametrize(
    ("obj", "seconds"),
    [
        # a Deployment is given all the time there is, whatever it looks like
        (made("Deployment"), math.inf),
        (made("Istio"), 60),
        (made("Istio", {}, SEEN | conditions(Reconciled=FALSE), 2), 60),
        (made("Istio", {}, SEEN | conditions(Reconciled=FALSE)), 20),
        (made("IstioCNI", {}, SEEN | conditions(Reconciled=TRUE, Ready=FALSE)), math.inf),
        (made("IstioCNI", {}, SEEN), math.inf),
    ],
)
def test_how_long_a_bad_look_is_borne(obj, seconds):
    assert readiness.grace_period(obj) == seconds
