# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A route that loses requests always has a finding, and no other route has one."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    HOST,
    lab,
    policy,
    routes,
    rule,
)
from hypothesis import given
from hypothesis import strategies as st

DESTINATIONS = st.sampled_from(
    [
        ({"host": HOST}, True),
        ({"host": "helloworld"}, True),
        ({"host": HOST, "subset": "v1"}, True),
        ({"host": HOST, "subset": "v9"}, False),
        ({"host": "hallowelt"}, False),
        ({"host": HOST, "port": {"number": 81}}, False),
    ]
)


@given(
    st.lists(st.lists(DESTINATIONS, min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from([0, 100]),
)
def test_lost_requests_of_a_route_are_found(
    written: list[list[tuple[dict[str, t.Any], bool]]], first_weight: int
) -> None:
    http = []
    for number, destinations in enumerate(written):
        weights = [first_weight, *[50] * (len(destinations) - 1)]
        one = len(destinations) == 1
        http.append(
            {
                "match": [{"uri": {"prefix": f"/{number}"}}],
                "route": [
                    {"destination": destination, **({} if one else {"weight": weight})}
                    for (destination, _good), weight in zip(destinations, weights, strict=True)
                ],
            }
        )
    subsets = rule(policy(), subsets=[{"name": "v1", "labels": {"app": "helloworld"}}])
    found = lab(subsets, extra=[routes(*http)]).findings()
    losing = {
        f"spec.http[{number}]"
        for number, destinations in enumerate(written)
        for index, (_destination, good) in enumerate(destinations)
        if not good and (len(destinations) == 1 or index or first_weight)
    }
    assert {each.field for each in found if each.code == "EW625"} == losing
