# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens as priorities die."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover_order import (
    failover_order,
    without_each_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Client,
    Policy,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    distribute,
    endpoints,
    failover,
)

WHERE = {"": [1], "east/a": [1], "east/b": [1], "west": [1]}


def assigned(percent: int | None) -> Assignment:
    policy = Policy(
        locality_lb=failover(("east", "west")),
        outlier_detection={} if percent is None else {"maxEjectionPercent": percent},
    )
    return build_load_assignment(Client("east/a"), endpoints(WHERE), policy)


def test_one_priority_after_the_other() -> None:
    order = failover_order(assigned(100))
    taken = [
        (step.dead, [place for place, share in step.shares.by_locality().items() if share])
        for step in order.steps
    ]
    assert taken == [
        ((), ["east/a"]),
        ((0,), ["east/b"]),
        ((0, 1), ["west"]),
        ((0, 1, 2), [""]),
        ((0, 1, 2, 3), []),
    ]
    assert [step.by_ejection for step in order.steps] == [True] * 5
    assert [step.reason for step in order.steps] == [
        "now",
        "priority 0 dead: east/b 100%",
        "priorities 0, 1 dead: west 100%",
        "priorities 0, 1, 2 dead: (no locality) 100%",
        "priorities 0, 1, 2, 3 dead: 503 no healthy upstream: no endpoint is healthy, and panic "
        "routing is off",
    ]


@pytest.mark.parametrize(
    ("percent", "possible"),
    [
        (None, [True, False, False, False, False]),
        (25, [True, True, False, False, False]),
        (50, [True, True, True, False, False]),
    ],
)
def test_the_limit_counts_all_hosts_of_the_cluster(
    percent: int | None, possible: list[bool]
) -> None:
    order = failover_order(assigned(percent))
    assert [step.by_ejection for step in order.steps] == possible
    last = order.steps[-1].reason
    assert "; not by ejection: 4 hosts would have to go, " in last


def test_what_is_dead_already_need_not_be_ejected() -> None:
    order = failover_order(assigned(25), unhealthy=["10.0.0.2"])
    assert order.steps[0].shares.by_locality()["east/b"] == 1
    assert [step.by_ejection for step in order.steps] == [True, True, True, False, False]


def test_weights_have_one_priority_only() -> None:
    policy = Policy(locality_lb=distribute(("east", {"east": 10, "west": 60, "north": 30})))
    where = {"east": [1], "north": [1], "west": [1]}
    assignment = build_load_assignment(Client("east"), endpoints(where), policy)
    order = failover_order(assignment)
    assert [step.dead for step in order.steps] == [(), (0,)]
    assert order.steps[-1].shares.lost
    lost_west = without_each_locality(assignment, ["west"])["west"].by_locality()
    assert lost_west == pytest.approx({"east": 0.25, "north": 0.75, "west": 0})


def test_passthrough_has_no_order() -> None:
    assignment = build_load_assignment(
        Client(), endpoints(WHERE), Policy(load_balancer="PASSTHROUGH")
    )
    assert [step.dead for step in failover_order(assignment).steps] == [()]
