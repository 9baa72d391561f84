# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of all variables of an inventory."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    NotYetKnown,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.preflight import (
    inventory_variable_problems,
    scenario,
)

INVENTORIES = pathlib.Path(__file__).parents[5] / "inventories"
FILES = sorted(INVENTORIES.glob("**/*_vars/**/*.yml"))


class Lazy(dict[str, t.Any]):
    """Variables of which some need facts that are not known yet."""

    def __getitem__(self, name: str) -> t.Any:
        if super().__getitem__(name) == "{{ later }}":
            raise NotYetKnown("later")
        return super().__getitem__(name)


def problems(host: dict[str, t.Any], name: str = "") -> list[str]:
    found = inventory_variable_problems(Lab({"h": host}, ["h"]), scenario(name) if name else None)
    assert all(each.startswith("h: ") for each in found)
    return [each.removeprefix("h: ") for each in found]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"cluster_nodes": [{"regoin": "r"}]}, "cluster_nodes[0] has no field 'regoin'"),
        ({"mesh_id": ["a"]}, "mesh_id is ['a']; write a text"),
        ({"gateway_exposed_hosts": "a.b"}, "gateway_exposed_hosts is 'a.b'; write a list"),
        ({"istio_mtls_mode": "STRCIT"}, "istio_mtls_mode is 'STRCIT'; choose STRICT"),
        ({"failover_rules": "a"}, "failover_rules is 'a'; write a list"),
        ({"failover_steps": [{"nmae": "a"}]}, "failover_steps[0] has no field 'nmae'"),
        (
            {"cluster_pod_subnet": "10.10.0.0/99"},
            "cluster_pod_subnet is '10.10.0.0/99': '10.10.0.0/99' does not appear to be",
        ),
        (
            {"cluster_service_subnet": "10.10.0.1/16,fd00::/64"},
            "cluster_service_subnet is '10.10.0.1/16,fd00::/64': 10.10.0.1/16 has host bits set",
        ),
        ({"mesh_netwrok": "a"}, "mesh_netwrok is no variable of the collection"),
        ({"explain_senario": "a"}, "explain_senario is no variable of the collection"),
        ({"explian_drained": []}, "explian_drained is no variable of the collection"),
        ({"explain_drained": "a"}, "explain_drained is 'a'; write a list"),
        ({"workload_list": None}, "workload_list is null; write a list, or leave it out"),
        ({"workload_list": [None]}, "workload_list[0] is null; write a mapping, or take it out"),
        ({"failover_steps": [None]}, "failover_steps[0] is null; write a mapping"),
        ({"gateway_exposed_hosts": [None]}, "gateway_exposed_hosts[0] is null; write a text"),
    ],
)
def test_problems(host: dict[str, t.Any], expected: str) -> None:
    assert problems(host, "failover")[0].startswith(expected)


def test_what_needs_facts_is_left_to_roles() -> None:
    assert problems(Lazy(import_service_list="{{ later }}", workload_list=[])) == []


@pytest.mark.parametrize("subnet", ["", "10.10.0.0/16", "10.10.0.0/16,fd00::/64"])
def test_subnets(subnet: str) -> None:
    assert problems({"cluster_pod_subnet": subnet}) == []


def test_null_is_no_value_where_there_is_no_default() -> None:
    assert problems({"gateway_exposed_hosts": None}) == []


def test_facts_of_roles_are_none() -> None:
    facts = dict.fromkeys(["cluster_regions", "gateway_address", "gateway_addresses"], "x")
    assert problems(facts) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(INVENTORIES)))
def test_inventories(path: pathlib.Path) -> None:
    host = yaml.safe_load(path.read_text(encoding="utf-8"))
    host = {name: value for name, value in host.items() if "{{" not in str(value)}
    assert problems(host, path.stem if f"{path.stem}_rules" in host else "") == []
