# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.rules import (
    ambiguous_localities,
)

SHARED = {
    "east": [{"region": "r1", "zone": "z1"}, {"region": "r1", "zone": "z2"}],
    "west": [{"region": "r1", "zone": "z1"}, {"region": "r2", "zone": "z3"}],
}
FOUND = ["rule 'x': r1/z1 is in the clusters east and west"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"failover": [{"from": "r1", "to": "r2"}]}, FOUND),
        ({"failover": [{"from": "r2", "to": "r1"}]}, FOUND),
        ({"failover": [{"from": "r2", "to": "r3"}]}, []),
        ({"distribute": [{"from": "r1/z1/*", "to": {"r2/z3/*": 100}}]}, FOUND),
        ({"distribute": [{"from": "r1/z2/*", "to": {"r2/z3/*": 100}}]}, []),
        ({"distribute": [{"from": "r2/z3/*", "to": {"r1/*": 20, "r2/*": 80}}]}, FOUND),
        ({"distribute": [{"from": "*", "to": {"r2/z3/*": 100}}]}, FOUND),
        # ranks by label and plain outlier detection name no locality
        ({"failover_priority": ["topology.kubernetes.io/region"]}, []),
        ({"outlier_detection": {"consecutive5xxErrors": 1}}, []),
    ],
)
def test_rule(rule: dict[str, t.Any], expected: list[str]) -> None:
    assert ambiguous_localities([{"name": "x", **rule}], SHARED) == expected


def test_zones_of_one_cluster_may_repeat() -> None:
    clusters = {
        "east": [{"region": "r1", "zone": "z1"}] * 2,
        "west": [{"region": "r2", "zone": "z1"}],
    }
    assert (
        ambiguous_localities([{"name": "x", "failover": [{"from": "r1", "to": "r2"}]}], clusters)
        == []
    )
