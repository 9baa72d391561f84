# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module around the logic: its options, what it returns, how it fails."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import HOPS, OK
from ansible_collections.eastwest.mesh.plugins.modules import mesh_path_info
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import (
    builders as b,
)

Options = dict[str, t.Any]
Run = t.Callable[..., Options]
GIVEN: Options = {
    "lab_directory": "/lab",
    "cluster": "east",
    "namespace": "sleep",
    "workload": "sleep",
    "url": f"http://{b.HOST}:8000/headers",
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the module as Ansible does, and returns what it prints."""

    def call(facts: t.Any, *, check: bool = False, **options: t.Any) -> Options:
        given = {name: value for name, value in {**GIVEN, **options}.items() if value is not None}
        arguments = {**given, "_ansible_check_mode": check}
        text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text)
        # Newer versions of Ansible want to know how the arguments are written.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        monkeypatch.setattr(mesh_path_info, "gather", lambda _params: facts())
        with pytest.raises(SystemExit):
            mesh_path_info.main()
        return t.cast("Options", json.loads(capsys.readouterr().out))

    return call


def broken() -> t.Any:
    path = b.cluster_hop(b.endpoint(b.gateway(), new_connections=9, failed_connections=9))
    return b.facts(path, records=b.answers(503, 503, 503))


@pytest.mark.parametrize("check", [False, True])
def test_without_expectation_it_reports(run: Run, check: bool) -> None:
    result = run(broken, check=check)
    assert not result.get("failed")
    assert not result["changed"]
    assert (result["failing_hop"], result["requests"], result["answered"]) == ("server", 3, 0)
    assert result["verdict"].startswith("server fails: the gateway knows the service")
    hop = result["hops"][-1]
    assert set(hop) == {"hop", "ok", "where", "detail", "evidence", "advice"}
    assert hop["ok"] is False


def test_the_page_has_every_hop(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "path.json"
    assert "page" not in run(broken, path=str(path), check=True) and not path.exists()
    # it is written where the module fails, too
    result = run(broken, path=str(path), expect="ok")
    document = json.loads(path.read_text("utf-8"))
    assert (document["hops"], document["verdict"]) == (result["hops"], "failed")
    page = Path(result["page"]).read_text("utf-8")
    assert page.count('class="card') == len(result["hops"])


@pytest.mark.parametrize(
    ("facts", "expect", "fails"),
    [
        (b.healthy, "ok", False),
        (b.healthy, "gateway", True),
        (broken, "server", False),
        (broken, "gateway", True),
        (broken, "ok", True),
    ],
    ids=["works", "works but must not", "as foreseen", "at another hop", "does not work"],
)
def test_expectations(run: Run, facts: t.Any, expect: str, fails: bool) -> None:
    result = run(facts, expect=expect)
    assert bool(result.get("failed")) is fails
    if fails:
        assert result["msg"].startswith("expected is ")
        assert result["verdict"] in result["msg"]
    assert result["hops"]


def test_what_cannot_be_looked_at_is_said(run: Run) -> None:
    def nothing() -> t.Any:
        raise NotFound("workload: there is none")

    result = run(nothing)
    assert result["failed"]
    assert result["msg"] == "workload: there is none"


@pytest.mark.parametrize(
    "options", [{"workload": None}, {"pod": "sleep-1"}], ids=["no client", "two clients"]
)
def test_one_client(run: Run, options: Options) -> None:
    result = run(b.healthy, **options)
    assert result["failed"]
    assert "workload" in result["msg"]


def test_documentation_has_the_hops() -> None:
    documented = yaml.safe_load(mesh_path_info.DOCUMENTATION)["options"]["expect"]["choices"]
    assert documented == mesh_path_info.ARGUMENTS["expect"]["choices"] == [OK, *HOPS]
