# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the roles' interfaces finds each kind of disagreement."""

from __future__ import annotations

import pathlib
import typing as t

import check_role_specs
import pytest
import yaml

OPTION = {"type": "str", "description": "Something.", "default": "a"}


def write_role(
    roles: pathlib.Path,
    options: dict[str, t.Any],
    defaults: dict[str, t.Any],
    readme: str = "`probe_x`",
) -> None:
    role = roles / "probe"
    for folder in ("meta", "defaults"):
        (role / folder).mkdir(parents=True)
    spec = {"argument_specs": {"main": {"options": options}}}
    (role / "meta" / "argument_specs.yml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    (role / "defaults" / "main.yml").write_text(yaml.safe_dump(defaults), encoding="utf-8")
    (role / "README.md").write_text(readme, encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "defaults"),
    [
        pytest.param({"probe_x": OPTION}, {"probe_x": "a"}, id="the same default"),
        pytest.param({"probe_x": {**OPTION, "default": None}}, {"probe_x": None}, id="null, told"),
        pytest.param(
            {"probe_x": {"type": "str", "description": "Something."}},
            {"probe_x": None},
            id="null, not told",
        ),
        pytest.param(
            {"probe_x": {"type": "str", "description": "Something."}},
            {"probe_x": "{{ mesh_lab }}"},
            id="computed",
        ),
        pytest.param(
            {"probe_x": {"type": "dict", "description": "Something."}},
            {"probe_x": {"a": ["{{ mesh_lab }}"]}},
            id="computed in part",
        ),
        pytest.param(
            {"probe_x": {"type": "str", "description": "Something.", "required": True}},
            {},
            id="required",
        ),
    ],
)
def test_agreement(
    tmp_path: pathlib.Path, options: dict[str, t.Any], defaults: dict[str, t.Any]
) -> None:
    write_role(tmp_path, options, defaults)
    assert check_role_specs.check_roles(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "defaults", "defect"),
    [
        ({"probe_x": OPTION}, {"probe_x": "b"}, "has the default 'b' in defaults/main.yml and 'a'"),
        (
            {"probe_x": {**OPTION, "type": "bool", "default": True}},
            {"probe_x": 1},
            "has the default 1 in defaults/main.yml and True",
        ),
        (
            {"probe_x": {"type": "str", "description": "Something."}},
            {"probe_x": "b"},
            "has the default 'b' in defaults/main.yml and none",
        ),
        ({"probe_x": OPTION}, {}, "is neither required nor in defaults"),
        ({}, {"probe_x": "a"}, "is in defaults/main.yml, but not in the argument spec"),
        (
            {"probe_x": {"type": "str", "description": "Something.", "required": True}},
            {"probe_x": "a"},
            "is required, but defaults/main.yml sets it",
        ),
        (
            {"probe_x": {**OPTION, "required": True}},
            {},
            "is required and has a default",
        ),
        ({"probe_x": {**OPTION, "type": "list"}}, {"probe_x": "a"}, "is a list"),
        ({"probe_x": {"type": "str", "default": "a"}}, {"probe_x": "a"}, "has no description"),
        (
            {
                "probe_x": {
                    "type": "dict",
                    "description": "Something.",
                    "options": {"inner": {"description": "Something."}},
                }
            },
            {"probe_x": None},
            "probe_x.inner has no type",
        ),
    ],
)
def test_disagreement(
    tmp_path: pathlib.Path,
    options: dict[str, t.Any],
    defaults: dict[str, t.Any],
    defect: str,
) -> None:
    write_role(tmp_path, options, defaults)
    (found,) = check_role_specs.check_roles(tmp_path)
    assert defect in found
    assert found.startswith("roles/probe: ")


def test_readme_must_name_every_option(tmp_path: pathlib.Path) -> None:
    write_role(tmp_path, {"probe_x": OPTION}, {"probe_x": "a"}, readme="nothing")
    assert check_role_specs.check_roles(tmp_path) == [
        "roles/probe: probe_x is not mentioned in README.md"
    ]


def test_role_without_spec(tmp_path: pathlib.Path) -> None:
    (tmp_path / "probe" / "tasks").mkdir(parents=True)
    (found,) = check_role_specs.check_roles(tmp_path)
    assert "no entry point main" in found


def test_no_roles_at_all(tmp_path: pathlib.Path) -> None:
    (found,) = check_role_specs.check_roles(tmp_path)
    assert "holds no role" in found
