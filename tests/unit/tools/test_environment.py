# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment is rebuilt when, and only when, it has to be."""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t
import venv

import environment
import pytest


class Recorder:
    """Stands in for venv and pip."""

    def __init__(self) -> None:
        self.created = 0
        self.installed: list[list[str]] = []
        self.fail = False

    def create(self, venv: pathlib.Path) -> None:
        self.created += 1
        python = venv / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)
        # As a removal of the old one would
        (venv / environment.STAMP).unlink(missing_ok=True)

    def install(
        self, venv: pathlib.Path, checkout: pathlib.Path, layers: t.Collection[str]
    ) -> None:
        assert not (venv / environment.STAMP).exists(), "the stamp must be away while pip works"
        if self.fail:
            raise environment.EnvironmentProblem("pip could not install")
        self.installed.append(list(layers))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(environment, "create", recorder.create)
    monkeypatch.setattr(environment, "install", recorder.install)
    monkeypatch.setattr(environment, "link_collection", lambda venv, checkout: None)
    return recorder


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> pathlib.Path:
    write(tmp_path, "requirements.txt", "-r meta/more.txt\n")
    write(tmp_path, "meta/more.txt", "something>=1\n")
    write(tmp_path, "tests/requirements.txt", "tool\n")
    write(tmp_path, "tests/kubernetes-requirements.txt", "much\n")
    return tmp_path


def write(root: pathlib.Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def ensure(checkout: pathlib.Path, *layers: str) -> None:
    environment.ensure(checkout / ".venv", checkout, layers)


def test_built_once(checkout: pathlib.Path, recorder: Recorder) -> None:
    ensure(checkout, "run")
    ensure(checkout, "run")
    assert (recorder.created, recorder.installed) == (1, [["run"]])


def test_layers_are_added(checkout: pathlib.Path, recorder: Recorder) -> None:
    ensure(checkout, "run")
    ensure(checkout, "test")
    ensure(checkout, "run")
    ensure(checkout, "test")
    assert (recorder.created, recorder.installed) == (1, [["run"], ["run", "test"]])


@pytest.mark.parametrize("name", ["requirements.txt", "meta/more.txt", "tests/requirements.txt"])
def test_changed_requirements(checkout: pathlib.Path, recorder: Recorder, name: str) -> None:
    ensure(checkout, "test")
    write(checkout, name, "other\n")
    ensure(checkout, "run")
    assert (recorder.created, recorder.installed[1:]) == (2, [["run", "test"]])


def test_requirements_of_absent_layers_do_not_matter(
    checkout: pathlib.Path, recorder: Recorder
) -> None:
    ensure(checkout, "run")
    write(checkout, "tests/requirements.txt", "other\n")
    ensure(checkout, "run")
    assert recorder.created == 1


def test_failed_build_is_started_anew(checkout: pathlib.Path, recorder: Recorder) -> None:
    recorder.fail = True
    with pytest.raises(environment.EnvironmentProblem):
        ensure(checkout, "run")
    recorder.fail = False
    ensure(checkout, "run")
    assert recorder.created == 2


def test_failed_addition_is_started_anew(checkout: pathlib.Path, recorder: Recorder) -> None:
    ensure(checkout, "run")
    recorder.fail = True
    with pytest.raises(environment.EnvironmentProblem):
        ensure(checkout, "test")
    recorder.fail = False
    ensure(checkout, "run")
    assert recorder.created == 2


def damage_python(venv: pathlib.Path) -> None:
    python = venv / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")


def damage_stamp(venv: pathlib.Path) -> None:
    (venv / environment.STAMP).write_text("{", encoding="utf-8")


def move_checkout(venv: pathlib.Path) -> None:
    stamp = json.loads((venv / environment.STAMP).read_text(encoding="utf-8"))
    stamp["checkout"] = "/elsewhere"
    (venv / environment.STAMP).write_text(json.dumps(stamp), encoding="utf-8")


@pytest.mark.parametrize("damage", [damage_python, damage_stamp, move_checkout])
def test_damaged_environment_is_built_anew(
    checkout: pathlib.Path, recorder: Recorder, damage: t.Callable[[pathlib.Path], None]
) -> None:
    ensure(checkout, "run")
    damage(checkout / ".venv")
    ensure(checkout, "run")
    assert recorder.created == 2


def test_python_without_venv(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(environment.EnvironmentProblem, match=r"python3\.\d+-venv"):
        environment.create(tmp_path / ".venv")


def test_something_else_is_called_venv(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".venv").write_text("mine", encoding="utf-8")
    with pytest.raises(environment.EnvironmentProblem, match="not a directory"):
        environment.create(tmp_path / ".venv")
    assert (tmp_path / ".venv").read_text(encoding="utf-8") == "mine"


def test_packages_are_compiled(tmp_path: pathlib.Path) -> None:
    venv.create(tmp_path / ".venv", with_pip=False)
    site = environment.site_packages(tmp_path / ".venv")
    for name in ("some/module.py", "ansible_collections/other/one/module.py"):
        path = site / name
        path.parent.mkdir(parents=True)
        path.write_text("ANSWER = 42\n", encoding="utf-8")
    environment.compile_packages(tmp_path / ".venv")
    assert [path.parts[-3] for path in site.rglob("*.pyc")] == ["some"]


def test_an_index_that_cannot_be_reached(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "watch_pip", lambda _command: 1)
    with pytest.raises(environment.EnvironmentProblem, match="PIP_INDEX_URL=https://"):
        environment.install(tmp_path / ".venv", tmp_path, ["run"])


def test_an_activated_environment_is_made_anew_by_the_python_below_it(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment.interpreter(tmp_path) == sys.executable
    monkeypatch.setattr(environment.sys, "prefix", str(tmp_path))
    monkeypatch.setattr(environment.sys, "_base_executable", "/usr/bin/python3")
    assert environment.interpreter(tmp_path) == "/usr/bin/python3"


SPEECH = """
import sys
print("Collecting ansible-core~=2.19")
print("  Downloading ansible_core.whl (2 MB)")
print("Collecting kubernetes>=30")
print("Installing collected packages: a, b, c")
sys.exit(int(sys.argv[1]))
"""


def test_pip_is_heard(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", SPEECH]
    monkeypatch.setattr(environment, "SILENCE", 0)
    assert environment.watch_pip([*command, "0"]) == 0
    said = capfd.readouterr()
    assert said.out == ("  fetching ansible-core\n  fetching kubernetes\n  installing 3 packages\n")
    assert said.err == ""
    assert environment.watch_pip([*command, "3"]) == 3
    assert "Downloading ansible_core.whl" in capfd.readouterr().err


def test_a_silent_pip_is_alive(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "PATIENCE", 0.2)
    assert environment.watch_pip([sys.executable, "-c", "import time; time.sleep(1)"]) == 0
    assert "  still at it after" in capfd.readouterr().out


@pytest.fixture
def uv(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A program named uv that notes how it was called, and ends as the file `status` says."""
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@ index=$UV_DEFAULT_INDEX" >> {tmp_path}/calls\nexit $(cat {tmp_path}/status)\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    return tmp_path


@pytest.mark.parametrize(("status", "pip"), [(0, 0), (1, 1)])
def test_uv_is_taken_where_it_can_and_pip_where_not(
    uv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, status: int, pip: int
) -> None:
    (uv / "status").write_text(str(status))
    installed: list[str] = []
    monkeypatch.setattr(
        environment, "install_with_pip", lambda venv, files, arguments: installed.extend(files)
    )
    monkeypatch.setattr(environment, "compile_packages", lambda venv: None)
    environment.install(uv / ".venv", uv, ["run"])
    assert len(installed) == pip
    call = (uv / "calls").read_text()
    assert f"--python {uv}/.venv/bin/python -r {uv}/requirements.txt" in call
    assert "index=https://index.example/simple" in call


def test_bounds_are_those_of_the_execution_environment() -> None:
    """The checkout's requirements are split by need; what they say is what users of the collection get."""

    def lines(name: str) -> set[str]:
        text = (environment.CHECKOUT / name).read_text(encoding="utf-8")
        return {line for line in text.splitlines() if line and not line.startswith(("#", "-r"))}

    own = lines("requirements.txt") | lines("tests/kubernetes-requirements.txt")
    assert lines("meta/ee-requirements.txt") <= own
    assert {line.split(">")[0] for line in own - lines("meta/ee-requirements.txt")} == {
        "ansible-core",
        "ansible",
    }
