# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that cannot work are refused by name; the others get their defaults."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.options import (
    DirectorySpec,
    read_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput


def read(**options: t.Any) -> DirectorySpec:
    defaults = {"directory": "/trust", "force_root": False, "renew_before": 30}
    return read_options({**defaults, **options})


def workload(**options: t.Any) -> dict[str, t.Any]:
    defaults = {"issuer": "east", "trust_domain": "cluster.local", "namespace": "sample"}
    return {**defaults, "service_account": "web", "days": 90, **options}


def test_nothing_is_asked_of_an_existing_root_unless_it_is_said() -> None:
    spec = read().root
    parts = (spec.organization, spec.common_name, spec.locality, spec.key_type, spec.key_size)
    assert parts == (None,) * 5


def test_an_intermediate_has_defaults() -> None:
    [east] = read(intermediates=[{"name": "east"}]).intermediates
    assert east.entry.directory == Path("/trust/east")
    assert (east.spec.organization, east.spec.common_name) == ("Istio", "Intermediate CA")
    assert (east.spec.locality, east.spec.dns_names) == ("east", ("istiod.istio-system.svc",))
    assert (east.spec.key_type, east.spec.key_size, east.spec.days) == ("ec", 256, 3650)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("ec", 256)),
        ({"key_type": "rsa"}, ("rsa", 4096)),
        ({"key_type": "rsa", "key_size": 2048}, ("rsa", 2048)),
        ({"key_size": 384}, ("ec", 384)),
        ({"key_size": 3072}, ("rsa", 3072)),
    ],
)
def test_keys(options: dict[str, t.Any], expected: tuple[str, int]) -> None:
    [east] = read(intermediates=[{"name": "east", **options}]).intermediates
    assert (east.spec.key_type, east.spec.key_size) == expected


def test_an_intermediate_lasts_as_long_as_the_root_by_default() -> None:
    [east] = read(root={"days": 20}, intermediates=[{"name": "east"}]).intermediates
    assert east.spec.days == 20


def test_texts_may_be_left_out_on_purpose() -> None:
    options = {"name": "east", "locality": "", "dns_names": []}
    [east] = read(intermediates=[options]).intermediates
    assert (east.spec.locality, east.spec.dns_names) == ("", ())


def test_one_workload_may_exist_in_several_trust_domains() -> None:
    wanted = read(
        intermediates=[{"name": "east"}],
        workloads=[workload(), workload(trust_domain="east.local")],
    ).workloads
    assert [str(each.entry.directory) for each in wanted] == [
        "/trust/east/workloads/cluster.local/sample/web",
        "/trust/east/workloads/east.local/sample/web",
    ]


EAST = {"name": "east"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"root": {"key_type": "ec", "key_size": 2048}}, "root: key_type=ec has key_size 256"),
        ({"root": {"key_size": 1024}}, "root: key_type=rsa has a key_size from 2048 to 4096"),
        ({"root": {"days": 0}}, "root: days is a number from 1 to 36500, not 0"),
        ({"root": {"days": 99999}}, "root: days is a number from 1 to 36500, not 99999"),
        ({"root": {"common_name": "x" * 65}}, "root: common_name has at most 64 characters"),
        ({"root": {"common_name": "", "organization": ""}}, "root: a CA needs a subject"),
        ({"renew_before": -1}, "renew_before: -1 is not a number of days"),
        ({"intermediates": [EAST, EAST]}, "intermediates: east: is there twice"),
        ({"intermediates": [{"name": "../x"}]}, "intermediates: ../x: cannot name a directory"),
        ({"intermediates": [{"name": ".lock"}]}, "intermediates: .lock: cannot name a directory"),
        ({"intermediates": [{"name": ""}]}, "intermediates: : cannot name a directory"),
        ({"intermediates": [{"name": "root-key.pem"}]}, "root-key.pem: cannot name a directory"),
        (
            {"root": {"days": 10}, "intermediates": [{**EAST, "days": 11}]},
            "intermediates: east: days=11 is longer than the root's own days=10",
        ),
        (
            {"intermediates": [{**EAST, "dns_names": ["a b"]}]},
            "intermediates: east: 'a b' in dns_names is not a DNS name",
        ),
        (
            {"intermediates": [{**EAST, "organization": "", "common_name": "", "locality": ""}]},
            "intermediates: east: a CA needs a subject",
        ),
        (
            {"intermediates": [EAST], "workloads": [workload(issuer="west")]},
            r"its issuer 'west' is none of the intermediates \(east\)",
        ),
        ({"workloads": [workload()]}, r"none of the intermediates \(there are none\)"),
        (
            {"intermediates": [EAST], "workloads": [workload(), workload()]},
            "workloads: cluster.local/sample/web: is there twice for the issuer 'east'",
        ),
        (
            {"intermediates": [EAST], "workloads": [workload(namespace="../../x")]},
            "namespace: '../../x' cannot be part of a SPIFFE identity",
        ),
        (
            {"intermediates": [EAST], "workloads": [workload(days=0)]},
            "workloads: cluster.local/sample/web: days is a number from 1",
        ),
    ],
)
def test_refused(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(**options)
