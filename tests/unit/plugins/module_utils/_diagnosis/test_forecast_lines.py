# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short forecast: its lines add up, and say what they leave out."""

from __future__ import annotations

import re

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecast_lines import (
    forecast_lines,
    full_forecast_lines,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecasts import (
    ForecastSelection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.markdown import (
    render_markdown,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.page import render_page
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.run import (
    AnalysisOptions,
    analyze,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._diagnosis.manifests import (
    EJECTION,
    FAILOVER,
    MESH,
    obj,
    rule,
    text,
)
from hypothesis import given, settings
from hypothesis import strategies as st

PART = re.compile(r"([\d.]+) % (?:to|fail|answered)")
DESTINATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                {"host": "cart"},
                {"host": "cart", "subset": "v1"},
                {"host": "cart", "subset": "v9"},
                {"host": "orders"},
                {"host": "nobody"},
            ]
        ),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=3,
)
ROUTES = st.lists(
    st.one_of(
        st.builds(
            lambda to: {"route": [{"destination": d, "weight": w} for d, w in to]}, DESTINATIONS
        ),
        st.builds(
            lambda to, aborted: {
                "route": [{"destination": d, "weight": w} for d, w in to],
                "fault": {"abort": {"httpStatus": 503, "percentage": {"value": aborted}}},
            },
            DESTINATIONS,
            st.sampled_from([10, 50, 100]),
        ),
        st.just({"redirect": {"uri": "/elsewhere"}}),
    ),
    min_size=1,
    max_size=3,
)


def analyzed(directory, *objects):
    (directory / "mesh.yaml").write_text(text(*MESH, *objects), encoding="utf-8")
    selection = ForecastSelection(hosts=("cart",))
    return analyze(AnalysisOptions(source=str(directory), forecast=selection))


def routes(http):
    matched = [
        {"match": [{"uri": {"prefix": f"/{number}"}}], **route} for number, route in enumerate(http)
    ]
    spec = {"hosts": ["cart"], "http": matched}
    return {**obj("VirtualService", "cart", spec=spec), "apiVersion": "networking.istio.io/v1"}


def shared():
    made = rule("cart", FAILOVER, outlierDetection=EJECTION)
    made["spec"]["subsets"] = [{"name": "v1", "labels": {"app": "cart"}}]
    return made


@settings(max_examples=40, deadline=None)
@given(http=ROUTES)
def test_the_lines_of_a_client_and_a_route_add_up(tmp_path_factory, http):
    found = analyzed(tmp_path_factory.mktemp("mesh"), shared(), routes(http))
    sums: dict[tuple[str, str], float] = {}
    for line in (each.text for each in forecast_lines(found)):
        named = re.match(r" +(\S+ in \S+), (route \d+) \((.*?)\)", line)
        if named:
            rest = line[named.end() :]
            now = rest.partition(": ")[2].partition("; then")[0].partition(" (")[0]
            key = (named[1], named[2])
            sums[key] = sums.get(key, 0.0) + sum(map(float, PART.findall(now)))
    # and the requests that none of them takes
    assert len({route for _client, route in sums}) == len(http) + 1
    assert all(total == pytest.approx(100, abs=0.3) for total in sums.values()), sums


def manifest(group, kind, name, namespace="shop", **spec):
    return {**obj(kind, name, namespace, spec=spec), "apiVersion": group}


@pytest.mark.parametrize(
    ("made", "touches"),
    [
        (manifest("networking.istio.io/v1alpha3", "EnvoyFilter", "a"), True),
        (manifest("networking.istio.io/v1alpha3", "EnvoyFilter", "a", "bank"), False),
        (manifest("networking.istio.io/v1alpha3", "EnvoyFilter", "a", "istio-system"), True),
        (
            manifest(
                "networking.istio.io/v1alpha3",
                "EnvoyFilter",
                "a",
                workloadSelector={"labels": {"app": "other"}},
            ),
            False,
        ),
        (
            manifest(
                "extensions.istio.io/v1alpha1",
                "WasmPlugin",
                "a",
                selector={"matchLabels": {"app": "web"}},
            ),
            True,
        ),
        (
            manifest(
                "security.istio.io/v1",
                "AuthorizationPolicy",
                "a",
                selector={"matchLabels": {"app": "cart"}},
            ),
            True,
        ),
        (
            manifest(
                "security.istio.io/v1",
                "AuthorizationPolicy",
                "a",
                selector={"matchLabels": {"app": "web"}},
            ),
            False,
        ),
        (
            manifest(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                "a",
                podSelector={"matchLabels": {"app": "cart"}},
            ),
            True,
        ),
    ],
)
def test_what_is_not_modelled_is_named_where_it_touches_a_forecast(tmp_path, made, touches):
    found = analyzed(tmp_path, shared(), made)
    title = f"{made['kind']} {made['metadata']['namespace']}/a"
    document = as_dict(found)["forecasts"]
    named = [any(each["object"] == title for each in one["not_considered"]) for one in document]
    assert any(named) == touches
    for shown in (
        "\n".join(line.text for line in forecast_lines(found)),
        "\n".join(line.text for line in full_forecast_lines(found)),
        render_page(found),
        render_markdown(found),
    ):
        assert (f"not considered: {title}" in shown) == touches


def test_waypoints_and_limits_are_named(tmp_path):
    waypoint = {**MESH[0], "metadata": {"name": "shop", "labels": {"istio.io/use-waypoint": "w"}}}
    pool = {"tcp": {"maxConnections": 1}}
    (tmp_path / "mesh.yaml").write_text(
        text(waypoint, *MESH[1:], rule("cart", FAILOVER, connectionPool=pool)), encoding="utf-8"
    )
    found = analyze(AnalysisOptions(source=str(tmp_path)))
    assert {each.object for one in found.forecasts for each in one.not_considered} == {
        "Namespace shop",
        "DestinationRule shop/cart connectionPool.tcp.maxConnections",
    }
