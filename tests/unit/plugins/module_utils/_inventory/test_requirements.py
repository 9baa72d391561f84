# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import requirements
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab


def problems(provider: str, **host: t.Any) -> list[str]:
    own = {"mesh_provider": provider, "ansible_python_interpreter": sys.executable, **host}
    return requirements.requirement_problems(Lab({"a": own, "b": own}, ["a", "b"]))


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The libraries and programs that are there."""
    names = {"envoy", "kind", "kubernetes", "ansible_collections.kubernetes.core"}

    def envoy() -> str:
        if "envoy" not in names:
            raise MeshError("there is no Envoy")
        return "envoy"

    monkeypatch.setattr(requirements, "envoy_path", envoy)
    monkeypatch.setattr(requirements, "_is_importable", lambda name: name in names)
    monkeypatch.setattr(requirements.shutil, "which", lambda name: name if name in names else None)
    return names


@pytest.mark.parametrize("provider", ["loopback", "kind", "existing"])
def test_all_is_there(present: set[str], provider: str) -> None:
    assert problems(provider) == []


@pytest.mark.parametrize(
    ("name", "provider", "expected"),
    [
        ("envoy", "loopback", "there is no Envoy"),
        (
            "kind",
            "kind",
            "mesh_provider is kind, and there is no kind in PATH; install kind, or give its path with"
            " cluster_kind",
        ),
        (
            "kubernetes",
            "existing",
            f"mesh_provider is existing, and {sys.executable} lacks the Python package kubernetes;"
            " install it with pip (in a checkout: make kubernetes)",
        ),
        (
            "ansible_collections.kubernetes.core",
            "kind",
            "mesh_provider is kind, and the collection kubernetes.core is not installed; install it"
            " with ansible-galaxy collection install kubernetes.core (in a checkout: make kubernetes)",
        ),
    ],
)
def test_missing(present: set[str], name: str, provider: str, expected: str) -> None:
    present.remove(name)
    assert problems(provider) == [expected]
    # another Python, or another machine, has libraries of its own
    assert problems(provider, ansible_python_interpreter="/usr/bin/python") == []


def test_own_kind(present: set[str]) -> None:
    assert "there is no /opt/kind; install kind" in problems("kind", cluster_kind="/opt/kind")[0]


def test_collections() -> None:
    assert not requirements._is_importable("ansible_collections.no.such")
    assert not requirements._is_importable("no_such")
    assert requirements._is_importable("json")
