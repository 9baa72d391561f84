# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.filter.peer_connections import FilterModule

peer_connections = FilterModule().filters()["peer_connections"]
KIND = {"provider": "kind", "lab_directory": "/lab"}


@pytest.mark.parametrize(
    ("connection", "hostvars", "expected"),
    [
        ({"provider": "loopback"}, {}, {}),
        ({}, {"west": {"mesh_context": "w"}}, {}),
        (KIND, {}, {"kubeconfig": "/lab/clusters/west/kubeconfig"}),
        (KIND, {"west": {"mesh_kubeconfig": "/k"}}, {"kubeconfig": "/k"}),
        ({"provider": "existing", "lab_directory": "/lab"}, {}, {}),
        (
            {"provider": "existing"},
            {"west": {"mesh_kubeconfig": "", "mesh_context": "w"}},
            {"context": "w"},
        ),
    ],
)
def test_how_the_others_are_reached(connection, hostvars, expected):
    found = peer_connections(["east", "west"], "east", hostvars, connection)
    assert found == [{"cluster": "west", **expected}]


def test_a_cluster_alone():
    assert peer_connections(["east"], "east", {}, KIND) == []
    assert peer_connections([], "east", {}, KIND) == []
