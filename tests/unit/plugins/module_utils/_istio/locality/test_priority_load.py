# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How load spreads over priorities, and how many hosts may be ejected."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import ejection
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_load import (
    enough_healthy,
    priority_loads,
)

Counts: t.TypeAlias = list[tuple[int, int]]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(2, 2), (1, 1)], [100, 0]),
        ([(1, 2), (1, 1)], [70, 30]),
        ([(0, 2), (1, 1)], [0, 100]),
        ([(1, 3), (2, 2)], [46, 54]),
        ([(2, 3), (2, 2)], [93, 7]),
        ([(3, 4), (2, 2)], [100, 0]),
        ([(7, 10), (1, 1)], [98, 2]),
        ([(72, 100), (1, 1)], [100, 0]),
        ([(71, 100), (1, 1)], [99, 1]),
        # together too weak: what they can carry is scaled up
        ([(2, 4), (0, 1)], [100, 0]),
        ([(1, 4), (1, 4)], [50, 50]),
        ([(1, 4), (1, 4), (4, 4)], [35, 35, 30]),
        ([(1, 4), (1, 4), (1, 5)], [37, 35, 28]),
        ([(1, 20), (13, 20)], [8, 92]),
        ([(1, 10), (2, 10)], [34, 66]),
        ([(0, 2), (0, 1)], [100, 0]),
        # a priority without hosts is passed over
        ([(0, 0), (1, 1)], [0, 100]),
        ([], []),
    ],
)
def test_loads_without_panic(counts: Counts, expected: list[int]) -> None:
    loads = priority_loads(counts, 0)
    assert [each.load for each in loads] == expected
    assert not any(each.panic for each in loads)


@pytest.mark.parametrize(
    ("counts", "expected", "panic"),
    [
        ([(1, 2), (1, 1)], [70, 30], [False, False]),
        ([(0, 2), (1, 1)], [0, 100], [False, False]),
        ([(2, 4), (0, 1)], [100, 0], [False, True]),
        ([(1, 4), (1, 4)], [50, 50], [True, True]),
        ([(1, 4), (1, 4), (4, 4)], [35, 35, 30], [False, False, False]),
        ([(1, 4), (1, 4), (1, 5)], [32, 30, 38], [True, True, True]),
        ([(1, 20), (13, 20)], [8, 92], [True, False]),
        ([(1, 10), (2, 10)], [50, 50], [True, True]),
        ([(0, 2), (0, 1)], [67, 33], [True, True]),
        ([(0, 0), (0, 0)], [100, 0], [True, True]),
    ],
)
def test_loads_with_panic_below_half(
    counts: Counts, expected: list[int], panic: list[bool]
) -> None:
    loads = priority_loads(counts, 50)
    assert [each.load for each in loads] == expected
    assert [each.panic for each in loads] == panic


@pytest.mark.parametrize("hosts", range(1, 60))
def test_the_point_where_load_spills_over(hosts: int) -> None:
    enough = enough_healthy(hosts)
    assert priority_loads([(enough, hosts), (1, 1)], 0)[0].load == 100
    assert priority_loads([(enough - 1, hosts), (1, 1)], 0)[0].load < 100


@pytest.mark.parametrize(
    ("outlier_detection", "hosts", "most"),
    [
        ({}, 1, 0),
        ({}, 9, 0),
        ({}, 10, 1),
        ({}, 20, 2),
        ({"maxEjectionPercent": 100}, 7, 7),
        ({"maxEjectionPercent": 34}, 3, 1),
        ({"maxEjectionPercent": 33}, 3, 0),
        # istiod leaves a 0 out, and Envoy's default is 10
        ({"maxEjectionPercent": 0}, 10, 1),
        ({"maxEjectionPercent": 100, "consecutive5xxErrors": 0}, 7, 0),
        ({"maxEjectionPercent": 100, "consecutive5xxErrors": 3}, 7, 7),
        (
            {"maxEjectionPercent": 100, "consecutive5xxErrors": 0, "consecutiveGatewayErrors": 1},
            7,
            7,
        ),
        ({"maxEjectionPercent": 100, "consecutiveGatewayErrors": 0}, 7, 7),
        (
            {
                "maxEjectionPercent": 100,
                "consecutive5xxErrors": 0,
                "splitExternalLocalOriginErrors": True,
            },
            7,
            7,
        ),
        (None, 100, 0),
    ],
)
def test_ejection(outlier_detection: dict[str, t.Any] | None, hosts: int, most: int) -> None:
    limit = ejection(outlier_detection, hosts)
    assert (limit.most, limit.possible) == (most, most > 0)


@pytest.mark.parametrize(
    ("outlier_detection", "hosts", "reason"),
    [
        (None, 3, "nothing is ejected without outlierDetection"),
        ({}, 3, "the default maxEjectionPercent 10 of 3 hosts is less than one"),
        ({"maxEjectionPercent": 50}, 1, "maxEjectionPercent 50 of 1 host is less than one"),
        ({"maxEjectionPercent": 100}, 3, "at most 3 can be ejected"),
        ({"consecutive5xxErrors": 0}, 100, "counts no kind of error"),
    ],
)
def test_ejection_in_words(
    outlier_detection: dict[str, t.Any] | None, hosts: int, reason: str
) -> None:
    assert reason in ejection(outlier_detection, hosts).reason
