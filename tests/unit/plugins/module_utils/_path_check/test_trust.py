# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose certificate is believed by whom."""

from __future__ import annotations

import datetime

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
    found = trust.trust_problems(shown, evaluate, ())
    assert [problem.kind for problem in found] == kinds
    if found:
        assert "CN=one" in found[0].text
        assert "CN=two" in found[0].text


def test_namesakes_are_told_apart() -> None:
    """Roots of different meshes often have the same name."""
    certificates = [b.authority.__wrapped__("Root CA").certificate for _unused in range(2)]
    assert len({trust.describe(each) for each in certificates}) == 2


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
    found = trust.trust_problems(shown, b.identity("client"), (matcher,))
    assert [problem.kind for problem in found] == ([] if believed else ["name"])
    assert not trust.trust_problems(shown, b.identity("client"), ()), "no matcher accepts all names"


def test_one_of_several_names_is_enough() -> None:
    matchers = (Matcher("prefix", "spiffe://west.local/"), Matcher("exact", WEB))
    assert not trust.trust_problems(b.identity("web"), b.identity("client"), matchers)


def test_an_expired_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, evaluate = b.identity("web"), b.identity("client")
    later = builder.now() + datetime.timedelta(days=2)
    monkeypatch.setattr(trust, "now", lambda: later)
    assert [problem.kind for problem in trust.trust_problems(shown, evaluate, ())] == ["expired"]


@pytest.mark.parametrize(
    "identity", [Identity(), Identity("nothing", "of this kind")], ids=["none", "no PEM"]
)
def test_nothing_to_say_of_what_is_not_there(identity: Identity) -> None:
    assert trust.trust_problems(identity, b.identity("client"), (Matcher("exact", WEB),)) == []
    assert trust.names(identity) == ()
    assert trust.trust_domain(identity) == ""


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, evaluate = b.identity("web", root="one"), b.identity("client", root="two", trusted="two")
    assert trust.trust_problems(shown, evaluate, ())
    monkeypatch.setattr(dependency, "FOUND_VERSION", None)
    assert trust.trust_problems(shown, evaluate, ()) == []
