# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports go downward only: no package imports one above it, no two files import each other."""

from __future__ import annotations

import ast
import graphlib
import re
import typing as t
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PLUGINS = CHECKOUT / "plugins"
PREFIX = "ansible_collections.eastwest.mesh.plugins."
UTILS = "module_utils."

# From the top to the bottom; packages on one line do not import each other. ARCHITECTURE.md says what each one is for.
LAYERS = (
    ("_inventory", "_diagnosis"),
    ("_traffic", "_path_check", "_analysis", "_sources"),
    ("_forecast",),
    ("_clusters",),
    ("_kind", "_existing", "_control_plane", "_loopback"),
    ("_kubernetes", "_simulation", "_envoy"),
    ("_progress",),
    ("_report", "_istio", "_load", "_certificates"),
    ("_common",),
)
LEVEL = {package: level for level, packages in enumerate(LAYERS) for package in packages}


def name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, known: t.Container[str]) -> t.Iterator[str]:
    """Yield the collection's own modules that a file imports, also within functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            if node.module and f"{node.module}.".startswith(PREFIX):
                base = node.module.removeprefix(PREFIX)
                for alias in node.names:
                    module = f"{base}.{alias.name}"
                    yield module if module in known else base
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.removeprefix(PREFIX)
                for alias in node.names
                if alias.name.startswith(PREFIX)
            )


def read_imports(root: Path) -> dict[str, set[str]]:
    files = {name_of(path, root): path for path in root.rglob("*.py")}
    return {name: set(imported(path, files)) for name, path in files.items()}


IMPORTS = read_imports(PLUGINS)


def package_of(module: str) -> str | None:
    """Return the package below module_utils, or None for a plugin."""
    return module.removeprefix(UTILS).split(".")[0] if module.startswith(UTILS) else None


def upward(imports: dict[str, set[str]]) -> list[str]:
    found = []
    for module, targets in sorted(imports.items()):
        package = package_of(module)
        for target in sorted(targets):
            lower = package_of(target)
            if package and lower is None:
                found.append(f"{module} imports the plugin {target}")
            elif package and lower and package != lower and LEVEL[package] >= LEVEL[lower]:
                found.append(f"{module} imports {target}, which is not below it")
    return found


def test_every_package_has_a_layer() -> None:
    packages = {path.name for path in (PLUGINS / "module_utils").iterdir() if path.is_dir()}
    assert packages - {"__pycache__"} == LEVEL.keys()


def test_packages_are_private() -> None:
    """Only names with an underscore may change without notice; Ansible's sanity tests know that."""
    modules = [module.removeprefix(UTILS) for module in IMPORTS if module.startswith(UTILS)]
    assert all(module.startswith("_") for module in modules)


def test_imports_go_downward() -> None:
    assert upward(IMPORTS) == []


def test_no_two_files_import_each_other() -> None:
    graphlib.TopologicalSorter(IMPORTS).prepare()


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("module_utils._common.errors", "module_utils._istio.hosts"),
        ("module_utils._kind.spec", "module_utils._existing.cleanup"),
        ("module_utils._istio.hosts", "modules.manifest"),
    ],
)
def test_an_import_that_goes_upward_is_noticed(module: str, target: str) -> None:
    assert upward({module: {target}})


def test_a_cycle_is_noticed() -> None:
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()


MAP = (CHECKOUT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_map_has_every_package_in_the_order_of_the_layers() -> None:
    lines = re.findall(r"(?m)^\| (`_\w+`(?:, `_\w+`)*) \|", MAP)
    mapped = [name for line in lines for name in re.findall(r"`(\w+)`", line)]
    assert set(mapped) == LEVEL.keys()
    assert [LEVEL[name] for name in mapped] == sorted(LEVEL.values())


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\.?\w[\w/.-]*/[\w/.-]*)`", MAP))))
def test_the_map_names_what_exists(name: str) -> None:
    places = (CHECKOUT, PLUGINS, PLUGINS / "module_utils")
    assert any((place / name).exists() for place in places)
