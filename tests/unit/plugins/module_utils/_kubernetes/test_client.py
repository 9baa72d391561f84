# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import types
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotAllowed,
    NotFound,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    client as client_module,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import client_library
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)


class Refusal(Exception):
    """As the library raises it for an answer that is an error."""

    def __init__(self, status: int, message: str | None) -> None:
        super().__init__(f"({status})")
        self.status = status
        self.body = json.dumps({"message": message}).encode() if message else b"oops\n"


API_GROUPS = {
    "apps": ["v1"],
    "networking.istio.io": ["v1", "v1beta1", "v1alpha3"],
    "metallb.io": ["v1beta2", "v1beta1"],
}
RESOURCES = {
    "/api/v1": {
        "Pod": "pods",
        "ConfigMap": "configmaps",
        "Node": "nodes",
        "Namespace": "namespaces",
    },
    "/apis/apps/v1": {"Deployment": "deployments"},
    "/apis/networking.istio.io/v1": {"DestinationRule": "destinationrules"},
    "/apis/networking.istio.io/v1beta1": {"DestinationRule": "destinationrules"},
    "/apis/networking.istio.io/v1alpha3": {"EnvoyFilter": "envoyfilters"},
    "/apis/metallb.io/v1beta2": {"BGPPeer": "bgppeers"},
    "/apis/metallb.io/v1beta1": {"IPAddressPool": "ipaddresspools"},
}


class Server:
    """An API server that serves discovery, and answers other requests in turn."""

    def __init__(self, *answers: t.Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, str, dict[str, t.Any]]] = []
        self.groups = API_GROUPS

    def __call__(self, method: str, path: str, **options: t.Any) -> t.Any:
        assert options.pop("_request_timeout") == (10, 60)
        answer = self.discovery(path)
        if answer is None:
            self.calls.append((method, path, {**options, "query": dict(options["query_params"])}))
            answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return types.SimpleNamespace(status=200, data=data)

    def discovery(self, path: str) -> dict[str, t.Any] | None:
        if path == "/apis":
            versions = {
                group: [{"groupVersion": f"{group}/{version}"} for version in versions]
                for group, versions in self.groups.items()
            }
            return {
                "groups": [
                    {"versions": listed, "preferredVersion": listed[0]}
                    for listed in versions.values()
                ]
            }
        if path in RESOURCES:
            resources = [
                {"kind": kind, "name": name, "namespaced": kind not in ("Node", "Namespace")}
                for kind, name in RESOURCES[path].items()
            ]
            return {"resources": resources}
        return None


@pytest.fixture
def api(monkeypatch):
    def make(*answers: t.Any) -> tuple[KubernetesClient, Server]:
        server = Server(*answers)
        monkeypatch.setattr(client_library, "request_function", lambda _client: server)
        monkeypatch.setattr(client_library, "exec_function", lambda _client: None)
        library_client = types.SimpleNamespace(
            configuration=types.SimpleNamespace(host="https://a:6443")
        )
        return KubernetesClient("east", library_client), server

    return make


def items(*names: str, more: str | None = None) -> dict[str, t.Any]:
    metadata = {"continue": more} if more else {}
    return {"items": [{"metadata": {"name": name}} for name in names], "metadata": metadata}


@pytest.mark.parametrize(
    ("kind", "namespace", "path"),
    [
        ("Pod", None, "/api/v1/pods"),
        ("Pod", "sample", "/api/v1/namespaces/sample/pods"),
        ("ConfigMap", "sample", "/api/v1/namespaces/sample/configmaps"),
        ("Node", None, "/api/v1/nodes"),
        # It is not namespaced
        ("Namespace", "sample", "/api/v1/namespaces"),
        ("Deployment", None, "/apis/apps/v1/deployments"),
        (
            "DestinationRule",
            "sample",
            "/apis/networking.istio.io/v1/namespaces/sample/destinationrules",
        ),
        # Versions that are not the group's preferred one
        ("EnvoyFilter", None, "/apis/networking.istio.io/v1alpha3/envoyfilters"),
        ("IPAddressPool", None, "/apis/metallb.io/v1beta1/ipaddresspools"),
    ],
)
def test_a_kind_is_listed_under_the_path_that_the_server_serves(api, kind, namespace, path):
    cluster, server = api(items("a"), items("b"))
    assert cluster.find_all(kind, namespace)[0]["metadata"]["name"] == "a"
    assert cluster.find_all(kind, namespace)[0]["metadata"]["name"] == "b"
    assert [call[:2] for call in server.calls] == [("GET", path)] * 2


def test_items_say_what_they_are(api):
    cluster, _server = api(items("a"))
    (deployment,) = cluster.find_all("Deployment")
    assert (deployment["apiVersion"], deployment["kind"]) == ("apps/v1", "Deployment")
    cluster, _server = api({"items": [{"apiVersion": "v1", "kind": "Pod"}]})
    assert cluster.find_all("Pod") == [{"apiVersion": "v1", "kind": "Pod"}]


def test_all_pages_are_read(api):
    cluster, server = api(items("a", "b", more="next"), items("c"))
    found = cluster.find_all("Pod", "x", "app=a", "spec.nodeName=n")
    assert [each["metadata"]["name"] for each in found] == ["a", "b", "c"]
    query = {"limit": 500, "labelSelector": "app=a", "fieldSelector": "spec.nodeName=n"}
    assert [call[2]["query"] for call in server.calls] == [query, {**query, "continue": "next"}]


@pytest.mark.parametrize("groups", [{}, {"networking.istio.io": ["v1alpha3"]}])
def test_a_kind_that_is_not_installed_has_no_objects(api, groups):
    cluster, server = api()
    server.groups = groups
    assert cluster.find_all("DestinationRule") == []
    assert cluster.find("DestinationRule", "sample", "a") is None
    assert server.calls == []


def test_a_kind_that_is_removed_while_it_is_listed_has_no_objects(api):
    assert api(Refusal(404, "not found"))[0].find_all("DestinationRule") == []


def test_an_older_server_is_read_in_its_version(api):
    cluster, server = api(items("a"))
    server.groups = {"networking.istio.io": ["v1beta1", "v1alpha3"]}
    (rule,) = cluster.find_all("DestinationRule")
    assert rule["apiVersion"] == "networking.istio.io/v1beta1"


def test_an_unknown_kind_is_refused(api):
    with pytest.raises(NotSupported, match="kind Foo"):
        api()[0].find_all("Foo")


def test_one_object_is_read(api):
    cluster, server = api({"kind": "Deployment"})
    assert cluster.get("Deployment", "sample", "a") == {"kind": "Deployment"}
    path = "/apis/apps/v1/namespaces/sample/deployments/a"
    assert [call[:2] for call in server.calls] == [("GET", path)]


def test_an_object_that_is_missing_is_named(api):
    cluster, _server = api(Refusal(404, "not found"))
    with pytest.raises(NotFound, match="cluster east: there is no Pod 'a' in namespace 'sample'"):
        cluster.get("Pod", "sample", "a")


def test_deleting_what_is_gone_is_no_error(api):
    cluster, server = api({}, Refusal(404, "not found"))
    cluster.delete_pod("sample", "a")
    cluster.delete_pod("sample", "a")
    path = "/api/v1/namespaces/sample/pods/a"
    assert [call[:2] for call in server.calls] == [("DELETE", path)] * 2


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            Refusal(403, 'pods is forbidden: User "x" cannot list resource "pods"'),
            'may not list Pod: 403 pods is forbidden: User "x" cannot list resource "pods"',
        ),
        (Refusal(401, "Unauthorized"), "401 Unauthorized: the credentials are not valid"),
        (Refusal(503, None), "cannot list Pod: 503 oops"),
        (OSError(111, "refused"), "the API at https://a:6443 does not answer: [Errno 111] refused"),
    ],
)
def test_a_refusal_is_told(api, failure, said):
    with pytest.raises(MeshError) as raised:
        api(failure)[0].find_all("Pod")
    assert str(raised.value).startswith("cluster east: ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "failure",
    [
        Refusal(500, "etcdserver: request timed out"),
        Refusal(504, "Timeout: request did not complete within requested timeout - context"),
        Refusal(429, "try again later"),
    ],
)
def test_an_overloaded_server_is_asked_again(api, fake_time, monkeypatch, failure):
    monkeypatch.setattr(client_module, "time", fake_time)
    cluster, server = api(failure, failure, items("a"))
    assert len(cluster.find_all("Pod")) == 1
    assert len(server.calls) == 3


def test_the_patience_with_an_overloaded_server_ends(api, fake_time, monkeypatch):
    monkeypatch.setattr(client_module, "time", fake_time)
    cluster, _server = api(*[Refusal(500, "etcdserver: request timed out")] * 100)
    with pytest.raises(MeshError, match="cannot list Pod: 500 etcdserver: request timed out"):
        cluster.find_all("Pod")
    assert fake_time.now == pytest.approx(30, abs=1)


@pytest.mark.parametrize("found", [True, False])
def test_a_patch_changes_the_given_fields(api, found):
    cluster, server = api({} if found else Refusal(404, "not found"))
    body = {"spec": {"replicas": 0}}
    if found:
        cluster.patch("Deployment", "sample", "web", body)
    else:
        with pytest.raises(NotFound, match="no Deployment 'web' in namespace 'sample'"):
            cluster.patch("Deployment", "sample", "web", body)
    ((method, path, options),) = server.calls
    assert (method, path) == ("PATCH", "/apis/apps/v1/namespaces/sample/deployments/web")
    assert options["body"] == body
    assert options["content_type"] == "application/merge-patch+json"
    assert options["query"] == {"fieldManager": "eastwest.mesh-lab"}


def test_a_log_is_read(api):
    cluster, server = api(b"503 UF \xff\n")
    assert cluster.log("sample", "web-1", "istio-proxy", 7) == "503 UF \ufffd\n"
    ((_method, path, options),) = server.calls
    assert path == "/api/v1/namespaces/sample/pods/web-1/log"
    assert options["query"] == {"container": "istio-proxy", "tailLines": 7}


def test_a_log_that_may_not_be_read_says_so(api):
    made, _server = api(Refusal(403, "pods/log is forbidden"))
    with pytest.raises(NotAllowed, match="may not read the log of istio-proxy of Pod sample/web-1"):
        made.log("sample", "web-1", "istio-proxy", 7)


def test_the_log_of_a_pod_that_is_gone_is_empty(api):
    made, _server = api(Refusal(404, "gone"))
    assert made.log("sample", "web-1", "istio-proxy", 7) == ""


@pytest.mark.parametrize(
    ("name", "context", "expected"),
    [("east", "c", "east"), ("", "c", "c"), (None, None, "of the current context")],
)
def test_a_cluster_has_a_name_for_messages(api, monkeypatch, name, context, expected):
    api()
    given = []

    def load(kubeconfig, context):
        given.append((kubeconfig, context))
        return types.SimpleNamespace(configuration=types.SimpleNamespace(host="https://a:6443"))

    monkeypatch.setattr(client_library, "load_client", load)
    options = {"cluster": name, "kubeconfig": "/k", "context": context}
    assert client_module.client_for(options).name == expected
    assert given == [("/k", context)]
