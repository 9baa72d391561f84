# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of contexts, as Ansible reads it, of API servers that answer over HTTP."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

pytest.importorskip("kubernetes")

INVENTORY = (sys.executable, str(Path(sys.executable).with_name("ansible-inventory")))

ANSWERS: dict[str, t.Any] = {
    "/version": {"gitVersion": "v1.34.0"},
    "/api/v1": {"resources": [{"name": "nodes", "kind": "Node", "namespaced": False}]},
    "/apis": {"groups": []},
    "/api/v1/nodes": {
        "items": [{"metadata": {"name": "a", "labels": {"topology.kubernetes.io/region": "r1"}}}]
    },
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        answer = ANSWERS.get(self.path.partition("?")[0])
        self.send_response(200 if answer else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {}).encode())

    def log_message(self, *_arguments: t.Any) -> None:
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.asked = []
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def silent():
    """A port at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


class Inventory:
    """A directory with a kubeconfig and an inventory of its contexts."""

    def __init__(self, directory) -> None:
        self.directory = directory

    def write(self, ports, **options) -> None:
        config = {
            "contexts": [{"name": n, "context": {"cluster": n, "user": "u"}} for n in ports],
            "clusters": [
                {"name": n, "cluster": {"server": f"http://127.0.0.1:{p}"}}
                for n, p in ports.items()
            ],
            "users": [{"name": "u", "user": {"token": "secret"}}],
        }
        kubeconfig = self.directory / "config"
        kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
        options = {
            "plugin": "eastwest.mesh.contexts",
            "kubeconfig": str(kubeconfig),
            "timeout": 2,
            **options,
        }
        (self.directory / "contexts.yml").write_text(yaml.safe_dump(options), encoding="utf-8")

    def read(self, *options: str) -> Listing:
        done = subprocess.run(
            [*INVENTORY, "--list", "-i", str(self.directory / "contexts.yml"), *options],
            env={**os.environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true", "COLUMNS": "9999"},
            capture_output=True,
            text=True,
            check=False,
        )
        return Listing(done.returncode, " ".join(done.stderr.split()), done.stdout)


def unmarked(value: t.Any) -> t.Any:
    """Return a value without the marks of strings that are no templates."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe") or {k: unmarked(v) for k, v in value.items()}
    return [unmarked(each) for each in value] if isinstance(value, list) else value


@dataclass
class Listing:
    """What ansible-inventory printed."""

    returncode: int
    stderr: str
    stdout: str

    def host(self, name: str) -> dict[str, t.Any]:
        return unmarked(json.loads(self.stdout)["_meta"]["hostvars"][name])

    def group(self, name: str) -> list[str]:
        return json.loads(self.stdout)[name]["hosts"]


@pytest.fixture
def inventory(tmp_path):
    return Inventory(tmp_path)


def test_a_context_becomes_a_host_of_the_labs(inventory, server):
    inventory.write(
        {"admin@east": server.server_port},
        names={"admin@east": "east"},
        keyed_groups=[{"prefix": "region", "key": "context_region"}],
    )
    listing = inventory.read()
    east = listing.host("east")
    assert east["context_region"] == "r1"
    assert east["context_kubernetes_version"] == "v1.34.0"
    assert east["context_reachable"] is True
    assert east["mesh_provider"] == "existing"
    assert east["mesh_context"] == "admin@east"
    assert listing.group("clusters") == listing.group("region_r1") == ["east"]
    assert "secret" not in listing.stdout
    assert listing.stderr == ""


def test_a_context_that_does_not_answer_takes_no_part(inventory, server, silent):
    inventory.write({"east": server.server_port, "west": silent})
    listing = inventory.read()
    assert listing.group("clusters") == ["east"]
    assert listing.group("unreachable_contexts") == ["west"]
    west = listing.host("west")
    assert west["context_reachable"] is False
    assert f"127.0.0.1:{silent} does not answer" in west["context_error"]
    assert west["context_error"] in listing.stderr


def test_a_context_that_does_not_answer_may_be_an_error(inventory, server, silent):
    inventory.write({"east": server.server_port, "west": silent}, unreachable="fail")
    listing = inventory.read()
    assert listing.returncode != 0
    assert "cluster west: the API at" in listing.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"contexts": ["nort*"]}, "no context matches 'nort*'; the kubeconfig has east"),
        ({"kubeconfig": "/nowhere"}, "kubeconfig: /nowhere does not exist"),
    ],
)
def test_mistakes_are_named(inventory, server, options, said):
    inventory.write({"east": server.server_port}, **options)
    listing = inventory.read()
    assert listing.returncode != 0
    assert said in listing.stderr


def test_what_is_malformed_is_named_and_the_others_go_on(inventory, server):
    inventory.write({"east": server.server_port})
    kubeconfig = inventory.directory / "config"
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    config["contexts"] = [
        {},
        None,
        *config["contexts"],
        {"name": "null", "context": None},
        {"name": "lost", "context": {"cluster": "nowhere", "user": "u"}},
    ]
    config["users"] = [{"user": {}}, {"name": "u", "user": {"tokenFile": "token"}}]
    kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
    (inventory.directory / "token").write_text("secret", encoding="utf-8")
    listing = inventory.read()
    assert listing.group("clusters") == ["east"]
    assert listing.group("unreachable_contexts") == ["lost", "null"]
    assert "the cluster 'nowhere', which is not there; the" in listing.host("lost")["context_error"]
    assert "names no cluster; the clusters are east" in listing.host("null")["context_error"]
    for entry in ("1 of contexts", "2 of contexts", "1 of users"):
        said = f"kubeconfig: entry {entry} in {kubeconfig} has no name and is left out"
        assert said in listing.stderr


def test_contexts_that_are_no_list_are_named(inventory, server):
    inventory.write({"east": server.server_port})
    (inventory.directory / "config").write_text("contexts: foo\n", encoding="utf-8")
    listing = inventory.read()
    assert listing.returncode != 0
    assert f"contexts of {inventory.directory / 'config'} must be a list, it is a str" in (
        listing.stderr
    )


def test_the_cache_saves_the_questions(inventory, server, silent, tmp_path):
    cache = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    inventory.write({"east": server.server_port, "west": silent}, **cache)
    first = inventory.read().host("east")
    asked = len(server.asked)
    assert inventory.read().host("east") == first
    assert len(server.asked) == asked
    # a cluster that did not answer is asked again, one whose server moved too, and all without the cache
    inventory.write({"east": server.server_port, "west": server.server_port}, **cache)
    assert inventory.read().host("west")["context_reachable"] is True
    assert len(server.asked) == 2 * asked
    inventory.write({"east": silent, "west": server.server_port}, **cache)
    assert inventory.read().host("east")["context_reachable"] is False
    inventory.read("--flush-cache")
    assert len(server.asked) == 3 * asked


def test_what_a_cluster_says_is_no_template(inventory, server, monkeypatch):
    monkeypatch.setitem(ANSWERS, "/version", {"gitVersion": "{{ 6 * 7 }}"})
    inventory.write({"east": server.server_port})
    variables = json.loads(inventory.read().stdout)["_meta"]["hostvars"]["east"]
    assert variables["context_kubernetes_version"] == {"__ansible_unsafe": "{{ 6 * 7 }}"}
