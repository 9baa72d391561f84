# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules say of options that cannot work: the option, its value, and what would be right."""

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import client_library
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import run_module

Options = dict[str, t.Any]

REAL: Options = {"provider": "existing", "kubeconfig": "/nowhere/kubeconfig", "context": "east"}
WORKLOAD: Options = {"namespace": "sleep", "workload": "sleep"}
STEP: Options = {"name": "before"}
NO_KUBECONFIG = (
    "kubeconfig: /nowhere/kubeconfig does not exist; give the path of the cluster's kubeconfig"
)
NO_LAB = (
    "there is no lab in {lab}; bring it up with the playbook eastwest.mesh.up,"
    " or make its clusters with the module eastwest.mesh.loopback_cluster"
)
CASES: list[tuple[str, Options, str]] = [
    ("existing_cluster", {}, "provider: has to be existing here, not loopback"),
    ("existing_cluster", REAL, NO_KUBECONFIG),
    (
        "istio_control_plane",
        {"version": "1.31.0"},
        "provider: loopback has no control plane to install; choose kind or existing",
    ),
    ("istio_control_plane", {"version": "1.31.0", **REAL}, NO_KUBECONFIG),
    ("lab_objects", {"objects": [], **REAL}, NO_KUBECONFIG),
    ("locality_info", {}, NO_LAB),
    (
        "loopback_cluster",
        REAL,
        "provider: 'existing' is not loopback, which is all this module makes",
    ),
    (
        "loopback_cluster",
        {"service_subnet": "ten"},
        "service_subnet: 'ten' is not an IPv4 network like 10.255.10.0/24: ",
    ),
    (
        "loopback_cluster",
        {"nodes": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
        "nodes of east: a is listed twice",
    ),
    ("manifest", {"definition": []}, NO_LAB),
    ("manifest", {"template": ["a.yaml.j2"]}, "this module works through its action plugin only"),
    (
        "manifest",
        {"definition": ["text"]},
        "definition: 'text' is neither an object nor YAML text with objects",
    ),
    ("mesh_path_info", {**WORKLOAD, "url": "http://web.sample:80/"}, NO_LAB),
    ("pod_dns_info", WORKLOAD, NO_LAB),
    ("objects_ready", {"objects": [{"kind": "Service"}]}, "objects: {{'kind': 'Service'}} needs "),
    ("objects_ready", {"objects": [], **REAL}, NO_KUBECONFIG),
    ("proxy_endpoints_info", WORKLOAD, NO_LAB),
    (
        "remote_clusters_info",
        {},
        "provider: loopback has no istiod that could be asked; choose kind or existing",
    ),
    ("remote_clusters_info", REAL, NO_KUBECONFIG),
    (
        "proof_report",
        {
            "path": "/proc/nowhere/report.json",
            "scenario": "failover",
            "started": "yesterday",
            "steps": [STEP],
        },
        "started: 'yesterday' must be a time with its zone, such as 2026-01-31T12:00:00+00:00",
    ),
    (
        "sidecar",
        {"namespace": "sample", "workloads": ["web"], "state": "drained"},
        NO_LAB,
    ),
    ("sidecar_info", {}, NO_LAB),
    ("sidecars_current", REAL, NO_KUBECONFIG),
    ("traffic_sample", {**WORKLOAD, "url": "http://web.sample:80/"}, NO_LAB),
]


@pytest.fixture(autouse=True)
def _leave_no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE"):
        monkeypatch.setattr(basic, name, None, raising=False)
    # whether it is there does not matter for what is refused before it is used
    monkeypatch.setattr(client_library, "_IMPORT_ERROR", None)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    CASES,
    ids=[f"{name}: {message[:40]}" for name, _options, message in CASES],
)
def test_a_module_says_what_it_cannot_work_with(
    tmp_path: Path, name: str, options: Options, message: str
) -> None:
    module = importlib.import_module(f"ansible_collections.eastwest.mesh.plugins.modules.{name}")
    lab = tmp_path / "lab"
    given = {"provider": "loopback", "lab_directory": str(lab), "cluster": "east", **options}
    if name == "proof_report":
        del given["lab_directory"], given["cluster"]
    result = run_module(module, given)
    assert result["failed"] is True
    assert result["msg"].startswith(message.format(lab=lab))
    assert not lab.exists()
