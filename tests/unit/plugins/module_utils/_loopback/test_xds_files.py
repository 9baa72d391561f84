# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an Envoy has taken what is on disk."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import admin, files, xds_files

FILES = {
    path: xds_files.response("type", [resource])
    for path, resource in (
        ("xds/cds.json", {"name": "outbound|80||a"}),
        ("xds/lds.json", {"name": "virtualOutbound"}),
        ("xds/eds/outbound~80~~a.json", {"cluster_name": "outbound|80||a"}),
        ("xds/rds-80.json", {"name": "80"}),
        ("xds/sds-default.json", {"name": "default"}),
        ("xds/sds-rootca.json", {"name": "ROOTCA"}),
        ("bootstrap.json", {}),
    )
}
STATISTICS = {
    "xds/cds.json": "cluster_manager.cds.version_text",
    "xds/lds.json": "listener_manager.lds.version_text",
    "xds/eds/outbound~80~~a.json": "cluster.outbound|80||a.version_text",
    "xds/rds-80.json": "http.outbound_0.0.0.0_80.rds.80.version_text",
    "xds/sds-default.json": "sds.default.version_text",
    "xds/sds-rootca.json": "sds.ROOTCA.version_text",
}
ALWAYS = ("xds/cds.json", "xds/lds.json")
ACCEPTED = {name: json.loads(FILES[path])["version_info"] for path, name in STATISTICS.items()}


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        files.write(tmp_path / path, content)
    return tmp_path


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What Envoy says of its versions, one answer after the other, the last again and again."""
    given: list[dict[str, str]] = []

    def versions(_directory: Path) -> dict[str, str]:
        return given.pop(0) if len(given) > 1 else given[0]

    monkeypatch.setattr(admin, "versions", versions)
    monkeypatch.setattr(xds_files, "_ACCEPT_SECONDS", 0.05)
    return given


@pytest.mark.parametrize("late", STATISTICS)
def test_it_waits_for_each_version(pod: Path, answers: list[dict[str, str]], late: str) -> None:
    answers += [{**ACCEPTED, STATISTICS[late]: "older"}, ACCEPTED]
    xds_files.wait_accepted(pod, FILES)
    assert answers == [ACCEPTED]


@pytest.mark.parametrize("gone", STATISTICS)
def test_resources_that_envoy_does_not_use_have_no_version(gone: str) -> None:
    accepted = {name: version for name, version in ACCEPTED.items() if name != STATISTICS[gone]}
    assert xds_files.differing(FILES, accepted) == ([gone] if gone in ALWAYS else [])


@pytest.mark.parametrize("path", STATISTICS)
@pytest.mark.parametrize("word", ["rejected", "failure"])
def test_a_rejection_has_envoys_reason(
    pod: Path, answers: list[t.Any], path: str, word: str
) -> None:
    (pod / "envoy.log").write_text(f"[warning] config update {word}: no such filter\n")
    answers.append({**ACCEPTED, STATISTICS[path]: "older"})
    with pytest.raises(LabBroken, match="refuses its configuration: no such filter"):
        xds_files.wait_accepted(pod, FILES)


def test_an_older_rejection_is_not_the_reason(pod: Path, answers: list[t.Any]) -> None:
    log = "[warning] config update rejected: no such filter\n"
    (pod / "envoy.log").write_text(log)
    answers.append({**ACCEPTED, STATISTICS["xds/lds.json"]: "older"})
    with pytest.raises(LabBroken, match=r"has not read .*/xds/lds.json within .*; run the same"):
        xds_files.wait_accepted(pod, FILES, len(log))


def test_the_files_of_a_later_run_are_not_waited_for(pod: Path, answers: list[t.Any]) -> None:
    answers.append({**ACCEPTED, STATISTICS["xds/lds.json"]: "newer"})
    files.write(pod / "xds/lds.json", xds_files.response("type", []))
    xds_files.wait_accepted(pod, FILES)
