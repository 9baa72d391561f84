# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.kubeconfig import (
    context_name,
    entries,
    is_readable_by_others,
    prepare_directory,
    read_kubeconfig,
    remove_if_empty,
    restrict,
    server,
)


def content(*names: str) -> dict[str, t.Any]:
    return {
        "apiVersion": "v1",
        "clusters": [{"name": n, "cluster": {"server": f"https://{n}:1"}} for n in names],
        "users": [{"name": n, "user": {"token": n}} for n in names],
        "contexts": [{"name": n, "context": {"cluster": n, "user": n}} for n in names],
    }


def test_own_entries_only() -> None:
    both = content("kind-east", "kind-west")
    assert context_name("east") == "kind-east"
    assert entries(both, "east") == entries(content("kind-east"), "east")
    assert entries(both, "east") != entries(both, "west")
    assert entries(both, "north") == []
    assert entries(None, "east") == []
    assert entries({"clusters": None}, "east") == []
    assert server(both, "west") == "https://kind-west:1"
    assert server(both, "north") == ""


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    assert read_kubeconfig(str(path)) is None
    path.write_text("")
    assert read_kubeconfig(str(path)) is None
    path.write_text("a: 1")
    assert read_kubeconfig(str(path)) == {"a": 1}


@pytest.mark.parametrize("text", ["[", "- a", "text", "\0"])
def test_something_else(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="kubeconfig: "):
        read_kubeconfig(str(path))


def test_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "kubeconfig"
    prepare_directory(str(path))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.write_text("")
    path.chmod(0o640)
    assert is_readable_by_others(str(path))
    restrict(str(path))
    assert not is_readable_by_others(str(path))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("left", "goes"), [(content(), True), (content("kind-west"), False), ({}, True)]
)
def test_remove_if_empty(tmp_path: Path, left: dict[str, t.Any], goes: bool) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(left))
    assert remove_if_empty(str(path)) is goes
    assert path.exists() is not goes


def test_nothing_to_remove(tmp_path: Path) -> None:
    assert remove_if_empty(str(tmp_path / "kubeconfig")) is False


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"kubeconfig: '{tmp_path}' cannot be read: .*directory"):
        read_kubeconfig(str(tmp_path))
