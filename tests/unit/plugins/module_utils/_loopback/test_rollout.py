# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pods' files are written and which Envoys are started, with stand-ins for the processes."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.bootstrap import BOOTSTRAP_FILE
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import credentials, rollout
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.rollout import ProxySpec
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.xds_files import response

ENDPOINTS = "xds/eds/hello.json"
ENDPOINTS_BEFORE = response("x", [{"cluster_name": "a"}])


class Machine:
    """The processes and addresses of a machine on which Envoys run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.running: dict[Path, list[int]] = {}
        self.stopped: list[int] = []
        # each with the files that it found
        self.started: dict[Path, set[str]] = {}
        self.taken: set[tuple[str, int]] = set()
        self.hung: set[int] = set()
        self.accepted: dict[str, str] = {}
        for module, name, stand_in in (
            (rollout.processes, "running", lambda _directory: dict(self.running)),
            (rollout.processes, "stop", self.stopped.extend),
            (rollout.processes, "start", self._start),
            (rollout.processes, "envoy_path", lambda _wanted: "envoy"),
            (rollout.admin, "versions", self._versions),
            (rollout.processes, "is_stopped", self.hung.__contains__),
            (rollout.listening_sockets, "check_free", self._check_free),
            (rollout.credentials, "credential_files", lambda *_arguments: {}),
        ):
            monkeypatch.setattr(module, name, stand_in)

    def _start(self, _envoy: str, directory: Path) -> None:
        files = (path for path in directory.rglob("*") if path.is_file())
        self.started[directory] = {str(path.relative_to(directory)) for path in files}

    def _versions(self, _directory: Path, timeout: float) -> dict[str, str]:
        return self.accepted

    def _check_free(self, sockets: list[tuple[str, int]], _own: list[int]) -> None:
        if self.taken.intersection(sockets):
            raise MeshError("taken")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def pod(
    lab: Lab, name: str, bootstrap: bytes = b"{}", endpoints: bytes = ENDPOINTS_BEFORE
) -> ProxySpec:
    return ProxySpec(
        directory=lab.cluster_directory("east") / "pods" / name,
        content={BOOTSTRAP_FILE: bootstrap, ENDPOINTS: endpoints},
        sockets=((f"127.16.0.{len(name)}", 5000),),
        authority=credentials.CertificateAuthority("", "", "", "", ""),
        identity=credentials.Identity("cluster.local", "sample", "default"),
    )


def roll_out(lab: Lab, machine: Machine, *pods: ProxySpec) -> rollout.Rollout:
    done = rollout.plan(lab, pods, None).execute()
    for number, wanted in enumerate(pods):
        machine.running.setdefault(wanted.directory, [number])
    return done


def test_an_envoy_is_started_when_all_that_it_reads_is_there(lab: Lab, machine: Machine) -> None:
    pods = [pod(lab, "a"), pod(lab, "bb")]
    done = roll_out(lab, machine, *pods)
    assert machine.started == {each.directory: {BOOTSTRAP_FILE, ENDPOINTS} for each in pods}
    assert list(done.started) == [each.directory for each in pods]


CHANGES: tuple[tuple[str, dict[str, t.Any], bool, set[str]], ...] = (
    ("nothing", {}, False, set()),
    (
        "what Envoy watches",
        {"endpoints": response("x", [{"cluster_name": "a", "endpoints": []}])},
        False,
        {ENDPOINTS},
    ),
    ("what Envoy reads once", {"bootstrap": b"{1}"}, True, set()),
)


def test_an_envoy_that_does_not_answer_is_replaced(lab: Lab, machine: Machine) -> None:
    roll_out(lab, machine, pod(lab, "a"), pod(lab, "bb"))
    machine.hung.update(machine.running[pod(lab, "bb").directory])
    machine.started.clear()
    done = roll_out(lab, machine, pod(lab, "a"), pod(lab, "bb"))
    assert set(machine.stopped) == machine.hung
    assert list(done.started) == [pod(lab, "bb").directory]


@pytest.mark.parametrize("present", [True, False])
def test_an_envoy_that_an_event_has_out_of_order_is_left_alone(
    lab: Lab, machine: Machine, monkeypatch: pytest.MonkeyPatch, present: bool
) -> None:
    roll_out(lab, machine, pod(lab, "a"), pod(lab, "bb"))
    directory = pod(lab, "bb").directory
    if present:
        machine.hung.update(machine.running[directory])
    else:
        del machine.running[directory]
    machine.started.clear()
    (directory / "fault").write_text("hang")
    with monkeypatch.context() as patch:
        patch.setattr(rollout.proxy_faults, "is_held", directory.__eq__)
        done = rollout.plan(lab, [pod(lab, "a"), pod(lab, "bb")], None).execute()
    assert (machine.started, machine.stopped, done.mended) == ({}, [], [])
    # the run that did it has ended
    done = roll_out(lab, machine, pod(lab, "a"), pod(lab, "bb"))
    assert list(done.started) == [directory]
    (named,) = done.mended
    assert named.startswith("the sidecar of bb was left out of order by the event 'hang' of a run")
    assert roll_out(lab, machine, pod(lab, "a"), pod(lab, "bb")).mended == []


@pytest.mark.parametrize("rejected", [True, False])
def test_files_that_were_not_accepted_before(lab: Lab, machine: Machine, rejected: bool) -> None:
    directory = pod(lab, "a").directory
    roll_out(lab, machine, pod(lab, "a"))
    machine.started.clear()
    machine.accepted["cluster.a.version_text"] = "an older one"
    if rejected:
        (directory / "envoy.log").write_text("config update rejected: no such cluster")
    done = roll_out(lab, machine, pod(lab, "a"))
    assert done.updated == ({directory: set()} if rejected else {})
    # without a rejection, the Envoy does not watch its files any more
    assert list(machine.started) == ([] if rejected else [directory])


@pytest.mark.parametrize("watched", ["xds", "xds/eds"])
@pytest.mark.parametrize("replacement", [None, Path.touch, lambda path: path.symlink_to("..")])
def test_an_envoy_whose_directories_were_replaced_starts_again(
    lab: Lab, machine: Machine, watched: str, replacement: t.Callable[[Path], object] | None
) -> None:
    path = pod(lab, "a").directory / watched
    roll_out(lab, machine, pod(lab, "a"))
    machine.started.clear()
    shutil.rmtree(path)
    if replacement:
        replacement(path)
    roll_out(lab, machine, pod(lab, "a"))
    assert list(machine.started) == [pod(lab, "a").directory]
    assert path.is_dir()
    assert not path.is_symlink()


@pytest.mark.parametrize(
    ("change", "restarted", "updated"),
    [case[1:] for case in CHANGES],
    ids=[case[0] for case in CHANGES],
)
def test_a_running_envoy(
    lab: Lab, machine: Machine, change: dict[str, bytes], restarted: bool, updated: set[str]
) -> None:
    directory = pod(lab, "a").directory
    roll_out(lab, machine, pod(lab, "a"))
    machine.started.clear()
    done = roll_out(lab, machine, pod(lab, "a", **change))
    assert bool(machine.stopped) == restarted
    assert list(machine.started) == ([directory] if restarted else [])
    assert done.updated == ({directory: updated} if updated else {})


def test_an_address_that_is_taken_keeps_all_new_pods_away(lab: Lab, machine: Machine) -> None:
    machine.taken.update(pod(lab, "bb").sockets)
    with pytest.raises(MeshError):
        roll_out(lab, machine, pod(lab, "a"), pod(lab, "bb"))
    assert not machine.started
    assert not pod(lab, "a").directory.exists()
