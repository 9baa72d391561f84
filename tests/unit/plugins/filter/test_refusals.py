# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters name themselves where a template calls them with what cannot work."""

from __future__ import annotations

import importlib

import pytest
from ansible.errors import AnsibleFilterError

WRONG_NODE = {"role": "king"}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("carve_subnet", (["everything"], 0, 2), "'everything' is not a subnet such as"),
        ("named_nodes", ([WRONG_NODE], "east"), "cluster_nodes of east: role is 'king'; "),
        ("overlapping_addresses", ({"east": ["all"]},), "'all' is neither a subnet"),
        (
            "unplaced_workloads",
            ([{"name": "web"}], [WRONG_NODE], "east"),
            "cluster_nodes of east: role is 'king'; ",
        ),
    ],
)
def test_a_filter_says_what_it_cannot_work_with(name, arguments, message):
    module = importlib.import_module(f"ansible_collections.eastwest.mesh.plugins.filter.{name}")
    with pytest.raises(AnsibleFilterError) as raised:
        module.FilterModule().filters()[name](*arguments)
    assert str(raised.value).startswith(f"{name}: {message}")
