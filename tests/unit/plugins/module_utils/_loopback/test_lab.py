# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
import os
import typing as t
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    files,
    lifecycle,
    processes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab
from hypothesis import given, settings
from hypothesis import strategies as st

SERVICES = IPv4Network("10.255.10.0/24")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path / "lab")
    lab.create()
    return lab


def test_the_directory_is_the_owners_alone(lab: Lab) -> None:
    assert lab.directory.stat().st_mode & 0o777 == 0o700


def add(lab: Lab, *names: str) -> bool:
    changed = [lab.add_cluster(name, SERVICES) for name in names]
    lab.save()
    return any(changed)


def test_clusters_get_networks_that_do_not_overlap(lab: Lab) -> None:
    names = ("east", "west", "north")
    for name in names:
        assert lab.add_cluster(name, SERVICES)
    networks = [lab.allocation(name).pod_network for name in names] + [lab.load_balancer_network()]
    for first in networks:
        assert not [other for other in networks if other != first and other.overlaps(first)]


def test_a_cluster_keeps_its_network_when_others_go(lab: Lab) -> None:
    add(lab, "east")
    add(lab, "west")
    before = lab.allocation("west").pod_network
    lab.remove_cluster("east")
    assert not add(lab, "west")
    assert lab.allocation("west").pod_network == before


def test_the_last_cluster_takes_the_lab_with_it(lab: Lab) -> None:
    add(lab, "east")
    (lab.directory / "trust").mkdir()
    lab.remove_cluster("east")
    assert not lab.directory.exists()


def test_what_the_lab_did_not_write_stays(lab: Lab) -> None:
    add(lab, "east")
    (lab.directory / "notes.txt").write_text("mine")
    lab.remove_cluster("east")
    assert [entry.name for entry in lab.directory.iterdir()] == ["notes.txt"]


def test_a_directory_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidInput, match=r"holds 'thesis.txt' and is not a lab"):
        Lab(tmp_path).create()


def test_an_unknown_cluster_is_named_with_those_that_exist(lab: Lab) -> None:
    add(lab, "east")
    with pytest.raises(NotFound, match=r"no cluster 'wset'; it has: east"):
        lab.allocation("wset")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("notes", r"lab_directory: '.*/notes' is a file; name a directory"),
        ("notes/lab", r"lab_directory: '.*/notes/lab' cannot be made: Not a directory"),
    ],
)
def test_a_file_in_the_way_is_named(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InvalidInput, match=message):
        Lab(tmp_path / path).create()


def test_a_lab_has_only_so_many_clusters(lab: Lab) -> None:
    def fill() -> None:
        for number in range(1000):
            lab.add_cluster(f"c{number}", SERVICES)

    with pytest.raises(InvalidInput, match=r"cluster: 'c\d+' is one too many; a lab holds \d+ at"):
        fill()


def test_without_a_lab_it_is_said_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(
        NotFound, match=r"no lab in .*; bring it up with the playbook eastwest.mesh.up"
    ):
        Lab(tmp_path).check_exists()


@pytest.mark.parametrize("ask", [Lab.exists, Lab.check_usable, Lab.create, Lab.record])
def test_a_directory_of_somebody_else(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, ask: t.Callable[[Lab], object]
) -> None:
    def closed(path: Path, **_options: object) -> t.NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", closed)
    monkeypatch.setattr(Path, "read_bytes", closed)
    with pytest.raises(InvalidInput, match=r"is closed to this user .*; name one of yours, by"):
        ask(lab)


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[a-z0-9./\n-]{1,70}", fullmatch=True))
def test_a_name_never_leads_out_of_its_directory(name: str) -> None:
    lab = Lab("/labs/one")
    with contextlib.suppress(InvalidInput):
        directory = lab.cluster_directory(name)
        assert directory.parent == Path("/labs/one/clusters")
        assert str(directory.resolve()) == str(directory)
        assert len(directory.name) <= 63


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../precious", "a/b", "a\nb", "/etc", "A", "a "]
)
def test_a_name_that_is_no_directorys_is_refused(lab: Lab, name: str) -> None:
    for ask in (lab.cluster_directory, lab.holds, lab.remove_cluster):
        with pytest.raises(InvalidInput) as raised:
            ask(name)
        assert str(raised.value).startswith(f"cluster: {name!r} cannot be a name in a lab; use up")


def test_links_in_the_parents_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert Lab(tmp_path / "link/lab").directory == tmp_path / "lab"


@pytest.mark.parametrize("entry", [".", "lab.json", ".lock", "clusters", "trust", "report"])
@pytest.mark.parametrize("ask", [Lab.check_usable, Lab.check_exists, Lab.create])
def test_a_link_is_refused(tmp_path: Path, entry: str, ask: t.Callable[[Lab], object]) -> None:
    (tmp_path / "elsewhere").mkdir()
    lab = Lab(tmp_path / "lab")
    path = lab.directory / entry
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match=rf"'{path}' is a link, and labs do not write through"):
        ask(lab)


def test_a_lock_that_is_a_link_leaves_its_target_alone(lab: Lab, tmp_path: Path) -> None:
    target = tmp_path / "thesis.txt"
    target.write_text("mine")
    (lab.directory / ".lock").symlink_to(target)
    with pytest.raises(LabBroken), lab.locked():
        pass
    assert target.read_text() == "mine"


@pytest.mark.parametrize("ask", [Lab.check_usable, Lab.check_exists, Lab.prepare_removal])
def test_another_users_lab_is_refused(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, ask: t.Callable[[Lab], object]
) -> None:
    add(lab, "east")
    monkeypatch.setattr(os, "geteuid", lambda: lab.directory.stat().st_uid + 1)
    with pytest.raises(
        InvalidInput, match=r"belongs to another user \(uid \d+\); name a directory"
    ):
        ask(lab)


def no_record(path: Path) -> None:
    path.unlink()


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def content(text: str) -> t.Callable[[Path], object]:
    return lambda path: path.write_text(text)


DAMAGE = {
    "removed": no_record,
    "a directory": a_directory,
    "empty": content(""),
    "truncated": content('{"block":20,"clusters":{"ea'),
    "garbage": content("\\x00\\xff"),
    "null": content("null"),
    "a list": content("[1]"),
    "another block": content('{"block":"20","clusters":{}}'),
    "a path": content(
        '{"block":20,"clusters":{"../x":{"index":0,"service_subnet":"10.0.0.0/24"}}}'
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_lab_can_be_removed(lab: Lab, damage: t.Callable[[Path], object]) -> None:
    add(lab, "east", "west")
    for name in ("east", "west"):
        files.write(lab.cluster_directory(name) / "objects.json", b"{}")
    (lab.directory / "trust").mkdir()
    damage(lab.directory / "lab.json")
    for name in ("east", "west"):
        assert lab.holds(name)
        assert lab.prepare_removal()
        with lab.locked():
            assert lab.remove_cluster(name)
        assert not lab.holds(name)
    assert not lab.directory.exists()


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_record_is_named_with_the_remedy(
    lab: Lab, damage: t.Callable[[Path], object]
) -> None:
    add(lab, "east")
    files.write(lab.cluster_directory("east") / "objects.json", b"{}")
    path = lab.directory / "lab.json"
    damage(path)
    message = rf"{path} (is|cannot be) .*; take the lab down and bring it up again, with the play"
    ask = lab.record if lab.exists() else lab.check_record
    with pytest.raises(LabBroken, match=message):
        ask()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["block", "clusters", "envoy", "index", "service_subnet", "east"]),
            inner,
        )
    ),
)


@settings(deadline=None)
@given(JSON)
def test_whatever_the_record_holds_is_used_or_named(tmp_path_factory: t.Any, value: object) -> None:
    lab = Lab(tmp_path_factory.getbasetemp() / "lab")
    files.write(lab.directory / "lab.json", json.dumps(value).encode())
    with contextlib.suppress(LabBroken):
        for name in lab.cluster_names():
            lab.allocation(name)
        lab.load_balancer_network()


def test_removal_does_not_follow_links(lab: Lab, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    files.write(outside / "east" / "objects.json", b"mine")
    add(lab, "east")
    (lab.directory / "clusters").symlink_to(outside)
    (lab.directory / "trust").symlink_to(outside)
    assert lab.prepare_removal()
    assert lab.remove_cluster("east")
    assert not lab.directory.exists()
    assert (outside / "east" / "objects.json").read_bytes() == b"mine"


def test_a_directory_that_is_no_lab_is_left_alone(tmp_path: Path) -> None:
    for name in ("clusters/east/inventory.yml", "report/text", ".lock"):
        files.write(tmp_path / name, b"mine")
    (tmp_path / "thesis.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert not Lab(tmp_path).prepare_removal()
    assert not Lab(tmp_path).holds("east")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_change_is_not_on_disk_before_it_is_saved(lab: Lab) -> None:
    lab.add_cluster("east", SERVICES)
    assert Lab(lab.directory).cluster_names() == []
    lab.save()
    assert Lab(lab.directory).cluster_names() == ["east"]


def test_a_removal_that_leaves_a_process_fails_and_names_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(lab, "east")
    pod = lab.pod_directory("east", "sample", "web")
    monkeypatch.setattr(processes, "running", lambda _directory: {pod: [4711]})
    monkeypatch.setattr(processes, "stop", lambda _processes: None)
    with pytest.raises(LabBroken, match=r"processes 4711 of cluster east are left in .*/east; "):
        lifecycle.remove(lab, "east")
