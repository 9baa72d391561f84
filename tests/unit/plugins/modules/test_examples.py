# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of all modules use options that there are, with values that they take."""

from __future__ import annotations

import ast
import importlib
import pathlib
import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.variables import (
    value_problems,
)

PLUGINS = pathlib.Path(__file__).parents[4] / "plugins"
MODULES = {path.stem: path for path in sorted((PLUGINS / "modules").glob("[!_]*.py"))}
COMMON = {
    "name",
    "register",
    "loop",
    "loop_control",
    "when",
    "delegate_to",
    "vars",
    "no_log",
    "until",
    "retries",
    "delay",
    "run_once",
}

Raw: t.TypeAlias = dict[str, t.Any]


def texts(path: pathlib.Path) -> dict[str, str]:
    """The texts that a module's file assigns to names."""
    return {
        node.targets[0].id: node.value.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def options(module: str) -> Raw:
    documentation = yaml.safe_load(texts(MODULES[module])["DOCUMENTATION"])
    found: Raw = {}
    for name in documentation.get("extends_documentation_fragment", []):
        fragment, _dot, part = name.removeprefix("eastwest.mesh.").partition(".")
        place = f"ansible_collections.eastwest.mesh.plugins.doc_fragments.{fragment}"
        fragments = importlib.import_module(place).ModuleDocFragment
        text = getattr(fragments, (part or "documentation").upper())
        found = merged(found, yaml.safe_load(text).get("options", {}))
    return specs(merged(found, documentation.get("options", {})))


def merged(first: Raw, second: Raw) -> Raw:
    """Documentation is merged with that of fragments at any depth."""
    return {
        **first,
        **{
            key: merged(first[key], value)
            if isinstance(value, dict) and isinstance(first.get(key), dict)
            else value
            for key, value in second.items()
        },
    }


def specs(documented: Raw) -> Raw:
    """An argument spec; it calls options below options otherwise."""
    return {
        name: {**option, "options": specs(option.get("suboptions", {}))}
        for name, option in documented.items()
    }


def tasks(module: str) -> list[Raw]:
    found: list[Raw] = []
    for entry in yaml.safe_load(texts(MODULES[module])["EXAMPLES"]):
        found += entry.get("tasks", [entry])
    return found


def literal(value: t.Any) -> t.Any:
    """What of a value is no template; a template may give anything."""
    if isinstance(value, dict):
        return {key: kept for key, each in value.items() if (kept := literal(each)) is not None}
    if isinstance(value, list):
        return [kept for each in value if (kept := literal(each)) is not None]
    return None if isinstance(value, str) and "{{" in value else value


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    used = []
    for task in tasks(module):
        for name in set(task) - COMMON:
            called = name.removeprefix("eastwest.mesh.")
            if called not in MODULES:
                assert name.startswith("ansible.builtin."), name
                continue
            used.append(called)
            spec = {"type": "dict", "options": options(called)}
            missing = [key for key, value in task[name].items() if "{{" in str(value)]
            found = list(value_problems(called, spec, literal(task[name])))
            assert [each for each in found if not any(f"'{key}'" in each for key in missing)] == []
    assert module in used
