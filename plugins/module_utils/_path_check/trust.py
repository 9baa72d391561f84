# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate whether a proxy trusts another's certificate."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    chain,
    dependency,
    pem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    Identity,
    Matcher,
)

with contextlib.suppress(ImportError):  # without the library, certificates are not evaluated
    from cryptography import x509

# where a chain ends before a root of the verifier
_ROOT_KINDS = ("root", "issuer", "signature")


@dataclass(frozen=True, slots=True)
class TrustProblem:
    """The reason why a certificate is not trusted."""

    # chain (wrong for every verifier), root (wrong for this one) or name
    kind: str
    text: str
    # the problem of the chain, and whether its leaf has it
    chain: chain.ChainProblem | None = None
    leaf: bool = False


def names(identity: Identity) -> tuple[str, ...]:
    """Return the SPIFFE names of a proxy's certificate."""
    if identity.uris:
        return identity.uris
    certificates = _load(identity.chain)
    if not certificates:
        return ()
    found = chain.extension_of(certificates[0], x509.SubjectAlternativeName)
    kind = x509.UniformResourceIdentifier
    return tuple(found.get_values_for_type(kind)) if found else ()


def trust_domain(identity: Identity) -> str:
    for name in names(identity):
        return name.removeprefix("spiffe://").partition("/")[0]
    return ""


def trust_problems(
    shown: Identity, by: Identity, expected: t.Sequence[Matcher], side: chain.Side
) -> list[TrustProblem]:
    """Return why a proxy with the roots of ``by`` rejects the certificate of ``shown``.

    ``side`` is the side of the handshake that shows it.
    """
    found = _chain_problems(shown, by, side)
    mine = names(shown)
    if mine and expected and not any(each.matches(name) for each in expected for name in mine):
        accepted = ", ".join(str(each) for each in expected)
        found.append(TrustProblem("name", f"it says {', '.join(mine)}; accepted is {accepted}"))
    return found


def _chain_problems(shown: Identity, by: Identity, side: chain.Side) -> list[TrustProblem]:
    certificates, roots = _load(shown.chain), _load(by.roots)
    if not certificates or not roots:
        return []
    leaf, *above = certificates
    problems = chain.verify(leaf, above, roots, sides=[side]).problems
    own_roots = _load(shown.roots)
    # A chain that does not even lead to its owner's roots lacks a certificate.
    own = chain.verify(leaf, above, own_roots, sides=[side]).problems if own_roots else ()
    missing = [problem for problem in own if problem.kind == "issuer"]
    found = []
    for problem in problems:
        if problem.kind in _ROOT_KINDS and not missing:
            trusted = "; ".join(pem.label(root) for root in roots)
            text = f"its root is {_root_of(problem)}; trusted is {trusted}"
            found.append(TrustProblem("root", text, problem))
        else:
            subject = "it" if problem.certificate == leaf else pem.label(problem.certificate)
            text = f"{subject} {problem.text}"
            found.append(TrustProblem("chain", text, problem, problem.certificate == leaf))
    return found


def _root_of(problem: chain.ChainProblem) -> str:
    top = problem.certificate
    return pem.label(top) if problem.kind == "root" else top.issuer.rfc4514_string()


def _load(text: str) -> list[x509.Certificate]:
    if not text or dependency.FOUND_VERSION is None:
        return []
    try:
        return pem.load_certificates(text, "a proxy's certificate")
    except MeshError:
        return []
