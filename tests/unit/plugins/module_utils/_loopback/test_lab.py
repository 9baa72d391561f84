# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab

SERVICES = IPv4Network("10.255.10.0/24")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path / "lab")
    lab.create()
    return lab


def test_the_directory_is_the_owners_alone(lab: Lab) -> None:
    assert lab.directory.stat().st_mode & 0o777 == 0o700


def test_clusters_get_networks_that_do_not_overlap(lab: Lab) -> None:
    names = ("east", "west", "north")
    for name in names:
        assert lab.add_cluster(name, SERVICES)
    networks = [lab.allocation(name).pod_network for name in names] + [lab.load_balancer_network()]
    for first in networks:
        assert not [other for other in networks if other != first and other.overlaps(first)]


def test_a_cluster_keeps_its_network_when_others_go(lab: Lab) -> None:
    lab.add_cluster("east", SERVICES)
    lab.add_cluster("west", SERVICES)
    before = lab.allocation("west").pod_network
    lab.remove_cluster("east")
    assert not lab.add_cluster("west", SERVICES)
    assert lab.allocation("west").pod_network == before


def test_the_last_cluster_takes_the_lab_with_it(lab: Lab) -> None:
    lab.add_cluster("east", SERVICES)
    (lab.directory / "trust").mkdir()
    lab.remove_cluster("east")
    assert not lab.directory.exists()


def test_what_the_lab_did_not_write_stays(lab: Lab) -> None:
    lab.add_cluster("east", SERVICES)
    (lab.directory / "notes.txt").write_text("mine")
    lab.remove_cluster("east")
    assert [entry.name for entry in lab.directory.iterdir()] == ["notes.txt"]


def test_a_directory_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidInput, match=r"holds 'thesis.txt' and is not a lab"):
        Lab(tmp_path).create()


def test_an_unknown_cluster_is_named_with_those_that_exist(lab: Lab) -> None:
    lab.add_cluster("east", SERVICES)
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
    with pytest.raises(NotFound, match=r"no lab in .*; make its clusters with eastwest.mesh.loop"):
        Lab(tmp_path).check_exists()


@pytest.mark.parametrize("ask", [Lab.exists, Lab.check_usable, Lab.create, Lab.settings])
def test_a_directory_of_somebody_else(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, ask: t.Callable[[Lab], object]
) -> None:
    def closed(path: Path, **_options: object) -> t.NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", closed)
    monkeypatch.setattr(Path, "read_bytes", closed)
    with pytest.raises(InvalidInput, match=r"is closed to this user .*; name one of yours, by"):
        ask(lab)
