# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of all hosts' variables, as Ansible templates them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
NODES = {"east": [{"region": "east"}], "west": [{"region": "west"}]}
RULE = {"name": "r", "namespace": "n", "host": "a.b.svc.cluster.local"}


def run(
    directory: Path,
    play: Path,
    east: dict[str, t.Any],
    west: dict[str, t.Any] | None = None,
    *arguments: str,
) -> tuple[int, str]:
    hosts = {
        name: {"ansible_connection": "local", "cluster_nodes": NODES[name], **own}
        for name, own in (("east", east), ("west", west or {}))
    }
    inventory = directory / "hosts.yml"
    inventory.write_text(json.dumps({"clusters": {"hosts": hosts}}), encoding="utf-8")
    return run_with(directory, play, inventory, *arguments)


def run_with(directory: Path, play: Path, inventory: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", inventory, play, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=directory,
        env={
            **os.environ,
            "ANSIBLE_HOME": str(directory / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "XDG_STATE_HOME": str(directory / "state"),
        },
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("playbook", "east", "west", "expected"),
    [
        ("up", {}, {"workload_lsit": []}, "west: workload_lsit is no variable of the collection"),
        # only a template says what it is
        ("up", {"own": [1]}, {"mesh_lab": "{{ hostvars.east.own }}"}, "west: mesh_lab is [1]"),
        (
            "up",
            {"cluster_pod_subnet": "10.1.0.0/16"},
            {"cluster_pod_subnet": "{{ hostvars.east.cluster_pod_subnet }}"},
            "10.1.0.0/16 of east and 10.1.0.0/16 of west overlap",
        ),
        (
            "failover",
            {
                "failover_rules": [{**RULE, "failover": [{"from": "east", "to": "wst"}]}],
                "failover_steps": [{"name": "s"}],
            },
            {},
            "failover[0].to is 'wst', where no node and no imported service is; there are east, west",
        ),
        (
            "explain",
            {"explain_scenario": "failovr"},
            {},
            "no cluster of this inventory has failovr_",
        ),
    ],
)
def test_nothing_is_touched_where_variables_are_wrong(
    tmp_path: Path, playbook: str, east: dict[str, t.Any], west: dict[str, t.Any], expected: str
) -> None:
    code, output = run(tmp_path, PLAYBOOKS / f"{playbook}.yml", east, west)
    assert code != 0
    assert expected in output
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("playbook", ["failover", "down", "explain"])
def test_no_clusters(tmp_path: Path, playbook: str) -> None:
    code, output = run_with(tmp_path, PLAYBOOKS / f"{playbook}.yml", tmp_path / "hsots.yml")
    assert code != 0
    assert f"looked for it in the inventory {tmp_path}/hsots.yml. It has the hosts: none" in output


def test_tags_that_no_task_has(tmp_path: Path) -> None:
    code, output = run(tmp_path, PLAYBOOKS / "up.yml", {}, {}, "--tags", "proof")
    assert code != 0
    assert "--tags proof leaves no task of this playbook to run" in output


PLAY = """
- hosts: clusters
  gather_facts: false
  vars:
    workload_list: []
  roles:
    - role: eastwest.mesh.mesh
  tasks:
    - eastwest.mesh.role_manifests:
        role: workload
      vars:
        workload_list: [{name: "{{ item }}", namespace: shop, app: sleep}]
      loop: [a, b]
      register: built
    - eastwest.mesh.preflight:
        roles: [workload]
      register: checked
    - ansible.builtin.assert:
        that:
          - built.results[1].objects[-1].metadata.name == 'b'
          - checked.connections.west.cluster == 'west'
          - checked.connections.west.kubeconfig == '/own/west'
          - checked.connections.east.kubeconfig == mesh_lab_directory ~ '/clusters/east/kubeconfig'
          - mesh_peers | length == 1
    - eastwest.mesh.locality_info:
        provider: loopback
        lab_directory: "{{ mesh_lab_directory }}"
        cluster: east
        peers: [north]
        clients: [{namespace: a, workload: b}]
      register: refused
      ignore_errors: true
    - ansible.builtin.assert:
        that: "'peers: north: no host of the group clusters' in refused.msg"
"""


def test_variables_of_tasks_and_of_other_hosts(tmp_path: Path) -> None:
    play = tmp_path / "play.yml"
    play.write_text(PLAY, encoding="utf-8")
    # undefined until some task has run
    later = {"workload_list": [{"name": "{{ nothing.of_this }}", "namespace": "n", "app": "sleep"}]}
    kind = {"mesh_provider": "kind"}
    west = {**kind, "mesh_kubeconfig": "/own/{{ inventory_hostname }}"}
    code, output = run(tmp_path, play, {**later, **kind}, west)
    assert code == 0, output
