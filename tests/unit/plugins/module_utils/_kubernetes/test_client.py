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
    NotFound,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import client as api_module
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import client_library
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api


class Refusal(Exception):
    """As the library raises it for an answer that is an error."""

    def __init__(self, status: int, message: str | None) -> None:
        super().__init__(f"({status})")
        self.status = status
        self.body = json.dumps({"message": message}).encode() if message else b"oops\n"


class Server:
    """Stands in for both of the library's interfaces; answers what it is told, in turn."""

    def __init__(self, *answers: t.Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[t.Any, ...]] = []

    def __getattr__(self, name: str) -> t.Callable[..., t.Any]:
        def call(*arguments: t.Any, **options: t.Any) -> t.Any:
            assert options.pop("_preload_content") is False
            assert options.pop("_request_timeout")
            self.calls.append((name, *arguments, options))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return types.SimpleNamespace(status=200, data=json.dumps(answer).encode())

        return call


@pytest.fixture
def api(monkeypatch):
    def make(*answers: t.Any) -> tuple[Api, Server]:
        server = Server(*answers)
        for interface in ("core_api", "custom_api"):
            monkeypatch.setattr(client_library, interface, lambda _client: server)
        monkeypatch.setattr(client_library, "any_call", lambda _client: None)
        monkeypatch.setattr(client_library, "new_client", lambda client: client)
        client = types.SimpleNamespace(configuration=types.SimpleNamespace(host="https://a:6443"))
        return Api("east", client), server

    return make


def items(*names: str, more: str | None = None) -> dict[str, t.Any]:
    metadata = {"continue": more} if more else {}
    return {"items": [{"metadata": {"name": name}} for name in names], "metadata": metadata}


@pytest.mark.parametrize(
    ("kind", "namespace", "call"),
    [
        ("Pod", None, ("list_pod_for_all_namespaces",)),
        ("Pod", "sample", ("list_namespaced_pod", "sample")),
        ("ConfigMap", "sample", ("list_namespaced_config_map", "sample")),
        ("Node", None, ("list_node",)),
        # a namespace means nothing to it
        ("Namespace", "sample", ("list_namespace",)),
        ("Deployment", None, ("list_cluster_custom_object", "apps", "v1", "deployments")),
        (
            "DestinationRule",
            "sample",
            (
                *("list_namespaced_custom_object", "networking.istio.io", "v1", "sample"),
                "destinationrules",
            ),
        ),
        (
            "IPAddressPool",
            None,
            ("list_cluster_custom_object", "metallb.io", "v1beta1", "ipaddresspools"),
        ),
    ],
)
def test_each_kind_has_its_place(api, kind, namespace, call):
    cluster, server = api(items("a"))
    assert cluster.find_all(kind, namespace)[0]["metadata"]["name"] == "a"
    assert server.calls[0][:-1] == call


def test_the_library_knows_every_place(api):
    core = pytest.importorskip("kubernetes").client.CoreV1Api
    custom = pytest.importorskip("kubernetes").client.CustomObjectsApi
    for kind in ("ConfigMap", "Endpoints", "Event", "Namespace", "Node", "Pod", "Secret"):
        for namespace in (None, "a"):
            cluster, server = api(items())
            cluster.find_all(kind, namespace)
            assert hasattr(core, server.calls[0][0])
    for namespace in (None, "a"):
        cluster, server = api(items())
        cluster.find_all("Gateway", namespace)
        assert hasattr(custom, server.calls[0][0])


def test_items_say_what_they_are(api):
    cluster, _server = api(items("a"))
    (deployment,) = cluster.find_all("Deployment")
    assert (deployment["apiVersion"], deployment["kind"]) == ("apps/v1", "Deployment")
    cluster, _server = api({"items": [{"apiVersion": "v1", "kind": "Pod"}]})
    assert cluster.find_all("Pod") == [{"apiVersion": "v1", "kind": "Pod"}]


def test_all_pages_are_read(api):
    cluster, server = api(items("a", "b", more="next"), items("c"))
    assert [each["metadata"]["name"] for each in cluster.find_all("Pod", "x", "app=a")] == [
        *("a", "b", "c")
    ]
    assert [call[-1].get("_continue") for call in server.calls] == [None, "next"]
    assert {call[-1]["label_selector"] for call in server.calls} == {"app=a"}


def test_a_kind_that_is_not_installed_has_no_objects(api):
    cluster, server = api(*[Refusal(404, "not found")] * 3)
    assert cluster.find_all("ServiceEntry") == []
    assert [call[2] for call in server.calls] == ["v1", "v1beta1", "v1alpha3"]


def test_an_older_version_is_found_and_remembered(api):
    cluster, server = api(Refusal(404, "not found"), items("a"), items("a"))
    for _time in range(2):
        assert cluster.find_all("Gateway")[0]["apiVersion"] == "networking.istio.io/v1beta1"
    assert [call[2] for call in server.calls] == ["v1", "v1beta1", "v1beta1"]


def test_an_unknown_kind_is_refused(api):
    with pytest.raises(NotSupported, match="kind Foo"):
        api()[0].find_all("Foo")


def test_one_object_is_read(api):
    cluster, server = api({"kind": "Deployment"})
    assert cluster.get("Deployment", "sample", "a") == {"kind": "Deployment"}
    name, *arguments, _options = server.calls[0]
    assert name == "get_namespaced_custom_object"
    assert arguments == ["apps", "v1", "sample", "deployments", "a"]


def test_an_object_that_is_missing_is_named(api):
    cluster, _server = api(Refusal(404, "not found"))
    with pytest.raises(NotFound, match="cluster east: there is no Pod 'a' in namespace 'sample'"):
        cluster.get("Pod", "sample", "a")


def test_deleting_what_is_gone_is_no_error(api):
    cluster, server = api({}, Refusal(404, "not found"))
    cluster.delete_pod("sample", "a")
    cluster.delete_pod("sample", "a")
    assert [call[:3] for call in server.calls] == [("delete_namespaced_pod", "a", "sample")] * 2


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
    monkeypatch.setattr(api_module, "time", fake_time)
    cluster, server = api(failure, failure, items("a"))
    assert len(cluster.find_all("Pod")) == 1
    assert len(server.calls) == 3


def test_the_patience_with_an_overloaded_server_ends(api, fake_time, monkeypatch):
    monkeypatch.setattr(api_module, "time", fake_time)
    cluster, _server = api(*[Refusal(500, "etcdserver: request timed out")] * 100)
    with pytest.raises(MeshError, match="cannot list Pod: 500 etcdserver: request timed out"):
        cluster.find_all("Pod")
    assert fake_time.now == pytest.approx(30, abs=1)


@pytest.mark.parametrize("found", [True, False])
def test_scaling_changes_a_number_and_nothing_else(api, monkeypatch, found):
    made, _server = api()
    calls = []

    def request(what, method, path, **options):
        calls.append((method, path, options["body"], options["content_type"]))
        return {} if found else None

    monkeypatch.setattr(made, "request", request)
    if found:
        made.scale("sample", "web", 0)
    else:
        with pytest.raises(NotFound, match="no Deployment 'web' in namespace 'sample'"):
            made.scale("sample", "web", 0)
    path = "/apis/apps/v1/namespaces/sample/deployments/web"
    body = {"spec": {"replicas": 0}}
    assert calls == [("PATCH", path, body, "application/merge-patch+json")]


def test_a_log_is_read(api):
    made, server = api()
    line = b"503 UF \xff\n"

    def read(*_arguments: t.Any, **options: t.Any) -> t.Any:
        assert options["container"] == "istio-proxy"
        assert options["tail_lines"] == 7
        return types.SimpleNamespace(status=200, data=line)

    server.read_namespaced_pod_log = read
    assert made.log("sample", "web-1", "istio-proxy", 7) == "503 UF \ufffd\n"


def test_a_log_that_may_not_be_read_says_so(api):
    made, _server = api(Refusal(403, "pods/log is forbidden"))
    with pytest.raises(MeshError, match="may not read the log of istio-proxy of Pod sample/web-1"):
        made.log("sample", "web-1", "istio-proxy", 7)


def test_the_log_of_a_pod_that_is_gone_is_empty(api):
    made, _server = api(Refusal(404, "gone"))
    assert made.log("sample", "web-1", "istio-proxy", 7) == ""
