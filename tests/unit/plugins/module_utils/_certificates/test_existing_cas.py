# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company's root and CAs: plugged in as they are, or to sign in the root's place."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    directory,
    keys,
    pem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.options import (
    read_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

from .authorities import CA, KEYS, LEAF, Shape, chain_of

if t.TYPE_CHECKING:
    from cryptography import x509

    from .conftest import Clock, OpenSSL

WEB = {
    "issuer": "east",
    "trust_domain": "cluster.local",
    "namespace": "sample",
    "service_account": "web",
    "days": 9,
}
# Istio's own sample root has no key usage
ROOT = Shape(key_usage=None)


class Company:
    """Files of a company, and a directory below them."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.trust = place / "trust"

    def store(self, name: str, certificates: t.Sequence[x509.Certificate]) -> str:
        path = self.place / name
        path.write_text(pem.join(certificates), encoding="ascii")
        path.chmod(0o644)
        return str(path)

    def key(self, position: int) -> str:
        path = self.place / f"{position}.key"
        path.write_text(keys.key_pem(KEYS[position]), encoding="ascii")
        path.chmod(0o600)
        return str(path)

    def options(self, way: str, cas: t.Sequence[x509.Certificate]) -> dict[str, t.Any]:
        """``cas`` from the mesh CA or the issuing CA up to the root."""
        existing = {"certificate": self.store("ca.pem", cas[:-1]), "key": self.key(0)}
        found: dict[str, t.Any] = {"root": {"certificate": self.store("root.pem", cas[-1:])}}
        if way == "issuer":
            return {**found, "issuer": existing, "intermediates": [{"name": "east"}]}
        return {**found, "intermediates": [{"name": "east", **existing}]}

    def present(self, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        given = {"directory": str(self.trust), "force_root": False, "renew_before": 30, **options}
        return directory.present(read_options(given), check_mode=check_mode)

    def read(self, name: str) -> list[x509.Certificate]:
        return pem.load_certificates((self.trust / name).read_text(encoding="ascii"), name)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


@pytest.mark.parametrize("count", [1, 2, 3], ids=["1 CA", "2 CAs", "3 CAs"])
@pytest.mark.parametrize("way", ["issuer", "existing"])
def test_without_the_roots_key(way: str, count: int, company: Company, openssl: OpenSSL) -> None:
    cas = chain_of(*[CA] * count, ROOT)
    options = {**company.options(way, cas), "workloads": [WEB]}
    predicted = company.present(check_mode=True, **options)
    assert not company.trust.exists()
    result = company.present(**options)
    assert result["regenerated"] == predicted["regenerated"]
    chain = company.read("east/cert-chain.pem")
    assert chain[-len(cas) :] == cas
    assert len(chain) == len(cas) + (way == "issuer")
    assert company.read("east/root-cert.pem") == company.read("root-cert.pem") == cas[-1:]
    assert company.read("east/ca-cert.pem") == chain[:1]
    key = (company.trust / "east/ca-key.pem").read_text(encoding="ascii")
    assert keys.matches(keys.load_key(key, "x"), chain[0])
    leaf, *sent = company.read("east/workloads/cluster.local/sample/web/cert-chain.pem")
    assert sent == chain
    for purpose in ("sslserver", "sslclient"):
        assert openssl.verify(leaf, cas[-1:], sent, purpose=purpose) == "OK"
    again = company.present(**options)
    assert (again["changed"], again["warnings"]) == (False, [])
    assert again["root"]["key_path"] is None


FAULTS: dict[str, tuple[list[Shape], str]] = {
    "expired above": ([CA, Shape(end=0), CA], "Company CA 1 .* expired on"),
    "expired": ([Shape(end=0), CA], "Company CA 0 .* expired on"),
    "no CA": ([LEAF, CA], "Company CA 0 .* is not a CA"),
    "no signing": ([Shape(key_usage=("crl_sign",)), CA], "lacks certificate signing"),
    "path length": ([CA, Shape(path_length=0), CA], "Company CA 1 .* has path length 0, too short"),
    "for servers only": ([CA, Shape(sides=("server",)), CA], "lacks client authentication"),
}


@pytest.mark.parametrize(("shapes", "message"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("way", ["issuer", "existing"])
def test_a_ca_that_nobody_would_accept(
    way: str, shapes: list[Shape], message: str, company: Company
) -> None:
    options = company.options(way, chain_of(*shapes))
    option = "issuer" if way == "issuer" else "intermediates: east"
    with pytest.raises(InvalidInput, match=f"^{option}: certificate: .*ca.pem .*{message}"):
        company.present(**options)
    assert not list(company.trust.rglob("*.pem"))


def test_a_ca_that_may_have_no_other_below_it(company: Company) -> None:
    """It can be plugged in, but not sign."""
    cas = chain_of(Shape(path_length=0), CA)
    with pytest.raises(InvalidInput, match="has path length 0, too short for the CAs below it"):
        company.present(**company.options("issuer", cas))
    company.present(**company.options("existing", cas))
    assert company.read("east/cert-chain.pem") == cas


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"certificate": "/none.pem"}, "east: certificate: /none.pem does not exist"),
        ({"key": "/none.key"}, "east: key: /none.key does not exist"),
        ({"key": None}, "east: an existing CA needs both certificate and key"),
        ({"locality": "x", "days": 3}, "east: .* used as it is; leave out days, locality"),
    ],
)
def test_what_an_existing_ca_needs(
    change: dict[str, t.Any], message: str, company: Company
) -> None:
    options = company.options("existing", chain_of(CA, CA))
    options["intermediates"][0].update(change)
    with pytest.raises(InvalidInput, match=f"^intermediates: {message}"):
        company.present(**options)


def test_a_missing_link_an_unknown_root_and_the_key_of_another(company: Company) -> None:
    cas = chain_of(CA, CA, CA)
    options = company.options("existing", cas)
    company.store("ca.pem", cas[:1])
    with pytest.raises(InvalidInput, match=r"Company CA 0 .* lacks its issuer CN=Company CA 1"):
        company.present(**options)
    company.store("ca.pem", cas)
    company.store("root.pem", chain_of(CA))
    with pytest.raises(InvalidInput, match=r"Company CA 2 .* is a root that is not trusted"):
        company.present(**options)
    (company.place / "0.key").write_text(keys.key_pem(KEYS[3]), encoding="ascii")
    with pytest.raises(InvalidInput, match=r"0.key does not match the certificate .*ca.pem"):
        company.present(**options)


def test_a_new_ca_of_the_company(company: Company) -> None:
    """The old one goes, its key too, and what it signed."""
    company.present(**company.options("existing", chain_of(CA, CA)), workloads=[WEB])
    cas = chain_of(CA, CA)
    company.store("root.pem", cas[-1:])
    with pytest.raises(
        InvalidInput, match=r"root.pem is not the root .* only with force_root=true"
    ):
        company.present(**company.options("existing", cas))
    result = company.present(**company.options("existing", cas), workloads=[WEB], force_root=True)
    assert result["replaced_root"]["subject"] == "CN=Company CA 1"
    assert company.read("east/cert-chain.pem") == cas
    assert not company.present(**company.options("existing", cas), workloads=[WEB])["changed"]


def test_an_existing_ca_is_not_renewed_but_warned_of(company: Company, clock: Clock) -> None:
    options = company.options("existing", chain_of(CA, Shape(end=3000)))
    company.present(**options)
    clock.turn(90)
    result = company.present(**options)
    assert not result["changed"]
    assert "ca.pem should be replaced: it expires on" in result["warnings"][0]


def roots() -> list[x509.Certificate]:
    """Two roots with different keys."""
    return [chain_of(LEAF, CA)[1], chain_of(ROOT)[0]]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("place", ["trust/root-cert.pem", "root.pem"], ids=["in place", "copied"])
def test_several_roots_in_a_file_stay(place: str, first: int, company: Company) -> None:
    """The root that has the key signs, wherever it is in the file."""
    own, other = roots()
    company.trust.mkdir()
    company.store(place, [own, other] if first == 0 else [other, own])
    (company.trust / "root-key.pem").write_text(keys.key_pem(KEYS[1]), encoding="ascii")
    root = {} if place.startswith("trust") else {"certificate": str(company.place / place)}
    result = company.present(root=root, intermediates=[{"name": "east"}])
    assert result["root"]["fingerprint"] == pem.fingerprint(own)
    assert len(result["trust_bundle"]) == 2
    assert set(company.read("root-cert.pem")) == {own, other}
    assert set(company.read("east/root-cert.pem")) == {own, other}
    assert company.read("east/cert-chain.pem")[1:] == [own]
    assert not company.present(root=root, intermediates=[{"name": "east"}])["changed"]


def test_a_replaced_root_leaves_the_others(company: Company) -> None:
    own, other = roots()
    company.trust.mkdir()
    company.store("trust/root-cert.pem", [own, other])
    result = company.present(
        root={"common_name": "New"}, intermediates=[{"name": "east"}], force_root=True
    )
    assert result["replaced_root"]["fingerprint"] == pem.fingerprint(own)
    new, *kept = company.read("root-cert.pem")
    assert new.subject.rfc4514_string() == "CN=New,O=Istio"
    assert kept == [other]


def test_another_root_that_has_expired_stays_with_a_warning(company: Company) -> None:
    own, _other = roots()
    [expired] = chain_of(Shape(end=0))
    company.trust.mkdir()
    company.store("trust/root-cert.pem", [own, expired])
    result = company.present()
    assert "root-cert.pem: CN=Company CA 0" in result["warnings"][0]
    assert "expired on" in result["warnings"][0]
    assert company.read("root-cert.pem") == [own, expired]


def test_only_keys_are_private(company: Company) -> None:
    company.present(intermediates=[{"name": "east"}], workloads=[WEB])
    for path in company.trust.rglob("*.pem"):
        path.chmod(0o644)
    result = company.present(intermediates=[{"name": "east"}], workloads=[WEB])
    assert result["regenerated"] == []
    modes = {path.name: path.stat().st_mode & 0o777 for path in company.trust.rglob("*.pem")}
    assert {name for name, mode in modes.items() if mode == 0o600} == {
        "root-key.pem",
        "ca-key.pem",
        "key.pem",
    }
    assert len(result["warnings"]) == 3
