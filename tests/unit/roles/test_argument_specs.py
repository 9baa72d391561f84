# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role's documentation says the same as its defaults."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

ROLES = sorted(path for path in (Path(__file__).parents[3] / "roles").iterdir() if path.is_dir())


def _load(path: Path) -> dict[str, t.Any]:
    loaded: dict[str, t.Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(params=ROLES, ids=lambda role: role.name)
def role(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def _options(role: Path, entry_point: str = "main") -> dict[str, t.Any]:
    specs = _load(role / "meta" / "argument_specs.yml")["argument_specs"]
    options: dict[str, t.Any] = specs[entry_point].get("options", {})
    return options


def test_every_default_is_an_option(role: Path) -> None:
    defaults = _load(role / "defaults" / "main.yml")
    assert set(defaults) <= set(_options(role))


def test_default_values_agree(role: Path) -> None:
    defaults = _load(role / "defaults" / "main.yml")
    options = _options(role)
    plain = {
        name: value
        for name, value in defaults.items()
        if not (isinstance(value, str) and "{{" in value)
    }
    assert plain == {name: options[name].get("default") for name in plain}


def test_readme_names_every_option(role: Path) -> None:
    readme = (role / "README.md").read_text(encoding="utf-8")
    assert [name for name in _options(role) if f"`{name}`" not in readme] == []


def test_entry_points_have_tasks(role: Path) -> None:
    for name in _load(role / "meta" / "argument_specs.yml")["argument_specs"]:
        assert (role / "tasks" / f"{name}.yml").is_file()
