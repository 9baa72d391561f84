# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.effective_shares import (
    effective_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
    Policy,
)

# two near endpoints, two farther ones
ENDPOINTS = [
    Endpoint("10.0.0.1", 80, "a/1", name="s/a1"),
    Endpoint("10.0.0.2", 80, "a/1", name="s/a2"),
    Endpoint("10.0.0.3", 80, "a/2", name="s/b1"),
    Endpoint("10.0.0.4", 80, "a/2", name="s/b2"),
]


def look(refusing, detection, *, retries=True, enabled=True, endpoints=None):
    policy = Policy(
        locality_lb={"enabled": enabled},
        outlier_detection=detection,
        load_balancer="ROUND_ROBIN",
    )
    assignment = build_load_assignment(Client("a/1"), endpoints or ENDPOINTS, policy)
    found = effective_shares(
        assignment, {f"10.0.0.{number}:80" for number in refusing}, retries=retries
    )
    shares = {each.endpoint.name: round(each.share, 3) for each in found.endpoints if each.share}
    return found, shares


ALL = {"maxEjectionPercent": 100}
HALF = {"maxEjectionPercent": 50}


@pytest.mark.parametrize(
    ("refusing", "detection", "shares", "lost", "ejected"),
    [
        ((), ALL, {"s/a1": 0.5, "s/a2": 0.5}, 0, 0),
        ((1,), ALL, {"s/a2": 0.7, "s/b1": 0.15, "s/b2": 0.15}, 0, 1),
        ((1, 2), ALL, {"s/b1": 0.5, "s/b2": 0.5}, 0, 2),
        ((1, 2, 3), ALL, {"s/b2": 1}, 0, 3),
        ((1, 2, 3, 4), ALL, {}, 1, 4),
        # one is ejected, one is not: it takes its part of 70 % and does not answer
        ((1, 2), {"maxEjectionPercent": 25}, {"s/b1": 0.15, "s/b2": 0.15}, 0.7, 1),
        ((1, 2, 3), HALF, {"s/b2": 1}, 0, 2),
        ((1, 2, 3, 4), HALF, {}, 1, 2),
        # nothing is ejected: the neighbour of the same priority takes over
        ((1,), {}, {"s/a2": 1}, 0, 0),
        ((1, 2), {}, {}, 1, 0),
        ((3,), {}, {"s/a1": 0.5, "s/a2": 0.5}, 0, 0),
        # no priorities
        ((1,), None, {"s/a2": 0.333, "s/b1": 0.333, "s/b2": 0.333}, 0, 0),
    ],
)
def test_what_refuses(refusing, detection, shares, lost, ejected):
    found, got = look(refusing, detection)
    assert got == shares
    assert found.lost == pytest.approx(lost)
    assert len(found.ejected) == ejected
    assert bool(found.reasons) == bool(lost or (refusing and not ejected and 3 not in refusing) or
                                       (len(refusing) > ejected and detection == HALF))  # fmt: skip


@pytest.mark.parametrize(("refusing", "lost"), [((1,), 0.25), ((1, 2), 0.5), ((1, 2, 3, 4), 1)])
def test_without_retries_the_share_is_lost(refusing, lost):
    found, _shares = look(refusing, None, retries=False)
    assert found.lost == pytest.approx(lost)
    assert "nothing is tried twice" in found.reasons[0]


def test_what_is_tried_again_is_no_longer_scheduled():
    assert look((), None)[0].model == "exact"
    assert look((1,), None)[0].model == "random"
    assert look((1,), {})[0].locality_model == "random"


def test_the_reason_names_who_refuses_and_why_it_stays():
    found, _shares = look((1,), {})
    assert found.reasons == (
        "s/a1 refuses connections and stays in: the default maxEjectionPercent 10 of 4 hosts is "
        "less than one: nothing is ever ejected; what is sent there is tried again elsewhere in "
        "the priority until readiness probes take note",
    )


def test_who_is_asked_first_is_ejected_first():
    found, _shares = look((3, 1), {"maxEjectionPercent": 25})
    assert found.ejected == {"10.0.0.1:80"}
