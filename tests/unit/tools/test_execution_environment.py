# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented execution environment is one that ansible-builder takes, with what the collection needs in it."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import yaml

CHECKOUT = pathlib.Path(__file__).parents[3]
BUILDER = pathlib.Path(sys.executable).parent / "ansible-builder"


def run(*arguments: str | pathlib.Path, cwd: pathlib.Path) -> str:
    result = subprocess.run(
        [BUILDER, *arguments], cwd=cwd, check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_documented_definition(tmp_path: pathlib.Path) -> None:
    page = (CHECKOUT / "docs" / "execution-environment.md").read_text(encoding="utf-8")
    definition, tarball = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "execution-environment.yml").write_text(definition, encoding="utf-8")
    run("create", cwd=tmp_path)
    galaxy = yaml.safe_load((tmp_path / "context/_build/requirements.yml").read_text("utf-8"))
    assert {"name": "eastwest.mesh"} in galaxy["collections"]

    offline = yaml.safe_load(definition)
    for key, value in yaml.safe_load(tarball).items():
        offline[key] = {**offline.get(key, {}), **value} if isinstance(value, dict) else value
    (tmp_path / "eastwest-mesh-1.0.0.tar.gz").touch()
    (tmp_path / "execution-environment.yml").write_text(yaml.safe_dump(offline), encoding="utf-8")
    run("create", cwd=tmp_path)
    assert (tmp_path / "context/_build/configs/eastwest-mesh-1.0.0.tar.gz").exists()


def test_requirements_of_the_collection(tmp_path: pathlib.Path) -> None:
    collection = tmp_path / "ansible_collections" / "eastwest" / "mesh"
    collection.parent.mkdir(parents=True)
    collection.symlink_to(CHECKOUT)
    output = run("introspect", tmp_path, cwd=tmp_path)
    for requirement in (CHECKOUT / "meta/ee-requirements.txt").read_text("utf-8").splitlines():
        assert requirement.startswith("#") or requirement in output
