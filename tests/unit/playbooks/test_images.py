# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that lists a lab's images."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[3]
OWN = {
    "istio_hub": "mirror.example/istio",
    "istio_version": "1.30.3",
    "metallb_images": {"controller": "mirror.example/c:1", "speaker": "mirror.example/s:1"},
    "workload_images": {"sleep": "mirror.example/curl:1"},
    "workload_list": [
        {"name": "a", "namespace": "b", "app": "sleep", "image": "mirror.example/own:1"}
    ],
}
ISTIO = {"mirror.example/istio/pilot:1.30.3", "mirror.example/istio/proxyv2:1.30.3"}
METALLB = {"mirror.example/c:1", "mirror.example/s:1"}
WORKLOADS = {"mirror.example/curl:1", "mirror.example/own:1"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"mesh_provider": "kind"}, ISTIO | METALLB | WORKLOADS),
        # the platform's load balancers, the operator's images
        ({"mesh_provider": "existing", "istio_installer": "sail"}, WORKLOADS),
    ],
)
def test_all_images_of_a_lab(tmp_path, variables, expected):
    target = tmp_path / "images.yml"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ansible", "playbook", str(CHECKOUT / "playbooks/images.yml")),
            *("-i", str(CHECKOUT / "inventories/east-west"), "--limit", "east"),
            *("-e", json.dumps({**OWN, **variables, "images_file": str(target)})),
        ],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_HOME": str(tmp_path / "ansible")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(yaml.safe_load(target.read_text())["cluster_load_images"]) == expected
