# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sanity runner prepares ansible-test, and does not take silence for success."""

from __future__ import annotations

import pathlib

import check_sanity
import pytest


def test_pip_version_of_the_installed_ansible_test() -> None:
    pytest.importorskip("ansible_test")
    assert check_sanity.pip_versions(check_sanity.ansible_test_source())


@pytest.mark.parametrize(
    ("source", "versions"),
    [
        ("    packages = dict(\n        pip='25.2',\n    )", {"25.2"}),
        ('dict(pip="24.0") or dict(pip="25.3.1")', {"24.0", "25.3.1"}),
        ("skip_pip='1', pip=version", set()),
    ],
)
def test_pip_versions(source: str, versions: set[str]) -> None:
    assert check_sanity.pip_versions(source) == versions


def test_bootstrap_script_is_where_ansible_test_looks(tmp_path: pathlib.Path) -> None:
    check_sanity.prepare_home(tmp_path, {"25.3.1"})
    script = tmp_path / ".ansible" / "test" / "cache" / "get_pip_25_3_1.py"
    compile(script.read_text(encoding="utf-8"), script, "exec")


def test_unknown_pip_is_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(check_sanity.SanityProblem, match="which pip"):
        check_sanity.prepare_home(tmp_path, set())


def test_user_settings_of_pip_are_shared(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, ours = tmp_path / "user", tmp_path / "ours"
    (user / ".config").mkdir(parents=True)
    (user / ".ansible").mkdir()
    monkeypatch.setenv("HOME", str(user))
    for _twice in range(2):
        check_sanity.prepare_home(ours, {"25.2"})
    assert (ours / ".config").resolve() == user / ".config"
    assert not (ours / ".ansible").is_symlink()
    assert list((user / ".ansible").iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (['Running sanity test "compile" on Python 3.13\n'], 0),
        (["WARNING: All targets skipped.\n"], 1),
        ([], 1),
    ],
)
def test_silence_is_an_error(lines: list[str], status: int) -> None:
    assert check_sanity.judge_silence(lines) == status
