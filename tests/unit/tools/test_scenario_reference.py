# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of all scenario variables says what the checks, the playbooks and the inventories know."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest
import scenario_reference
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import (
    playbook_options,
    scenario_variables,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.preflight import scenario
from ansible_collections.eastwest.mesh.plugins.modules import traffic_sample

CHECKOUT = pathlib.Path(__file__).parents[3]
TOOL = CHECKOUT / "tests" / "tools" / "scenario_reference.py"
SCENARIOS = scenario_variables.scenario_options()
DOCUMENTED = {
    *playbook_options.PLAYBOOK_OPTIONS,
    *(name for found in SCENARIOS.values() for name in found),
}
PLAYBOOKS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted((CHECKOUT / "playbooks").rglob("*"))
    if path.suffix in (".yml", ".j2")
)
# of roles, and of the preflight
NOT_OF_PLAYBOOKS = {"mesh_id", "mesh_network", "mesh_trust_domain", "scenario_hosts"}
PREFIXES = (*SCENARIOS, "federation_variant", "scenario", "explain")


def inventory_variables() -> set[str]:
    found: set[str] = set()
    for path in (CHECKOUT / "inventories").rglob("*.yml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        found.update(content if isinstance(content, dict) else ())
    return {name for name in found if name.startswith(tuple(f"{each}_" for each in PREFIXES))}


def is_read(name: str) -> bool:
    return re.search(rf"\b{name}\b", PLAYBOOKS) is not None


def test_the_page_says_what_the_preflight_checks() -> None:
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_inventories_set_and_playbooks_read_is_documented() -> None:
    read = {name for name in inventory_variables() if is_read(name)}
    assert len(read) > 30
    assert read - DOCUMENTED == set()


@pytest.mark.parametrize("name", sorted(DOCUMENTED - NOT_OF_PLAYBOOKS))
def test_what_is_documented_is_read(name: str) -> None:
    assert is_read(name)


@pytest.mark.parametrize("playbook", sorted(SCENARIOS))
def test_the_preflight_checks_the_documented_variables(playbook: str) -> None:
    checked = scenario(playbook).options()
    if playbook == "failover":
        checked |= scenario(playbook, scenario_variables.COMMONLY_WRITTEN).options()
    assert checked == SCENARIOS[playbook]
    assert (CHECKOUT / "playbooks" / f"{playbook}.yml").exists()


def test_every_variable_is_described() -> None:
    specs = {
        **playbook_options.PLAYBOOK_OPTIONS,
        **{n: s for f in SCENARIOS.values() for n, s in f.items()},
    }
    assert [name for name, spec in specs.items() if not scenario_reference.text_of(spec)] == []


def test_events_of_steps_are_those_of_samples() -> None:
    steps = scenario_variables.options()["proof_steps"]["options"]
    # the role itself says that nothing is kept
    assert steps["events"]["options"].keys() == traffic_sample.EVENT.keys() - {"kept"}
    assert steps["events"]["options"]["action"]["choices"] == traffic_sample.ACTIONS
