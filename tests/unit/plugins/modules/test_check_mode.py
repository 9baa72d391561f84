# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode before the lab exists, when the tasks before have only pretended to make it."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.modules import sidecar, traffic_sample

Options = dict[str, t.Any]

RESTORE: Options = {"namespace": "sample", "workloads": ["web"], "state": "serving"}
DRAIN: Options = {**RESTORE, "state": "drained"}
SEND: Options = {
    "namespace": "sleep",
    "workload": "sleep",
    "url": "http://web.sample:5000/hello",
    "expect": {"from_forecast": True},
}


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> t.Callable[..., Options]:
    def call(module: types.ModuleType, options: Options, *, check: bool) -> Options:
        lab = {"lab_directory": str(tmp_path / "lab"), "cluster": "east"}
        arguments = {**lab, **options, "_ansible_check_mode": check}
        text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text)
        # Newer versions of Ansible want to know how the arguments are written.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            module.main()
        assert not (tmp_path / "lab").exists()
        return t.cast("Options", json.loads(capsys.readouterr().out))

    return call


@pytest.mark.parametrize(
    ("module", "options"), [(sidecar, RESTORE), (sidecar, DRAIN), (traffic_sample, SEND)]
)
def test_no_lab_yet(
    run: t.Callable[..., Options], module: types.ModuleType, options: Options
) -> None:
    in_earnest = run(module, options, check=False)
    assert in_earnest["failed"]
    assert "there is no lab in" in in_earnest["msg"]
    pretended = run(module, options, check=True)
    assert not pretended.get("failed")
    assert not pretended["changed"]
    assert "there is no lab in" in pretended["msg"]
