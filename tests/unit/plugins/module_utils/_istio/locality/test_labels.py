# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels that istiod derives from where something runs."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.labels import (
    client_labels,
    endpoint_labels,
    label_reader,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    CLUSTER,
    HOSTNAME,
    NETWORK,
    REGION,
    SUBZONE,
    ZONE,
)

ENDPOINTS = [
    (Endpoint("a"), {}),
    (
        Endpoint("a", locality="r/z/s", network="n", cluster="c", node="h", labels={"app": "x"}),
        {
            REGION: "r",
            ZONE: "z",
            SUBZONE: "s",
            NETWORK: "n",
            CLUSTER: "c",
            HOSTNAME: "h",
            "app": "x",
        },
    ),
    # only the parts that are there
    (Endpoint("a", locality="/z/"), {ZONE: "z"}),
    (Endpoint("a", locality="r//s"), {REGION: "r", SUBZONE: "s"}),
    # where it runs wins over a label of its own, but for the network
    (Endpoint("a", locality="r", labels={REGION: "other"}), {REGION: "r"}),
    (Endpoint("a", cluster="c", labels={CLUSTER: "other"}), {CLUSTER: "c"}),
    (Endpoint("a", node="h", labels={HOSTNAME: "other"}), {HOSTNAME: "h"}),
    (Endpoint("a", network="n", labels={NETWORK: "other"}), {NETWORK: "other"}),
    (Endpoint("a", labels={REGION: "own"}), {REGION: "own"}),
    # behind a gateway nothing but network and cluster is known
    (
        Endpoint("a", locality="r/z/s", network="n", cluster="c", gateway=True),
        {NETWORK: "n", CLUSTER: "c"},
    ),
]


@pytest.mark.parametrize(("endpoint", "expected"), ENDPOINTS)
def test_labels_of_an_endpoint(endpoint: Endpoint, expected: dict[str, str]) -> None:
    assert endpoint_labels(endpoint) == expected


@pytest.mark.parametrize(("endpoint", "expected"), ENDPOINTS)
@pytest.mark.parametrize("name", [REGION, ZONE, SUBZONE, NETWORK, CLUSTER, HOSTNAME, "app"])
def test_reading_one_label(name: str, endpoint: Endpoint, expected: dict[str, str]) -> None:
    assert label_reader(name)(endpoint) == expected.get(name, "")


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (Client(), {}),
        (Client("r/z/s", network="n"), {REGION: "r", ZONE: "z", SUBZONE: "s", NETWORK: "n"}),
        (Client(network="n", labels={NETWORK: "own"}), {NETWORK: "own"}),
        # a client's locality is printed and read again, and stops at the first missing part
        (Client("r//s"), {REGION: "r"}),
        (Client("/z/s"), {ZONE: "z", SUBZONE: "s"}),
    ],
)
def test_labels_of_a_client(client: Client, expected: dict[str, str]) -> None:
    assert client_labels(client) == expected
