# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities to sign with, a clock to turn, and OpenSSL to agree."""

from __future__ import annotations

import contextlib
import datetime
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import builder, keys, pem
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)
from cryptography import x509

ROOT = CertificateSpec(
    kind="root",
    organization="Istio",
    common_name="Root CA",
    locality="",
    key_type="ec",
    key_size=256,
    days=100,
)
INTERMEDIATE = CertificateSpec(
    kind="intermediate",
    organization="Istio",
    common_name="Intermediate CA",
    locality="east",
    dns_names=("istiod.istio-system.svc",),
    key_type="ec",
    key_size=256,
    days=80,
)


class Clock:
    """Turns the time at which certificates are made and judged."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = builder.now
        self._shift = datetime.timedelta()
        monkeypatch.setattr(builder, "now", lambda: self._real() + self._shift)

    def turn(self, days: float) -> None:
        self._shift += datetime.timedelta(days=days)

    @contextlib.contextmanager
    def turned(self, days: float) -> t.Iterator[None]:
        self.turn(days)
        try:
            yield
        finally:
            self.turn(-days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def authority(spec: CertificateSpec, issuer: builder.Authority | None = None) -> builder.Authority:
    key = keys.generate_key(str(spec.key_type), int(spec.key_size or 0))
    return builder.Authority(builder.build(spec, key, issuer), key)


@pytest.fixture(scope="session")
def root() -> builder.Authority:
    return authority(ROOT)


@pytest.fixture(scope="session")
def intermediate(root: builder.Authority) -> builder.Authority:
    return authority(INTERMEDIATE, root)


class OpenSSL:
    """The command line, as a second opinion."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _file(self, name: str, certificates: t.Sequence[x509.Certificate]) -> str:
        path = self._directory / name
        path.write_text(pem.join(certificates), encoding="ascii")
        return str(path)

    def text(self, certificate: x509.Certificate) -> str:
        path = self._file("certificate.pem", [certificate])
        command = ["openssl", "x509", "-in", path, "-noout", "-text"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def verify(
        self,
        certificate: x509.Certificate,
        roots: t.Sequence[x509.Certificate],
        between: t.Sequence[x509.Certificate] = (),
        purpose: str = "",
    ) -> str:
        """Return OK, or why OpenSSL rejects the chain: strictly, or for a purpose as Envoy does."""
        command = ["openssl", "verify", "-CAfile", self._file("roots.pem", roots)]
        command += ["-partial_chain", "-purpose", purpose] if purpose else ["-x509_strict"]
        if between:
            command += ["-untrusted", self._file("between.pem", between)]
        command.append(self._file("certificate.pem", [certificate]))
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return "OK" if done.returncode == 0 else done.stderr


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSSL:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to ask")
    place = tmp_path / "openssl"
    place.mkdir()
    return OpenSSL(place)
