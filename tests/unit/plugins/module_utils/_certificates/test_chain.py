# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated chains get OpenSSL's verdict."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import chain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .authorities import CA, LEAF, Shape, chain_of

if t.TYPE_CHECKING:
    from cryptography import x509

    from .conftest import OpenSSL

PURPOSES = {"server": "sslserver", "client": "sslclient"}
# The first ones are none
FAULTS: list[dict[str, t.Any]] = [
    {},
    {},
    {"start": -3, "end": -1},
    {"start": 1, "end": 2},
    {"key_usage": None},
    {"key_usage": ("crl_sign",)},
    {"sides": None},
    {"sides": ("server",)},
    {"sides": ("client",)},
    {"sides": ("code",)},
    {"sides": ("server", "client")},
    {"identifiers": False},
]
CA_FAULTS: list[dict[str, t.Any]] = [
    *FAULTS,
    # Without basic constraints, OpenSSL guesses from the key usage; Envoy's BoringSSL does not
    {"ca": False},
    *({"path_length": n} for n in range(3)),
]


def shapes(base: Shape, faults: list[dict[str, t.Any]]) -> st.SearchStrategy[Shape]:
    return st.sampled_from(faults).map(lambda fault: dataclasses.replace(base, **fault))


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """A chain, and the intermediate CAs of it that are sent."""
    cas = draw(st.lists(shapes(CA, CA_FAULTS), min_size=1, max_size=3))
    leaf = draw(shapes(LEAF, FAULTS))
    wrong = draw(st.sampled_from([-1, -1, -1, 0, len(cas)]))
    certificates = chain_of(leaf, *cas, signed_by_another=wrong)
    sent = draw(st.permutations(certificates[1:-1]))
    lost = draw(st.sampled_from([0, 0, 0, 1]))
    return certificates, sent[lost:]


@given(case=chains(), side=st.sampled_from(["server", "client"]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_openssl_agrees(
    case: tuple[list[x509.Certificate], list[x509.Certificate]], side: chain.Side, openssl: OpenSSL
) -> None:
    (leaf, *_between, root), sent = case
    verdict = openssl.verify(leaf, [root], sent, purpose=PURPOSES[side])
    found = chain.verify(leaf, sent, [root], sides=[side])
    assert (verdict == "OK") == (not found.problems), (verdict, [*map(str, found.problems)])


PROBLEMS: dict[str, tuple[list[Shape], int, str]] = {
    "an expired issuing CA": ([CA, Shape(end=0), CA], 1, "expired"),
    "a CA of tomorrow": ([CA, Shape(start=1), CA], 1, "not_yet_valid"),
    "no CA": ([CA, Shape(ca=False), CA], 1, "ca"),
    "no basic constraints": ([Shape(ca=None), CA], 1, "ca"),
    "a path length that is too short": ([CA, Shape(path_length=0), CA], 1, "path_length"),
    "the same, of the root": ([CA, CA, Shape(path_length=1)], 1, "path_length"),
    "a key usage without signing": ([CA, Shape(key_usage=("crl_sign",)), CA], 1, "key_usage"),
    "servers only": ([CA, Shape(sides=("server",)), CA], 1, "extended_key_usage"),
}


@pytest.mark.parametrize(("cas", "count", "kind"), PROBLEMS.values(), ids=PROBLEMS)
def test_the_problem_has_its_kind_and_its_certificate(
    cas: list[Shape], count: int, kind: str
) -> None:
    """Each of the CAs that differs from a good one is to blame."""
    leaf, *certificates = chain_of(LEAF, *cas)
    found = chain.verify(leaf, certificates[:-1], certificates[-1:])
    faulty = [made for shape, made in zip(cas, certificates, strict=True) if shape != CA]
    assert [problem.kind for problem in found.problems] == [kind] * count
    assert [problem.certificate for problem in found.problems] == faulty
    assert found.certificates == (leaf, *certificates)


def test_a_missing_intermediate_and_an_unknown_root_differ() -> None:
    leaf, mesh, issuing, root = chain_of(LEAF, CA, CA, CA)
    [stranger] = chain_of(CA)
    for sent, roots, expected in (
        ([mesh, issuing, root], [root], []),
        ([mesh], [root], [("issuer", mesh)]),
        ([], [root], [("issuer", leaf)]),
        ([mesh, issuing, root], [mesh], []),
        ([mesh, issuing, root], [stranger], [("root", root)]),
        ([mesh, issuing], [stranger], [("issuer", issuing)]),
    ):
        problems = chain.verify(leaf, sent, roots).problems
        assert [(problem.kind, problem.certificate) for problem in problems] == expected
