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

CDS, LDS = "cluster_manager.cds.version_text", "listener_manager.lds.version_text"
EDS = "cluster.outbound|80||a.version_text"
EDS_FILE = "xds/eds/outbound~80~~a.json"


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    for path, resources in (
        ("xds/cds.json", [{"name": "outbound|80||a"}]),
        ("xds/lds.json", []),
        (EDS_FILE, [{"cluster_name": "outbound|80||a"}]),
    ):
        files.write(tmp_path / path, xds_files.response("type", resources))
    return tmp_path


def version(pod: Path, path: str) -> str:
    found: str = json.loads((pod / path).read_bytes())["version_info"]
    return found


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What Envoy says of its versions, one answer after the other, the last again and again."""
    given: list[dict[str, str]] = []

    def versions(_directory: Path) -> dict[str, str]:
        return given.pop(0) if len(given) > 1 else given[0]

    monkeypatch.setattr(admin, "versions", versions)
    monkeypatch.setattr(xds_files, "_ACCEPT_SECONDS", 0.05)
    return given


@pytest.mark.parametrize(
    ("changed", "late"),
    [([], CDS), ([], LDS), ([EDS_FILE], EDS), (["envoy.json", EDS_FILE], EDS)],
)
def test_it_waits_for_each_version(
    pod: Path, answers: list[dict[str, str]], changed: list[str], late: str
) -> None:
    taken = {
        CDS: version(pod, "xds/cds.json"),
        LDS: version(pod, "xds/lds.json"),
        EDS: version(pod, EDS_FILE),
    }
    answers += [{**taken, late: "older"}, taken]
    xds_files.wait_accepted(pod, changed)
    assert answers == [taken]


@pytest.mark.parametrize(
    ("changed", "has"), [([], {EDS: "older"}), ([EDS_FILE], {})], ids=["unchanged", "gone"]
)
def test_it_does_not_wait_for_other_endpoints(
    pod: Path, answers: list[dict[str, str]], changed: list[str], has: dict[str, str]
) -> None:
    answers.append({CDS: version(pod, "xds/cds.json"), LDS: version(pod, "xds/lds.json"), **has})
    xds_files.wait_accepted(pod, changed)


def test_it_says_why_envoy_refuses(pod: Path, answers: list[t.Any]) -> None:
    (pod / "envoy.log").write_text("[warning] config update rejected: no such filter\n")
    answers.append({CDS: "older", LDS: version(pod, "xds/lds.json")})
    with pytest.raises(LabBroken, match="no such filter"):
        xds_files.wait_accepted(pod)
