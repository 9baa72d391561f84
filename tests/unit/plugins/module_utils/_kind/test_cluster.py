# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole course, on an engine, a kind and an API that keep their state in memory."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import cluster, locks, state_file
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.networks import Network
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.process import Interrupted
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.run_context import (
    Changes,
    RunContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import parse_spec

OPTIONS: dict[str, t.Any] = {
    "name": "east",
    "pod_subnet": "10.10.0.0/16",
    "nodes": [{"region": "east", "zone": "zone1"}],
}
ALL = ["east-control-plane", "east-worker"]
ZONE, SUBZONE = "topology.kubernetes.io/zone", "topology.istio.io/subzone"
CURL = "curl:1"


@dataclass
class World:
    """A machine with one cluster, or none."""

    containers: dict[str, Container] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    images: dict[str, set[str]] = field(default_factory=dict)
    local: set[str] = field(default_factory=lambda: {CURL})
    port: int = 1000
    ready: bool = True
    calls: list[str] = field(default_factory=list)
    fail: dict[str, BaseException] = field(default_factory=dict)

    def call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fail:
            raise self.fail.pop(name)

    def kubeconfig(self) -> dict[str, t.Any]:
        server = {"server": f"https://127.0.0.1:{self.port}"}
        return {
            "clusters": [{"name": "kind-east", "cluster": server}],
            "users": [{"name": "kind-east", "user": {"token": str(self.port)}}],
            "contexts": [{"name": "kind-east", "context": {"cluster": "kind-east"}}],
        }


class FakeEngine:
    name = "docker"

    def __init__(self, world: World) -> None:
        self.world = world

    def containers(self, cluster: str) -> list[Container]:
        return sorted(self.world.containers.values(), key=lambda node: node.name)

    def network(self) -> Network:
        return Network("kind", ("172.18.0.0/16",), ("172.18.0.1",))

    def images(self, names: t.Sequence[str]) -> list[dict[str, t.Any]]:
        return [
            {"Id": f"sha256:{name}", "RepoTags": [name]}
            for name in names
            if name in self.world.local
        ]

    def information(self) -> dict[str, t.Any]:
        if "info" in self.world.fail:
            raise self.world.fail.pop("info")
        return {}

    def start(self, container: Container) -> None:
        self.world.call(f"start {container.name}")
        self.world.containers[container.name] = replace(container, state="running")

    def execute(self, container: str, *command: str) -> str:
        if command[0] == "rm":
            for path in command[2:]:
                del self.world.files[container, path]
            return ""
        assert command[0] == "ctr"
        return "\n".join(self.world.images[container])

    def read(self, container: str, path: str) -> bytes | None:
        text = self.world.files.get((container, path))
        return None if text is None else text.encode()

    def write(self, container: str, files: t.Mapping[str, str]) -> None:
        self.world.call(f"write {container}")
        for path, text in files.items():
            self.world.files[container, path] = text


class FakeKind:
    def __init__(self, world: World) -> None:
        self.world = world

    def check_version(self) -> None:
        self.world.call("check version")

    def create(
        self, config: t.Mapping[str, t.Any], timeout: float, descriptors: t.Sequence[int] = ()
    ) -> None:
        assert locks.directory().joinpath("docker-east").read_text() == locks.CREATING
        assert descriptors, "kind has to hold the lock, too"
        world = self.world
        for number, node in enumerate(config["nodes"]):
            name = f"east-{node['role']}"
            world.containers[name] = Container(
                name, node["role"], "running", addresses=(f"172.18.0.{number + 2}",)
            )
            world.labels[name] = dict(node.get("labels", {}))
            world.images[name] = set()
        world.port += 1
        world.call("create")

    def delete(self, name: str, kubeconfig: str | None = None) -> None:
        self.world.call("delete")
        self.world.containers.clear()
        self.world.files.clear()
        if kubeconfig:
            Path(kubeconfig).write_text("contexts: []\n")

    def kubeconfig(self, name: str) -> dict[str, t.Any]:
        return self.world.kubeconfig()

    def export_kubeconfig(self, name: str, path: str) -> None:
        self.world.call("export kubeconfig")
        Path(path).write_text(yaml.safe_dump(self.world.kubeconfig()))

    def load_images(self, name: str, images: t.Sequence[str], nodes: t.Sequence[str]) -> None:
        self.world.call(f"load {','.join(images)} into {','.join(nodes)}")
        for node in nodes:
            self.world.images[node] |= {f"docker.io/library/{image}" for image in images}
            self.world.images[node] |= {f"sha256:{image}" for image in images}


class FakeClient:
    def __init__(self, world: World, content: t.Mapping[str, t.Any], context: str) -> None:
        self.world = world
        self.server = content["clusters"][0]["cluster"]["server"]
        assert context == "kind-east"

    def find_all(self, kind: str) -> list[dict[str, t.Any]]:
        assert kind == "Node"
        if self.server != f"https://127.0.0.1:{self.world.port}":
            raise MeshError("the API does not answer")
        return [
            {
                "metadata": {"name": name, "labels": dict(self.world.labels[name])},
                "status": {
                    "addresses": [
                        {"type": "InternalIP", "address": address}
                        for address in container.addresses
                    ],
                    "conditions": [
                        {
                            "type": "Ready",
                            "status": str(self.world.ready and container.running),
                            "message": "no network",
                        }
                    ],
                },
            }
            for name, container in self.world.containers.items()
        ]

    def patch(self, kind: str, namespace: str, node: str, body: t.Any, *, action: str) -> None:
        assert (kind, namespace, action) == ("Node", "", "label")
        self.world.call(f"label {node}")
        for key, value in body["metadata"]["labels"].items():
            if value is None:
                del self.world.labels[node][key]
            else:
                self.world.labels[node][key] = value


@dataclass
class Lab:
    """Runs the module's functions on a world."""

    world: World
    path: Path

    def job(self, *, check: bool = False, **settings: t.Any) -> RunContext:
        return RunContext(
            name="east",
            kubeconfig=str(self.path),
            engine=t.cast(t.Any, FakeEngine(self.world)),
            kind=t.cast(t.Any, FakeKind(self.world)),
            changes=Changes(check=check),
            make_client=t.cast(t.Any, lambda content, name: FakeClient(self.world, content, name)),
            **{"timeout": 0, "preflight": False, **settings},
        )

    def ensure(self, images: t.Sequence[str] = (), **changes: t.Any) -> dict[str, t.Any]:
        settings = {key: changes.pop(key) for key in ("check", "force", "wait") if key in changes}
        self.world.calls.clear()
        return cluster.ensure(self.job(**settings), parse_spec(OPTIONS | changes), images)

    def remove(
        self, *, check: bool = False, owner: str | None = None, **settings: t.Any
    ) -> dict[str, t.Any]:
        self.world.calls.clear()
        return cluster.remove(self.job(check=check, **settings), owner)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(World(), tmp_path / "clusters" / "east" / "kubeconfig")


@pytest.fixture
def up(lab: Lab) -> Lab:
    lab.ensure([CURL])
    return lab


def test_create(lab: Lab, lock_directory: Path) -> None:
    result = lab.ensure([CURL])
    assert result["actions"] == [
        "create cluster east",
        "load curl:1 into east-control-plane, east-worker",
        f"write {lab.path}",
    ]
    assert result["changed"]
    assert result["context"] == "kind-east"
    assert result["internal_api"] == "https://172.18.0.2:6443"
    assert [node["locality"] for node in result["nodes"]] == ["", "east/zone1"]
    assert result["network"] == "172.18.0.0/16"
    assert lab.path.stat().st_mode & 0o777 == 0o600
    assert list(lock_directory.iterdir()) == []


def test_second_run_does_nothing(up: Lab) -> None:
    for check in (False, True):
        result = up.ensure([CURL], check=check)
        assert (result["changed"], result["actions"], up.world.calls) == (False, [], [])
        assert result["diff"] == {"before": {}, "after": {}}
        assert result["nodes"][1]["address"] == "172.18.0.3"


def test_check_mode_creates_nothing(lab: Lab) -> None:
    result = lab.ensure([CURL], check=True)
    assert result["actions"] == ["create cluster east"]
    assert result["diff"]["after"]["east"]["networking"] == {"podSubnet": "10.10.0.0/16"}
    assert lab.world.calls == ["check version"]
    assert not lab.path.exists()


def test_stopped_nodes_are_started_control_plane_first(up: Lab) -> None:
    for name, container in up.world.containers.items():
        up.world.containers[name] = replace(container, state="exited")
    expected = ["start east-control-plane", "start east-worker"]
    predicted = up.ensure([CURL], check=True)
    assert (predicted["actions"], up.world.calls) == (expected, [])
    assert predicted["diff"]["before"]["state of east-worker"] == "exited"
    assert up.ensure([CURL])["actions"] == expected
    assert up.world.calls == expected


def test_labels_are_mended(up: Lab) -> None:
    up.world.labels["east-worker"] |= {ZONE: "oops", SUBZONE: "x", "their": "own"}
    result = up.ensure([CURL])
    assert result["actions"] == ["label east-worker"]
    assert result["diff"]["before"] == {"labels of east-worker": {SUBZONE: "x", ZONE: "oops"}}
    assert up.world.labels["east-worker"][ZONE] == "zone1"
    assert SUBZONE not in up.world.labels["east-worker"]
    assert up.world.labels["east-worker"]["their"] == "own"


def test_labels_that_are_no_longer_wanted_go(up: Lab) -> None:
    up.ensure([CURL], nodes=[{"zone": "zone1", "labels": {"disk": "ssd"}}])
    assert up.world.labels["east-worker"] == {ZONE: "zone1", "disk": "ssd"}
    up.ensure([CURL], nodes=[{"zone": "zone1"}])
    assert up.world.labels["east-worker"] == {ZONE: "zone1"}


def test_image_that_one_node_lacks(up: Lab) -> None:
    up.world.images["east-worker"].clear()
    assert up.ensure([CURL])["actions"] == ["load curl:1 into east-worker"]


def test_another_edition_of_an_image(up: Lab) -> None:
    for present in up.world.images.values():
        present.discard(f"sha256:{CURL}")
    assert len(up.ensure([CURL])["actions"]) == 1


def test_image_that_all_nodes_have_need_not_be_here(up: Lab) -> None:
    up.world.local.clear()
    assert not up.ensure([CURL])["changed"]


@pytest.mark.parametrize("present", [False, True])
def test_image_that_is_nowhere(lab: Lab, present: bool) -> None:
    if present:
        lab.ensure()
    with pytest.raises(NotFound, match="load_images: docker does not have nope:1"):
        lab.ensure(["nope:1"])
    assert [call for call in lab.world.calls if call != "check version"] == []


def test_kubeconfig_that_is_gone_or_wrong(up: Lab) -> None:
    right = up.path.read_text()
    up.path.unlink()
    assert up.ensure([CURL])["actions"] == [f"write {up.path}"]
    up.path.write_text(right.replace("1001", "999"))
    assert up.ensure([CURL])["actions"] == [f"write {up.path}"]
    assert up.path.read_text() == right
    up.path.chmod(0o644)
    assert up.ensure([CURL])["actions"] == [f"close {up.path} to others"]
    assert up.path.stat().st_mode & 0o777 == 0o600


def test_mirrors(up: Lab) -> None:
    docker_hub = ("east-worker", "/etc/containerd/certs.d/docker.io/hosts.toml")
    quay = ("east-worker", "/etc/containerd/certs.d/quay.io/hosts.toml")
    mirrors = {"docker.io": "http://a", "quay.io": "http://b"}
    assert up.ensure([CURL], registry_mirrors=mirrors)["actions"] == ["set registry mirrors"]
    assert "http://a" in up.world.files[docker_hub]
    assert not up.ensure([CURL], registry_mirrors=mirrors)["changed"]
    assert up.ensure([CURL], registry_mirrors={"quay.io": "http://c"})["changed"]
    assert docker_hub not in up.world.files
    assert "http://c" in up.world.files[quay]


def test_mirrors_of_a_new_cluster(lab: Lab) -> None:
    mirrors = {"quay.io": "http://b"}
    assert "set registry mirrors" in lab.ensure(registry_mirrors=mirrors)["actions"]
    assert not lab.ensure(registry_mirrors=mirrors)["changed"]


def test_mirrors_that_were_not_set_are_not_taken_for_set(lab: Lab) -> None:
    mirrors = {"quay.io": "http://b"}
    lab.world.fail["write east-worker"] = MeshError("docker is down")
    with pytest.raises(MeshError, match="docker is down"):
        lab.ensure(registry_mirrors=mirrors)
    assert "set registry mirrors" in lab.ensure(registry_mirrors=mirrors)["actions"]


def test_changed_topology_is_named_and_left(up: Lab) -> None:
    with pytest.raises(MeshError) as caught:
        up.ensure([CURL], pod_subnet="10.20.0.0/16", nodes=[])
    text = str(caught.value)
    assert "pod_subnet is 10.10.0.0/16 and should be 10.20.0.0/16" in text
    assert "node east-worker is worker and should be absent" in text
    assert "force" in text
    assert up.world.calls == []


def test_force(up: Lab) -> None:
    actions = ["delete cluster east, to make it anew", "create cluster east"]
    assert (
        up.ensure([CURL], pod_subnet="10.20.0.0/16", force=True, check=True)["actions"] == actions
    )
    assert up.world.calls == ["check version"]
    assert up.ensure([CURL], pod_subnet="10.20.0.0/16", force=True)["actions"][:2] == actions
    assert not up.ensure([CURL], pod_subnet="10.20.0.0/16", force=True)["changed"]


def test_options_left_out_stay_as_they_are(up: Lab) -> None:
    assert not up.ensure([CURL], pod_subnet=None)["changed"]
    with pytest.raises(MeshError, match=r"pod_subnet is 10\.10\.0\.0/16"):
        up.ensure([CURL], pod_subnet="10.20.0.0/16")


def test_foreign_cluster_is_never_touched(up: Lab) -> None:
    del up.world.files["east-control-plane", state_file.PATH]
    for act in (up.ensure, lambda: up.ensure(force=True), up.remove):
        with pytest.raises(MeshError, match=r"that this collection did not make.*kind delete clu"):
            act()
        assert up.world.calls == []


def test_cluster_of_another_owner_is_never_touched(up: Lab) -> None:
    # made without an owner, it takes the first one
    up.ensure([CURL], owner="/labs/one")
    for force in (False, True):
        with pytest.raises(
            MeshError, match=r"'east' belongs to /labs/one, not to /labs/two\. Choose"
        ):
            up.ensure([CURL], owner="/labs/two", force=force)
        assert up.world.calls == []
    warnings: list[str] = []
    assert not up.remove(owner="/labs/two", warnings=warnings)["changed"]
    assert warnings == ["the kind cluster 'east' belongs to /labs/one and is left alone"]
    assert sorted(up.world.containers) == ALL


@pytest.mark.parametrize("owner", ["/labs/one", None])
def test_owner_and_who_names_none_may_change_and_remove(up: Lab, owner: str | None) -> None:
    up.ensure([CURL], owner="/labs/one")
    assert not up.ensure([CURL], owner=owner)["changed"]
    assert up.remove(owner=owner)["actions"] == ["delete cluster east"]


def test_damaged_record_has_no_owner_and_can_be_removed(up: Lab) -> None:
    up.world.files["east-control-plane", state_file.PATH] = "["
    assert up.remove(owner="/labs/one")["actions"] == ["delete cluster east"]


def test_nodes_without_a_control_plane_are_foreign(up: Lab) -> None:
    del up.world.containers["east-control-plane"]
    with pytest.raises(MeshError, match=r"\(east-worker\) that this collection did not make"):
        up.ensure([CURL])


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("create", MeshError("kind create cluster failed")),
        ("create", Interrupted("interrupted by SIGTERM")),
        ("write east-control-plane", MeshError("no space left on device")),
    ],
)
def test_failed_creation_leaves_nothing(
    lab: Lab, lock_directory: Path, step: str, reason: MeshError
) -> None:
    lab.world.fail[step] = reason
    with pytest.raises(MeshError, match=f"{reason}\nThe unfinished cluster has been deleted."):
        lab.ensure()
    assert lab.world.calls[-1] == "delete"
    assert lab.world.containers == {}
    assert list(lock_directory.iterdir()) == []
    assert lab.ensure()["actions"][0] == "create cluster east"


def test_what_cannot_be_taken_back_is_known_to_the_next_run(lab: Lab) -> None:
    lab.world.fail = {"create": MeshError("kind failed"), "delete": MeshError("docker is down")}
    with pytest.raises(MeshError, match=r"kind failed\n.*docker is down.*next run deletes it"):
        lab.ensure()
    assert lab.world.containers
    result = lab.ensure(check=True)
    assert result["actions"] == ["delete cluster east, to make it anew", "create cluster east"]
    assert lab.ensure()["actions"][:2] == result["actions"]
    assert not lab.ensure()["changed"]


def test_an_engine_that_stopped_is_named_before_all_that_failed(lab: Lab) -> None:
    lab.world.fail = {
        "create": MeshError("kind failed"),
        "delete": MeshError("kind failed again"),
        "info": MeshError("docker does not answer"),
    }
    with pytest.raises(MeshError, match=r"^docker does not answer\nkind failed\n.*failed again"):
        lab.ensure()


@pytest.mark.parametrize("act", ["ensure", "remove"])
def test_half_made_by_a_killed_run(lab: Lab, lock_directory: Path, act: str) -> None:
    lab.ensure()
    del lab.world.files["east-control-plane", state_file.PATH]
    (lock_directory / "docker-east").write_text(locks.CREATING)
    result = getattr(lab, act)()
    assert result["actions"][0].startswith("delete cluster east")
    assert bool(lab.world.containers) is (act == "ensure")
    assert list(lock_directory.iterdir()) == []


def test_nodes_that_do_not_become_ready(up: Lab) -> None:
    up.world.ready = False
    with pytest.raises(LabBroken) as caught:
        up.ensure([CURL])
    text = str(caught.value)
    assert "east-worker is not ready: no network" in text
    assert "docker exec east-control-plane journalctl -u kubelet" in text
    # joined is enough for those who do not wait; predictions do not wait either
    assert not up.ensure([CURL], wait=False)["changed"]
    assert not up.ensure([CURL], check=True)["changed"]


def test_remove(up: Lab) -> None:
    assert up.remove(check=True)["actions"] == ["delete cluster east"]
    assert (up.world.calls, sorted(up.world.containers)) == ([], ALL)
    result = up.remove()
    assert result["diff"] == {"before": {"east": ALL}, "after": {"east": None}}
    assert up.world.containers == {}
    assert not up.path.exists()
    assert up.remove() == {"changed": False, "actions": [], "diff": {"before": {}, "after": {}}}


def test_remove_what_is_only_left_in_the_kubeconfig(up: Lab) -> None:
    up.world.containers.clear()
    assert up.remove()["diff"]["before"] == {"east": "entries in kubeconfig"}
    assert not up.path.exists()


def test_remove_leaves_other_clusters_in_the_kubeconfig(up: Lab) -> None:
    others = {"contexts": [{"name": "kind-west", "context": {}}]}

    def delete(name: str, kubeconfig: str | None = None) -> None:
        up.world.containers.clear()
        Path(str(kubeconfig)).write_text(yaml.safe_dump(others))

    job = up.job()
    t.cast(t.Any, job.kind).delete = delete
    cluster.remove(job)
    assert yaml.safe_load(up.path.read_text()) == others


def test_nodes_that_kind_left_behind(up: Lab) -> None:
    job = up.job()
    t.cast(t.Any, job.kind).delete = lambda name, kubeconfig=None: None
    with pytest.raises(LabBroken, match="docker rm -f -v east-control-plane east-worker"):
        cluster.remove(job)


def test_another_run_is_at_it(up: Lab) -> None:
    with locks.hold("docker-east", 0), pytest.raises(MeshError, match="another run"):
        up.ensure()
