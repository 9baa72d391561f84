# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workload answers for its own Service only."""

from __future__ import annotations

import typing as t
from collections import defaultdict

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.shared_pods import (
    shared_pods,
)
from hypothesis import given
from hypothesis import strategies as st

WORKLOADS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["a", "b", "c"]),
            "namespace": st.sampled_from(["n1", "n2"]),
            "app": st.sampled_from(["httpbin", "helloworld"]),
            "replicas": st.sampled_from([0, 1, "0", "2"]),
        },
        optional={"service": st.sampled_from([{"name": "x", "port": 1}, {"name": "y", "port": 1}])},
    ),
    max_size=6,
)


def other_pods_reached(workloads: list[dict[str, t.Any]]) -> set[tuple[str, str]]:
    """Ask each Service which pods it selects, as Kubernetes does."""
    found = set()
    for server in workloads:
        for client in workloads:
            place = (server["namespace"], server["app"])
            same = place == (client["namespace"], client["app"])
            with_pods = all(int(each["replicas"]) > 0 for each in (server, client))
            if same and with_pods and server.get("service") != client.get("service"):
                found.add(place)
    return found


@given(WORKLOADS)
def test_every_shared_pod_is_named_once(workloads):
    problems = shared_pods(workloads)
    reached = other_pods_reached(workloads)
    assert len(problems) == len(reached)
    for namespace, app in reached:
        (problem,) = [p for p in problems if f"app {app} in namespace {namespace} " in p]
        named = problem.split(": ")[1]
        counted: dict[str, int] = defaultdict(int)
        for workload in workloads:
            if (workload["namespace"], workload["app"]) == (namespace, app):
                counted[workload["name"]] += int(workload["replicas"]) > 0
        for name, count in counted.items():
            assert named.count(f"{name} (") == count


@pytest.mark.parametrize(
    ("services", "said"),
    [
        (("web", "shop"), "a (web), b (shop): workloads of the app httpbin in namespace sample"),
        (("web", None), "a (web), b (no Service): "),
    ],
)
def test_the_error_names_the_workloads_and_what_would_be_right(services, said):
    workloads = [
        {"name": name, "namespace": "sample", "app": "httpbin", "service": each and {"name": each}}
        for name, each in zip("ab", services, strict=True)
    ]
    (problem,) = shared_pods(workloads)
    assert said in problem
    assert "give them one service, or a namespace each" in problem
