# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import http.server
import json
import threading
import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import client_library
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

pytest.importorskip("kubernetes")

EAST = """
apiVersion: v1
kind: Config
clusters:
  - {name: kind-east, cluster: {server: "https://127.0.0.1:6443"}}
users:
  - {name: admin, user: {token: abc}}
contexts:
  - {name: east, context: {cluster: kind-east, user: admin}}
  - {name: another, context: {cluster: kind-east, user: admin}}
"""


@pytest.fixture
def kubeconfig(tmp_path):
    def write(text: str, name: str = "config") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_context_is_loaded(kubeconfig):
    client = client_library.load_client(kubeconfig(EAST), "east")
    assert client.configuration.host == "https://127.0.0.1:6443"


def test_a_context_is_loaded_from_a_content():
    client = client_library.load_client_from(yaml.safe_load(EAST), "east")
    assert client.configuration.host == "https://127.0.0.1:6443"
    assert client.configuration.retries is False
    with pytest.raises(InvalidInput, match="no usable context west"):
        client_library.load_client_from(yaml.safe_load(EAST), "west")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked for, or with an error."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        said = {
            "path": self.path,
            "method": self.command,
            "body": self.rfile.read(length).decode(),
            **{
                name: self.headers.get(name) for name in ("Authorization", "Content-Type", "Accept")
            },
        }
        status = 503 if self.path == "/overloaded" else 200
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"message": "full"} if status == 503 else said).encode())

    def do_PATCH(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: t.Any) -> None:
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


def test_the_library_sends_what_the_client_asks_for(server):
    content = yaml.safe_load(EAST.replace("https://127.0.0.1:6443", server))
    api = KubernetesClient("east", client_library.load_client_from(content, "east"))
    body = {"metadata": {"labels": {"a": None}}}
    said = api.request("x", "PATCH", "/api/v1/x", body=body, query={"a": "b c"}, accept="a/b")
    assert said == {
        "path": "/api/v1/x?a=b%20c",
        "method": "PATCH",
        "body": json.dumps(body),
        "Authorization": "Bearer abc",
        "Content-Type": "application/json",
        "Accept": "a/b",
    }
    with pytest.raises(MeshError, match="cluster east: cannot read a thing: 503 full"):
        api.request("read a thing", "GET", "/overloaded")


@pytest.mark.parametrize("current", ["", "current-context: east"])
def test_a_context_that_is_named_needs_no_current_one(kubeconfig, current):
    assert client_library.load_client(kubeconfig(EAST + current), "another")


def test_without_a_context_the_current_one_is_meant(kubeconfig):
    assert client_library.load_client(kubeconfig(EAST + "current-context: east"), None)


@pytest.mark.parametrize(
    ("text", "context", "said"),
    [
        (EAST, "west", "has no context 'west'; it has another, east"),
        (EAST, None, "has no current context; give one of another, east"),
        (EAST + "current-context: west", None, "has no context 'west'; it has another, east"),
        ("", None, "has no current context; give one of none"),
        ("{a: [}", None, "is not valid YAML"),
        ("[1]", None, "must be a mapping"),
        (EAST.replace("kind-east, user", "gone, user"), "east", "context 'east' of"),
    ],
)
def test_a_kubeconfig_that_does_not_do_is_explained(kubeconfig, text, context, said):
    path = kubeconfig(text)
    with pytest.raises(InvalidInput) as raised:
        client_library.load_client(path, context)
    assert said in str(raised.value)
    assert path in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="nowhere does not exist; give the path"):
        client_library.load_client(str(tmp_path / "nowhere"), None)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=f"kubeconfig: {tmp_path} cannot be read: .*directory"):
        client_library.load_client(str(tmp_path), None)


def test_without_an_option_the_environment_says_where(kubeconfig, monkeypatch, tmp_path):
    other = EAST.replace("east", "west").replace("another", "third")
    files = [str(tmp_path / "absent"), kubeconfig(EAST), kubeconfig(other, "second")]
    monkeypatch.setenv("KUBECONFIG", ":".join(files))
    assert client_library.load_client(None, "east")
    assert client_library.load_client(None, "west")
    with pytest.raises(InvalidInput, match="it has another, east, third, west"):
        client_library.load_client(None, "none")


def test_the_default_file_is_named_when_it_is_missing(monkeypatch, tmp_path):
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InvalidInput, match=r"config does not exist \(no kubeconfig was given\)"):
        client_library.load_client(None, None)


def test_a_missing_library_is_named_with_its_cure(monkeypatch):
    monkeypatch.setattr(
        client_library, "_IMPORT_ERROR", ImportError("No module named 'kubernetes'")
    )
    with pytest.raises(MeshError, match="-m pip install kubernetes"):
        client_library.load_client("/nowhere", None)
