# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import itertools

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.subnets import carve

KIND = "172.18.0.0/16"
IPV6 = "fc00:f853:ccd:e793::/64"


@pytest.mark.parametrize(
    ("subnets", "index", "count", "expected"),
    [
        ([KIND], 0, 2, "172.18.64.0/18"),
        ([KIND], 1, 2, "172.18.128.0/18"),
        ([IPV6, KIND], 0, 2, "172.18.64.0/18"),
        ([KIND, "10.89.0.0/16"], 0, 2, "172.18.64.0/18"),
        # one cluster: three parts are needed, so four are made
        ([KIND], 0, 1, "172.18.64.0/18"),
        ([KIND], 0, 3, "172.18.32.0/19"),
        ([KIND], 2, 3, "172.18.96.0/19"),
        ([KIND], 5, 6, "172.18.192.0/19"),
        (["127.32.240.0/20"], 0, 2, "127.32.244.0/22"),
        (["127.32.240.0/20"], 1, 2, "127.32.248.0/22"),
        (["10.89.0.0/24"], 1, 2, "10.89.0.128/26"),
        # host bits set, as an engine may report its gateway's address with the prefix
        (["172.18.0.1/16"], 0, 2, "172.18.64.0/18"),
        (["10.0.0.0/30"], 1, 2, "10.0.0.2/32"),
    ],
)
def test_part(subnets: list[str], index: int, count: int, expected: str) -> None:
    assert carve(subnets, index, count) == [expected]


@pytest.mark.parametrize("subnet", [KIND, "127.32.240.0/20", "10.89.0.0/24"])
@pytest.mark.parametrize("count", [1, 2, 3, 6, 7])
def test_parts_are_apart_and_leave_the_ends_free(subnet: str, count: int) -> None:
    network = ipaddress.ip_network(subnet)
    parts = [ipaddress.ip_network(carve([subnet], index, count)[0]) for index in range(count)]
    assert all(part.subnet_of(network) for part in parts)
    assert len({part.num_addresses for part in parts}) == 1
    for lower, upper in itertools.pairwise(parts):
        assert lower[-1] < upper[0]
    first_part_end = network[0] + parts[0].num_addresses
    assert parts[0][0] == first_part_end
    assert parts[-1][-1] < network[-1]


@pytest.mark.parametrize(
    ("avoid", "expected"),
    [
        # outside of the part: nothing to leave out
        (["172.18.0.1", "172.18.0.2/16"], ["172.18.0.64/26"]),
        (["172.18.0.70"], ["172.18.0.64-172.18.0.69", "172.18.0.71-172.18.0.127"]),
        (["172.18.0.70/24"], ["172.18.0.64-172.18.0.69", "172.18.0.71-172.18.0.127"]),
        (["172.18.0.64", "172.18.0.127"], ["172.18.0.65-172.18.0.126"]),
        (
            ["172.18.0.71", "172.18.0.70", "172.18.0.70", "fc00::1"],
            ["172.18.0.64-172.18.0.69", "172.18.0.72-172.18.0.127"],
        ),
        (["172.18.0.65"], ["172.18.0.64-172.18.0.64", "172.18.0.66-172.18.0.127"]),
    ],
)
def test_avoid(avoid: list[str], expected: list[str]) -> None:
    assert carve(["172.18.0.0/24"], 0, 2, avoid) == expected


@pytest.mark.parametrize(
    ("subnets", "index", "count", "avoid", "words"),
    [
        ([], 0, 2, [], "found: none at all"),
        ([IPV6], 0, 2, [], f"no IPv4 subnet.*{IPV6}"),
        (["172.18.0.0/33"], 0, 2, [], "'172.18.0.0/33' is not a subnet"),
        (["10.0.0.0/31"], 0, 2, [], "10.0.0.0/31 is too small to be shared by 2 clusters"),
        ([KIND], 2, 2, [], "no pool 2 among 2"),
        ([KIND], -1, 2, [], "no pool -1 among 2"),
        ([KIND], 0, 0, [], "no pool 0 among 0"),
        (
            ["10.0.0.0/30"],
            0,
            2,
            ["10.0.0.1"],
            "every address of 10.0.0.1/32 in 10.0.0.0/30 is taken",
        ),
        ([KIND], 0, 2, ["node1"], "'node1' in the addresses to avoid"),
    ],
)
def test_errors(subnets: list[str], index: int, count: int, avoid: list[str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        carve(subnets, index, count, avoid)
