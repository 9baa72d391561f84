# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.mesh_settings import (
    mesh_setting_problems,
)
from hypothesis import given
from hypothesis import strategies as st


def problems(**host: t.Any) -> list[str]:
    return list(mesh_setting_problems(Lab({"east": host}, ["east"]), "east"))


@pytest.mark.parametrize(
    "host",
    [
        {},
        {"mesh_trust_domain": "east.local", "istio_trust_domain": "east.local"},
        {"istio_trust_domain_aliases": ["west.local"], "istio_locality_lb": {"enabled": True}},
        {"istio_mesh_config": {"accessLogEncoding": "JSON"}},
    ],
)
def test_settings_that_istiod_takes(host: dict[str, t.Any]) -> None:
    assert problems(**host) == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (
            {"mesh_trust_domain": "A B", "istio_trust_domain": "A B"},
            "mesh_trust_domain: trustDomain: 'A B' is not a trust domain; write a domain name such as east.local",
        ),
        ({"istio_trust_domain": "a_b"}, "istio_trust_domain: trustDomain: 'a_b' is not"),
        (
            {"istio_trust_domain_aliases": ["west.local", "-"]},
            "istio_trust_domain_aliases: trustDomainAliases[1]: '-' is not",
        ),
        ({"istio_mesh_config": {"trustDomain": 5}}, "istio_mesh_config: trustDomain"),
        (
            {"istio_locality_lb": {"failover": [{"from": "east", "to": "east"}]}},
            "istio_locality_lb: localityLbSetting.failover",
        ),
    ],
)
def test_settings_that_istiod_refuses(host: dict[str, t.Any], expected: str) -> None:
    (problem,) = problems(**host)
    assert problem.startswith(expected)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ("trustDomain", "trustDomainAliases", "localityLbSetting", "defaultTrafficPolicy")
        ),
        json,
    )
)
def test_settings_of_any_form_are_described(config: dict[str, t.Any]) -> None:
    assert all(each.startswith("istio_mesh_config") for each in problems(istio_mesh_config=config))
