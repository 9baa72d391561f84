# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose certificate is believed by whom."""

from __future__ import annotations

import dataclasses
import re

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    dependency,
    keys,
    pem,
    workload,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import trust
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    Identity,
    Matcher,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.verdict import evaluate
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._certificates.authorities import (
    CA,
    LEAF,
    Shape,
    chain_of,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import (
    builders as b,
)

WEB = "spiffe://cluster.local/ns/sample/sa/web"


def intermediate(root: str) -> tuple[builder.Authority, str]:
    spec = CertificateSpec(
        kind="intermediate",
        organization="Istio",
        common_name="Intermediate CA",
        locality="east",
        dns_names=(),
        key_type="ec",
        key_size=256,
        days=10,
    )
    key, above = keys.generate_key("ec", 256), b.authority(root)
    return builder.Authority(builder.build(spec, key, above), key), pem.certificate_pem(
        above.certificate
    )


def issued_below(root: str, *, with_root: bool, trusted: str) -> Identity:
    ca, root_pem = intermediate(root)
    chain, _key = workload.issue_workload_certificate(
        pem.certificate_pem(ca.certificate),
        keys.key_pem(ca.key),
        root_pem if with_root else "",
        "cluster.local",
        "sample",
        "web",
        days=1,
    )
    return Identity(chain, pem.join(b.authority(name).certificate for name in trusted.split()))


@pytest.mark.parametrize("with_root", [True, False], ids=["root sent", "root not sent"])
@pytest.mark.parametrize(
    ("trusted", "kinds"),
    [("one", []), ("two", ["root"]), ("two one", []), ("two three", ["root"])],
)
def test_roots(with_root: bool, trusted: str, kinds: list[str]) -> None:
    shown = issued_below("one", with_root=with_root, trusted="one")
    evaluate = b.identity("client", root="two", trusted=trusted)
    found = trust.trust_problems(shown, evaluate, (), "server")
    assert [problem.kind for problem in found] == kinds
    if found:
        assert "CN=one" in found[0].text
        assert "CN=two" in found[0].text


@pytest.mark.parametrize(
    ("matcher", "believed"),
    [
        (Matcher("exact", WEB), True),
        (Matcher("exact", WEB + "2"), False),
        (Matcher("prefix", "spiffe://cluster.local/"), True),
        (Matcher("prefix", "spiffe://west.local/"), False),
        (Matcher("suffix", "/sa/web"), True),
        (Matcher("contains", "/ns/other/"), False),
        (Matcher("safe_regex", "what Envoy decides"), True),
    ],
    ids=str,
)
def test_names(matcher: Matcher, believed: bool) -> None:
    shown = b.identity("web")
    assert trust.names(shown) == (WEB,)
    found = trust.trust_problems(shown, b.identity("client"), (matcher,), "server")
    assert [problem.kind for problem in found] == ([] if believed else ["name"])
    assert not trust.trust_problems(shown, b.identity("client"), (), "server"), (
        "no matcher accepts all names"
    )


def test_one_of_several_names_is_enough() -> None:
    matchers = (Matcher("prefix", "spiffe://west.local/"), Matcher("exact", WEB))
    assert not trust.trust_problems(b.identity("web"), b.identity("client"), matchers, "server")


@pytest.mark.parametrize(
    "identity", [Identity(), Identity("nothing", "of this kind")], ids=["none", "no PEM"]
)
def test_nothing_to_say_of_what_is_not_there(identity: Identity) -> None:
    assert (
        trust.trust_problems(identity, b.identity("client"), (Matcher("exact", WEB),), "server")
        == []
    )
    assert trust.names(identity) == ()
    assert trust.trust_domain(identity) == ""


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, evaluate = b.identity("web", root="one"), b.identity("client", root="two", trusted="two")
    assert trust.trust_problems(shown, evaluate, (), "server")
    monkeypatch.setattr(dependency, "FOUND_VERSION", None)
    assert trust.trust_problems(shown, evaluate, (), "server") == []


FAULTS: dict[str, tuple[list[Shape], list[int], str, str]] = {
    "none": ([CA, CA, CA], [], "", ""),
    "an expired issuing CA": ([CA, Shape(end=0), CA], [], "chain", "Company CA 2 .* expired on"),
    "a path that is too long": (
        [CA, Shape(path_length=0), CA],
        [],
        "chain",
        "Company CA 2 .* has path length 0",
    ),
    "a CA for clients only": (
        [CA, Shape(sides=("client",)), CA],
        [],
        "chain",
        "Company CA 2 .* lacks server authentication",
    ),
    "no CA": ([CA, Shape(ca=False), CA], [], "chain", "Company CA 2 .* is not a CA"),
    "a missing intermediate": ([CA, CA, CA], [2], "chain", "lacks its issuer CN=Company CA 2"),
}


@pytest.mark.parametrize(("cas", "lost", "kind", "text"), FAULTS.values(), ids=FAULTS)
def test_whole_chains(cas: list[Shape], lost: list[int], kind: str, text: str) -> None:
    """A chain's own fault is none of the roots, and the remedy is at its owner's CA."""
    leaf, *above = chain_of(LEAF, *cas)
    roots = pem.join(above[-1:])
    sent = [each for position, each in enumerate(above, start=1) if position not in lost]
    shown = Identity(pem.join([leaf, *sent[:-1]]), roots, uris=(WEB,))
    client = Identity(b.identity("sleep").chain, roots)
    found = trust.trust_problems(shown, client, (), "server")
    assert [problem.kind for problem in found] == ([kind] if kind else [])
    if kind:
        assert re.search(text, found[0].text)
        end = b.server(identity=shown)
        ends = b.endpoint(b.behind(end), new_connections=3, failed_connections=3)
        facts = b.facts(b.cluster_hop(ends), records=b.answers(503), identity=client)
        failing = evaluate(facts).failing
        assert failing is not None
        assert failing.hop == "tls"
        assert "in the server's chain" in failing.detail
        assert "the Secret cacerts of cluster west" in failing.advice
        assert "give both clusters one root" not in failing.advice


def test_an_expired_leaf() -> None:
    leaf, *above = chain_of(Shape(ca=False, key_usage=None, end=0), CA)
    roots = pem.join(above)
    shown = Identity(pem.join([leaf]), roots, uris=(WEB,))
    [problem] = trust.trust_problems(shown, Identity("", roots), (), "server")
    assert (problem.kind, problem.leaf) == ("chain", True)
    assert problem.text.startswith("it expired on")


@pytest.mark.parametrize(
    ("account", "accepted", "advice"),
    [
        ("web", "spiffe://cluster.local/ns/sleep/sa/web", "move the entry to namespace sample"),
        (
            "web",
            "spiffe://cluster.local/ns/sample/sa/api",
            "service account of the server's pods (web)",
        ),
    ],
    ids=["namespace", "account"],
)
def test_the_part_of_an_identity_that_differs(account: str, accepted: str, advice: str) -> None:
    upstream = dataclasses.replace(b.UPSTREAM, identities=(Matcher("exact", accepted),))
    end = b.endpoint(
        b.behind(b.server(identity=b.identity(account))), new_connections=3, failed_connections=3
    )
    facts = b.facts(b.cluster_hop(end, upstream=upstream), records=b.answers(503))
    failing = evaluate(facts).failing
    assert failing is not None
    assert advice in failing.advice
