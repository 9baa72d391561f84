# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of the collection's roles, which document and type their variables."""

from __future__ import annotations

import functools
import pathlib
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping

Spec: t.TypeAlias = t.Mapping[str, t.Any]

ROLES = pathlib.Path(__file__).resolve().parents[3] / "roles"


@functools.cache
def role_options() -> dict[str, dict[str, Spec]]:
    """Return the options of every role, by role and variable."""
    return {
        path.parents[1].name: load_mapping(path.read_text(encoding="utf-8"), str(path))[
            "argument_specs"
        ]["main"]["options"]
        for path in sorted(ROLES.glob("*/meta/argument_specs.yml"))
    }


@functools.cache
def options() -> dict[str, Spec]:
    """Return the options of all roles by variable."""
    return {name: spec for found in role_options().values() for name, spec in found.items()}


@functools.cache
def defaults() -> dict[str, t.Any]:
    """Return the documented defaults; those that roles compute are missing."""
    return {name: spec["default"] for name, spec in options().items() if "default" in spec}


@functools.cache
def defaulted() -> frozenset[str]:
    """Return the variables that have a default, documented or computed by a template."""
    files = [
        load_mapping(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(ROLES.glob("*/defaults/main.yml"))
    ]
    return frozenset(
        name for file in files for name, value in file.items() if value is not None
    ) | frozenset(defaults())
