# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every published field is known, and every misspelt one is found, with the right name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.unknown_fields import (
    unknown_fields,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.validation.test_published_fields import (
    PUBLISHED,
    fields,
    shape,
)
from hypothesis import assume, given
from hypothesis import strategies as st

# of mappings from any text to values, and of mappings of which nothing is read, no field is misspelt
NAMED = [
    (kind, path)
    for kind in PUBLISHED
    for path in fields(shape(kind))
    if not path.endswith(("*", "[]"))
]


def built(kind: str, path: str, value: t.Any) -> dict[str, t.Any]:
    """An object that has nothing but the field of this path."""
    for part in reversed(path.split(".")):
        depth = part.count("[]")
        for _level in range(depth):
            value = [value]
        value = {part.replace("[]", "") if part != "*" else "any": value}
    group, _slash, own = kind.partition("/")
    return {"apiVersion": f"{group}/v1", "kind": own, "metadata": {"name": "a"}, "spec": value}


@pytest.mark.parametrize("kind", PUBLISHED)
def test_no_published_field_is_unknown(kind: str) -> None:
    for path, type_ in PUBLISHED[kind].items():
        value: t.Any = {} if type_ in ("object", "map") else [] if type_ == "array" else "text"
        assert not list(unknown_fields(built(kind, path, value))), path


@given(st.sampled_from(NAMED), st.data())
def test_a_misspelt_field_is_found_with_its_name(field: tuple[str, str], data: st.DataObject):
    kind, path = field
    parent, dot, name = path.rpartition(".")
    assume(len(name) > 5)
    at = data.draw(st.integers(1, len(name) - 2))
    wrong = data.draw(
        st.sampled_from(
            [name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:], name.lower(), name + "s"]
        )
    )
    assume(wrong != name and f"{parent}{dot}{wrong}" not in PUBLISHED[kind])
    obj = built(kind, f"{parent}{dot}{wrong}", "text")
    found = list(unknown_fields(obj))
    assert len(found) == 1
    beside = {p.rpartition(".")[2] for p in PUBLISHED[kind] if p.rpartition(".")[0] == parent}
    assert all(each.nearest in beside for each in found)
    assert all(each.path.endswith(f".{wrong}") for each in found)


def test_a_field_that_is_indented_wrong_is_told_its_place() -> None:
    policy = {"loadBalancer": {"outlierDetection": {"maxEjectionPercent": 100}}}
    obj = built("networking.istio.io/DestinationRule", "trafficPolicy", policy)
    (found,) = unknown_fields(obj)
    assert (found.path, found.elsewhere[0]) == (
        "spec.trafficPolicy.loadBalancer.outlierDetection",
        "spec.trafficPolicy",
    )
    (found,) = unknown_fields({**built("networking.istio.io/Sidecar", "egress", []), "egress": []})
    assert (found.path, found.elsewhere) == ("egress", ("spec",))


def test_other_groups_and_absent_fields_are_left_alone() -> None:
    knative = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {},
        "spec": {"template": {}},
    }
    assert not list(unknown_fields(knative))
    assert not list(unknown_fields(built("networking.istio.io/DestinationRule", "hosst", None)))
