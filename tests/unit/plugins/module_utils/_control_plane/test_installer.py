# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane import (
    installer,
    root_config_map,
)

READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
CERTIFICATES = {"root-cert.pem": "cm9vdA==", "ca-key.pem": "a2V5"}
ISTIOD = "/apis/apps/v1/namespaces/istio-system/deployments/istiod"
CONFIG_MAP = "/api/v1/namespaces/istio-system/configmaps/istio"
CACERTS = "/api/v1/namespaces/istio-system/secrets/cacerts"
RESTARTED = "kubectl.kubernetes.io/restartedAt"


class Istioctl:
    """Makes what istioctl makes, as far as it is looked at."""

    def __init__(self, api):
        self.api = api
        self.installed = []
        self.image = "istio/pilot:1"

    def __call__(self, operator, timeout):
        self.installed.append(operator)
        old = self.api.objects.get(ISTIOD, {})
        self.api.add(
            "apps/v1",
            "Deployment",
            "istiod",
            "istio-system",
            metadata={
                "generation": 1,
                "labels": {
                    "install.operator.istio.io/owning-resource": operator["metadata"]["name"]
                },
                "annotations": dict((old.get("metadata") or {}).get("annotations") or {}),
            },
            spec=deployment_spec("istiod", self.image),
            status=READY,
        )
        self.api.add("v1", "ConfigMap", "istio", "istio-system", data={"mesh": "a: b"})


def deployment_spec(name, image):
    return {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {}, "spec": {"containers": [{"image": image}]}},
    }


def spec(**changes):
    values = {
        "owner": "eastwest-lab",
        "version": "1.31.0",
        "namespace": "istio-system",
        "spec": {"profile": "minimal"},
        "take_over": False,
        "timeout": 10,
    }
    return installer.ControlPlaneSpec(**(values | changes))


@pytest.fixture
def cluster(fake_api):
    fake_api.add("v1", "Secret", "cacerts", "istio-system", data=dict(CERTIFICATES))
    return fake_api


@pytest.fixture
def istioctl(cluster):
    return Istioctl(cluster)


def ensure(cluster, istioctl, check=False, **changes):
    return installer.ensure(cluster, spec(**changes), istioctl, check=check)


def istiod(cluster):
    return cluster.objects[ISTIOD]


def test_a_second_run_does_nothing(cluster, istioctl):
    assert ensure(cluster, istioctl).actions == ["install Istio 1.31.0"]
    assert ensure(cluster, istioctl).actions == []
    assert len(istioctl.installed) == 1
    assert istioctl.installed[0]["spec"] == {"profile": "minimal", "namespace": "istio-system"}


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"version": "1.32.0"}, "upgrade Istio from 1.31.0 to 1.32.0"),
        ({"spec": {"profile": "default"}}, "reconfigure Istio 1.31.0"),
    ],
)
def test_another_spec_runs_istioctl_again(cluster, istioctl, changes, action):
    ensure(cluster, istioctl)
    result = ensure(cluster, istioctl, **changes)
    assert result.actions == [action]
    assert json.loads(result.before)["version"] == "1.31.0"
    assert ensure(cluster, istioctl, **changes).actions == []


def test_settings_that_somebody_changed_are_repaired(cluster, istioctl):
    ensure(cluster, istioctl)
    cluster.objects[CONFIG_MAP]["data"]["mesh"] = "a: c"
    assert ensure(cluster, istioctl).actions[0].startswith("repair Istio 1.31.0")
    assert ensure(cluster, istioctl).actions == []


def test_another_number_of_pods_is_nothing_to_repair(cluster, istioctl):
    ensure(cluster, istioctl)
    istiod(cluster)["spec"]["replicas"] = 2
    istiod(cluster)["status"] = dict.fromkeys(READY, 2)
    assert ensure(cluster, istioctl).actions == []


def test_check_mode_installs_nothing(cluster, istioctl):
    assert ensure(cluster, istioctl, check=True).actions == ["install Istio 1.31.0"]
    assert istioctl.installed == []


def proxied(cluster, name, labels):
    cluster.add(
        "apps/v1",
        "Deployment",
        name,
        "sample",
        metadata={"labels": labels},
        spec=deployment_spec(name, "web"),
    )
    containers = [{"name": "web"}, {"name": "istio-proxy"}]
    pod = {"labels": {"app": name}}
    cluster.add("v1", "Pod", f"{name}-1", "sample", metadata=pod, spec={"containers": containers})


def write_root(cluster, namespace):
    """What istiod does in every namespace."""
    secret = cluster.objects[CACERTS]
    root = base64.b64decode(secret["data"]["root-cert.pem"]).decode()
    cluster.add("v1", "ConfigMap", "istio-ca-root-cert", namespace, data={"root-cert.pem": root})


@pytest.mark.parametrize(
    ("certificates", "take_over", "restarted"),
    [
        ({"ca-key.pem": "b3RoZXI="}, False, ["istiod"]),
        ({"root-cert.pem": "b3RoZXI="}, False, ["istiod", "sample/ours"]),
        ({"root-cert.pem": "b3RoZXI="}, True, ["istiod", "sample/ours", "sample/theirs"]),
    ],
)
def test_what_is_restarted_for_another_ca(cluster, istioctl, certificates, take_over, restarted):
    proxied(cluster, "ours", {"eastwest.mesh/lab": "lab"})
    proxied(cluster, "theirs", {})
    cluster.add("apps/v1", "Deployment", "plain", "sample", spec=deployment_spec("plain", "web"))
    ensure(cluster, istioctl)
    cluster.objects[CACERTS]["data"].update(certificates)
    write_root(cluster, "sample")
    result = ensure(cluster, istioctl, take_over=take_over)
    assert result.actions == ["restart istiod, because its CA has changed"]
    assert sorted(result.restarted) == sorted(restarted)
    marked = [
        obj["metadata"]["name"]
        for obj in cluster.objects.values()
        if RESTARTED
        in obj.get("spec", {}).get("template", {}).get("metadata", {}).get("annotations", {})
    ]
    assert sorted(marked) == sorted(name.rpartition("/")[2] for name in restarted)
    assert ensure(cluster, istioctl, take_over=take_over).actions == []


@pytest.fixture
def new_root(cluster, istioctl, fake_time, monkeypatch):
    """A namespace that has the old root still, and a pod with a certificate of it."""
    monkeypatch.setattr(root_config_map, "time", fake_time)
    proxied(cluster, "ours", {"eastwest.mesh/lab": "lab"})
    ensure(cluster, istioctl)
    write_root(cluster, "sample")
    secret = cluster.objects[CACERTS]
    secret["data"]["root-cert.pem"] = "b3RoZXI="


def test_workloads_are_restarted_when_their_namespace_has_the_new_root(
    cluster, istioctl, new_root, fake_time
):
    restarted = []

    def watch(method, path):
        if fake_time.now >= 3:
            write_root(cluster, "sample")
        if method == "PATCH" and path.endswith("/ours"):
            restarted.append(fake_time.now)

    cluster.before = watch
    ensure(cluster, istioctl)
    assert restarted == [pytest.approx(3, abs=0.5)]


def test_workloads_keep_what_they_have_while_their_namespace_has_the_old_root(
    cluster, istioctl, new_root
):
    with pytest.raises(MeshError, match=r"east: after 10 s .* istio-ca-root-cert of sample"):
        ensure(cluster, istioctl)
    assert ("PATCH", "/apis/apps/v1/namespaces/sample/deployments/ours") not in cluster.calls


def test_a_foreign_control_plane_is_left_alone(cluster, istioctl):
    istioctl({"metadata": {"name": "somebody"}}, 10)
    with pytest.raises(InvalidInput, match=r"did not install .*istio/pilot:1, made by somebody"):
        ensure(cluster, istioctl)
    assert len(istioctl.installed) == 1
    assert ensure(cluster, istioctl, take_over=True).actions == ["reconfigure Istio 1.31.0"]


def test_a_run_that_was_killed_before_it_took_notes_is_taken_up(cluster, istioctl):
    ensure(cluster, istioctl)
    istiod(cluster)["metadata"]["annotations"].clear()
    assert ensure(cluster, istioctl).actions == ["reconfigure Istio 1.31.0"]
    assert ensure(cluster, istioctl).actions == []


def test_the_error_says_what_the_pods_lack(cluster):
    def fail(_operator, _timeout):
        Istioctl(cluster)({"metadata": {"name": "eastwest-lab"}}, 10)
        waiting = {"reason": "ErrImagePull", "message": "no such host"}
        cluster.add(
            "v1",
            "Pod",
            "istiod-1",
            "istio-system",
            metadata={"labels": {"app": "istiod"}},
            spec={
                "nodeName": "node7",
                "containers": [{"name": "discovery", "image": "nowhere/pilot:1"}],
            },
            status={"containerStatuses": [{"name": "discovery", "state": {"waiting": waiting}}]},
        )
        raise MeshError("istioctl install failed: a lot of text")

    with pytest.raises(MeshError) as caught:
        installer.ensure(cluster, spec(), fail, check=False)
    message = str(caught.value)
    assert "node7" in message and "nowhere/pilot:1" in message and "ErrImagePull" in message
    assert "a lot of text" not in message


def test_an_error_of_istioctl_itself_is_passed_on(cluster):
    def fail(_operator, _timeout):
        raise MeshError("istioctl install failed: unknown field")

    with pytest.raises(MeshError, match="cluster east: istioctl install failed: unknown field"):
        installer.ensure(cluster, spec(), fail, check=False)


@pytest.mark.parametrize(
    ("revision", "name"), [("", "istiod"), ("default", "istiod"), ("canary", "istiod-canary")]
)
def test_a_revision_has_its_own_deployment(revision, name):
    assert spec(spec={"revision": revision}).ref.deployment == name
