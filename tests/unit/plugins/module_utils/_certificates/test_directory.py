# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate directory over its life: made, kept, renewed, broken, repaired, removed."""

from __future__ import annotations

import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    directory,
    files,
    keys,
    pem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.options import (
    read_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)

if t.TYPE_CHECKING:
    from .conftest import Clock, OpenSSL

Snapshot = dict[str, bytes]
EAST: dict[str, t.Any] = {"name": "east"}
WEB = {
    "issuer": "east",
    "trust_domain": "cluster.local",
    "namespace": "sample",
    "service_account": "web",
    "days": 90,
}
FULL: dict[str, t.Any] = {"intermediates": [EAST, {"name": "west"}], "workloads": [WEB]}
WEB_DIRECTORY = "east/workloads/cluster.local/sample/web"


class Trust:
    """A certificate directory and the verbs of the module."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def present(self, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        defaults = {"directory": str(self.path), "force_root": False, "renew_before": 30}
        return directory.present(read_options({**defaults, **options}), check_mode=check_mode)

    def absent(self, check_mode: bool = False) -> dict[str, t.Any]:
        return directory.absent(self.path, check_mode=check_mode)

    def snapshot(self) -> Snapshot:
        found = self.path.rglob("*") if self.path.is_dir() else ()
        return {
            str(each.relative_to(self.path)): each.read_bytes()
            for each in found
            if each.is_file() and each.name != files.LOCK_NAME
        }

    def certificates(self, name: str) -> list[t.Any]:
        return pem.load_certificates((self.path / name).read_text(encoding="ascii"), name)

    def reasons(self, result: dict[str, t.Any]) -> dict[str, list[str]]:
        return {
            str(Path(each["path"]).relative_to(self.path)): each["reasons"]
            for each in result["regenerated"]
        }

    def check_consistent(self, name: str = "east") -> None:
        """Every key belongs to its certificate, and every chain leads to the root."""
        [root] = self.certificates("root-cert.pem")
        [ca] = self.certificates(f"{name}/ca-cert.pem")
        ca.verify_directly_issued_by(root)
        assert self.certificates(f"{name}/cert-chain.pem") == [ca, root]
        assert root in self.certificates(f"{name}/root-cert.pem")
        for certificate, key in ((root, "root-key.pem"), (ca, f"{name}/ca-key.pem")):
            text = (self.path / key).read_text(encoding="ascii")
            assert keys.matches(keys.load_key(text, key), certificate)


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path / "lab" / "trust")


def test_the_layout(trust: Trust) -> None:
    result = trust.present(**FULL)
    assert result["changed"]
    assert set(trust.snapshot()) == {
        "root-key.pem",
        "root-cert.pem",
        *(
            f"{name}/{file}"
            for name in ("east", "west")
            for file in ("ca-cert.pem", "ca-key.pem", "root-cert.pem", "cert-chain.pem")
        ),
        *(f"{WEB_DIRECTORY}/{file}" for file in ("cert-chain.pem", "key.pem", "root-cert.pem")),
    }
    modes = {each.stat().st_mode & 0o777 for each in trust.path.rglob("*") if each.is_file()}
    assert modes == {0o600}
    trust.check_consistent("east")
    trust.check_consistent("west")
    assert set(trust.reasons(result)) == set(trust.snapshot())


def test_openssl_accepts_the_workload(trust: Trust, openssl: OpenSSL) -> None:
    trust.present(**FULL)
    chain = trust.certificates(f"{WEB_DIRECTORY}/cert-chain.pem")
    roots = trust.certificates(f"{WEB_DIRECTORY}/root-cert.pem")
    assert len(chain) == 3
    assert openssl.verify(chain[0], roots, chain[1:]) == "OK"


def test_the_second_run_changes_nothing(trust: Trust) -> None:
    first = trust.present(**FULL)
    before = trust.snapshot()
    second = trust.present(**FULL)
    assert not second["changed"]
    assert second["regenerated"] == []
    assert second["diff"] == {"before": {}, "after": {}}
    assert trust.snapshot() == before
    for part in ("root", "intermediates", "workloads", "trust_bundle"):
        assert second[part] == first[part]


def test_check_mode_touches_nothing_and_foretells_the_same(trust: Trust) -> None:
    predicted = trust.present(check_mode=True, **FULL)
    assert not trust.path.exists()
    assert not trust.path.parent.exists()
    assert predicted["changed"]
    assert predicted["root"]["fingerprint"] is None
    done = trust.present(**FULL)
    assert predicted["regenerated"] == done["regenerated"]
    before = trust.snapshot()
    change = {**FULL, "intermediates": [{**EAST, "locality": "x"}, {"name": "west"}]}
    predicted = trust.present(check_mode=True, **change)
    assert trust.snapshot() == before
    assert predicted["root"]["fingerprint"] == done["root"]["fingerprint"]
    assert predicted["intermediates"][0]["fingerprint"] is None
    assert predicted["regenerated"] == trust.present(**change)["regenerated"]


def test_no_key_leaves_the_directory(trust: Trust) -> None:
    told = str(trust.present(**FULL)) + str(trust.present(**FULL))
    for name, text in trust.snapshot().items():
        if name.endswith("key.pem"):
            lines = text.decode("ascii").splitlines()
            assert not [line for line in lines if line in told]


@pytest.mark.parametrize(
    ("change", "regenerated"),
    [
        # The key fits still, so what it signed does too; only the chains name another certificate.
        ({"locality": "x"}, {"east/ca-cert.pem", "east/cert-chain.pem"}),
        ({"dns_names": ["a.b"]}, {"east/ca-cert.pem", "east/cert-chain.pem"}),
        ({"key_size": 384}, {"east/ca-cert.pem", "east/ca-key.pem", "east/cert-chain.pem"}),
        ({"days": 5}, set()),
    ],
)
def test_only_what_no_longer_fits(
    change: dict[str, t.Any], regenerated: set[str], trust: Trust
) -> None:
    trust.present(intermediates=[EAST, {"name": "west"}])
    before = trust.snapshot()
    result = trust.present(intermediates=[{**EAST, **change}])
    after = trust.snapshot()
    assert set(trust.reasons(result)) == regenerated
    assert {name for name in after if after[name] != before.get(name)} == regenerated
    trust.check_consistent("east")


def test_a_workload_follows_its_issuer(trust: Trust) -> None:
    trust.present(**FULL)
    result = trust.present(intermediates=[{**EAST, "key_size": 384}], workloads=[WEB])
    chain = f"{WEB_DIRECTORY}/cert-chain.pem"
    assert "it is not signed by the present L=east" in trust.reasons(result)[chain][0]
    leaf, ca, _root = trust.certificates(chain)
    leaf.verify_directly_issued_by(ca)


def test_renewal(trust: Trust, clock: Clock) -> None:
    trust.present(intermediates=[{**EAST, "days": 300}], workloads=[WEB])
    clock.turn(59)
    assert not trust.present(intermediates=[EAST], workloads=[WEB])["changed"]
    clock.turn(2)
    result = trust.present(intermediates=[EAST], workloads=[WEB])
    assert list(trust.reasons(result)) == [f"{WEB_DIRECTORY}/cert-chain.pem"]
    clock.turn(220)
    result = trust.present(intermediates=[EAST])
    assert list(trust.reasons(result)) == ["east/ca-cert.pem", "east/cert-chain.pem"]
    clock.turn(9)
    assert not trust.present(intermediates=[EAST])["changed"]


def test_an_expired_root_stops_everything_and_names_the_option(trust: Trust, clock: Clock) -> None:
    trust.present(root={"days": 10}, intermediates=[EAST])
    clock.turn(11)
    before = trust.snapshot()
    with pytest.raises(InvalidInput, match=r"no longer fits: it expired on .*force_root=true"):
        trust.present(intermediates=[EAST])
    assert trust.snapshot() == before


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        ({"common_name": "Other"}, "its common name is 'Root CA', not 'Other'"),
        ({"locality": "x"}, "its locality is '', not 'x'"),
        ({"key_type": "rsa"}, "its key is of type ec, not rsa"),
        ({"key_size": 384}, "its key has 256 bits, not 384"),
    ],
)
def test_a_root_is_never_replaced_unless_told_to(
    root: dict[str, t.Any], reason: str, trust: Trust
) -> None:
    trust.present(intermediates=[EAST])
    before = trust.snapshot()
    with pytest.raises(InvalidInput, match=f"{reason}.*force_root=true"):
        trust.present(root=root, intermediates=[EAST])
    assert trust.snapshot() == before


def test_force_replaces_a_root_once(trust: Trust) -> None:
    old = trust.present(**FULL)
    options = {**FULL, "root": {"common_name": "New"}, "force_root": True}
    new = trust.present(**options)
    assert new["replaced_root"]["fingerprint"] == old["root"]["fingerprint"]
    assert new["root"]["subject"] == "CN=New,O=Istio"
    trust.check_consistent("east")
    trust.check_consistent("west")
    again = trust.present(**options)
    assert not again["changed"]
    assert again["replaced_root"] is None


def test_force_renews_a_root_before_its_end(trust: Trust, clock: Clock) -> None:
    trust.present(intermediates=[EAST])
    clock.turn(3640)
    warned = trust.present(intermediates=[EAST])
    assert not warned["changed"]
    [warning] = warned["warnings"]
    assert "expires on" in warning
    assert "force_root=true" in warning
    assert trust.present(intermediates=[EAST], force_root=True)["replaced_root"]
    trust.check_consistent()
    assert not trust.present(intermediates=[EAST])["warnings"]


@pytest.mark.parametrize(
    ("key", "certificate"),
    [
        ("root-key.pem", "root-cert.pem"),
        ("east/ca-key.pem", "east/ca-cert.pem"),
        (f"{WEB_DIRECTORY}/key.pem", f"{WEB_DIRECTORY}/cert-chain.pem"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_a_key_that_is_not_its_certificates(
    key: str, certificate: str, force: bool, trust: Trust
) -> None:
    trust.present(**FULL)
    files.write(trust.path / key, keys.key_pem(keys.generate_key("ec", 256)))
    before = trust.snapshot()
    with pytest.raises(InvalidInput) as caught:
        trust.present(**FULL, root={"locality": ""}, force_root=force)
    assert str(trust.path / key) in str(caught.value)
    assert str(trust.path / certificate) in str(caught.value)
    assert trust.snapshot() == before


def test_the_roots_key_may_be_elsewhere_until_it_has_to_sign(trust: Trust) -> None:
    trust.present(intermediates=[EAST])
    (trust.path / "root-key.pem").unlink()
    result = trust.present(intermediates=[EAST])
    assert not result["changed"]
    assert result["root"]["key_path"] is None
    before = trust.snapshot()
    message = r"west/ca-cert.pem must be generated \(it does not exist\), but the key of its issuer"
    with pytest.raises(InvalidInput, match=message):
        trust.present(intermediates=[EAST, {"name": "west"}])
    assert trust.snapshot() == before


@pytest.mark.parametrize("name", ["east/ca-key.pem", "east/ca-cert.pem", "root-cert.pem"])
def test_a_lost_file_is_made_again(name: str, trust: Trust) -> None:
    trust.present(intermediates=[EAST])
    (trust.path / name).unlink()
    assert trust.present(intermediates=[EAST])["changed"]
    trust.check_consistent()
    assert not trust.present(intermediates=[EAST])["changed"]


def test_a_lone_root_key_of_another_kind_is_kept(trust: Trust) -> None:
    text = keys.key_pem(keys.generate_key("ec", 384))
    files.write(trust.path / "root-key.pem", text)
    with pytest.raises(InvalidInput, match=r"has 384 bits, not 256.*force_root=true"):
        trust.present(root={"key_type": "ec", "key_size": 256})
    trust.present(root={"key_size": 384}, intermediates=[EAST])
    assert trust.snapshot()["root-key.pem"].decode() == text
    trust.check_consistent()


def test_a_root_of_ones_own(trust: Trust) -> None:
    other = Trust(trust.path.parent / "other")
    other.present(root={"common_name": "Company", "organization": "Acme", "key_size": 384})
    for name in ("root-cert.pem", "root-key.pem"):
        files.write(trust.path / name, (other.path / name).read_text(encoding="ascii"))
    result = trust.present(intermediates=[EAST])
    assert result["root"]["subject"] == "CN=Company,O=Acme"
    trust.check_consistent()


def test_a_subject_that_is_the_roots(trust: Trust) -> None:
    with pytest.raises(InvalidInput, match="east: has the same subject as its issuer"):
        trust.present(intermediates=[{**EAST, "common_name": "Root CA", "locality": ""}])
    assert not trust.snapshot()


def test_different_roots(trust: Trust) -> None:
    meshes = [Trust(trust.path / name) for name in ("one", "two")]
    for mesh in meshes:
        mesh.present(root={"locality": mesh.path.name})
    paths = [str(mesh.path / "root-cert.pem") for mesh in meshes]
    bundles = []
    for mesh in meshes:
        result = mesh.present(intermediates=[EAST], trust_bundle=paths)
        bundles.append((mesh.path / "east/root-cert.pem").read_text(encoding="ascii"))
        assert len(result["trust_bundle"]) == 2
        mesh.check_consistent()
        assert not mesh.present(intermediates=[EAST], trust_bundle=paths[::-1])["changed"]
    assert bundles[0] == bundles[1]
    assert len(pem.load_certificates(bundles[0], "x")) == 2


def test_a_bundle_that_cannot_be(trust: Trust, clock: Clock) -> None:
    other = Trust(trust.path.parent / "other")
    other.present(root={"days": 5}, **FULL)
    leaf = other.path / WEB_DIRECTORY / "cert-chain.pem"
    root, missing = other.path / "root-cert.pem", other.path / "none.pem"
    for path, message in ((leaf, "is not a CA"), (missing, "does not exist")):
        with pytest.raises(InvalidInput, match=f"^trust_bundle: .*{path} {message}"):
            trust.present(intermediates=[EAST], trust_bundle=[str(path)])
    clock.turn(6)
    with pytest.raises(InvalidInput, match=f"^trust_bundle: CN=Root CA,O=Istio in {root} expired"):
        trust.present(intermediates=[EAST], trust_bundle=[str(root)])
    assert not trust.snapshot()
    predicted = trust.present(check_mode=True, intermediates=[EAST], trust_bundle=[str(missing)])
    assert "does not exist yet" in predicted["warnings"][0]


def test_a_file_that_others_could_read(trust: Trust) -> None:
    trust.present(intermediates=[EAST])
    key = trust.path / "east" / "ca-key.pem"
    key.chmod(0o644)
    assert trust.present(check_mode=True, intermediates=[EAST])["changed"]
    assert key.stat().st_mode & 0o777 == 0o644
    result = trust.present(intermediates=[EAST])
    assert result["diff"]["before"] == {str(key): "its mode is 0644, not 0600"}
    assert result["regenerated"] == []
    assert "others could read it until now" in result["warnings"][0]
    assert key.stat().st_mode & 0o777 == 0o600
    assert not trust.present(intermediates=[EAST])["changed"]


class Crash(Exception):
    """What the process dies of."""


def _die_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter(range(step))

    def counted(real: t.Callable[..., None]) -> t.Callable[..., None]:
        def count(*arguments: t.Any) -> None:
            if next(left, None) is None:
                raise Crash
            real(*arguments)

        return count

    for verb in ("write", "remove"):
        monkeypatch.setattr(files, verb, counted(getattr(files, verb)))


# Each with the number of its steps
CHANGES: dict[str, tuple[dict[str, t.Any], dict[str, t.Any], int]] = {
    "new": ({}, FULL, 13),
    "key": (FULL, {"intermediates": [{**EAST, "key_size": 384}], "workloads": [WEB]}, 5),
    "root": (FULL, {**FULL, "root": {"key_size": 384}, "force_root": True}, 11),
}


@pytest.mark.parametrize(
    ("change", "step"),
    [(name, step) for name, (*_unused, steps) in CHANGES.items() for step in range(steps)],
)
def test_the_next_run_repairs_what_a_killed_one_left(
    change: str, step: int, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after, _steps = CHANGES[change]
    if before:
        trust.present(**before)
    with monkeypatch.context() as patch:
        _die_at(step, patch)
        with pytest.raises(Crash):
            trust.present(**after)
    trust.present(**after)
    trust.check_consistent()
    assert not trust.present(**after)["changed"]


def test_absent_removes_what_it_knows_and_nothing_else(trust: Trust) -> None:
    trust.present(**FULL)
    made = trust.snapshot()
    kept = [trust.path / "notes.txt", trust.path / "east" / "notes.txt"]
    foreign = trust.path / "theirs" / "root-cert.pem"
    for path in (*kept, foreign):
        files.write(path, "x")
    predicted = trust.absent(check_mode=True)
    assert set(trust.snapshot()) >= set(made)
    result = trust.absent()
    assert predicted["removed"] == result["removed"]
    assert {str(Path(path).relative_to(trust.path)) for path in result["removed"]} >= set(made)
    left = {"notes.txt", "east/notes.txt", "theirs/root-cert.pem"}
    assert set(trust.snapshot()) == left
    assert not (trust.path / "west").exists()
    assert not trust.absent()["changed"]


def test_absent_leaves_no_directory(trust: Trust) -> None:
    assert not trust.absent()["changed"]
    assert not trust.path.exists()
    trust.present(**FULL)
    assert trust.absent()["changed"]
    assert not trust.path.exists()
    assert trust.path.parent.exists()


PARALLEL = """
import sys
from pathlib import Path
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import directory, options
result = directory.present(options.read_options({
    "directory": sys.argv[1], "force_root": False, "renew_before": 30,
    "intermediates": [{"name": sys.argv[2]}]}), check_mode=False)
print(result["root"]["fingerprint"])
"""


def test_clusters_side_by_side_share_one_root(trust: Trust) -> None:
    names = ["east", "west", "north", "south"]
    command = [sys.executable, "-c", PARALLEL, str(trust.path)]
    running = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in names
    ]
    printed = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * len(names)
    assert len(printed) == 1
    for name in names:
        trust.check_consistent(name)


def test_a_place_that_is_no_directory(trust: Trust) -> None:
    files.write(trust.path, "x")
    with pytest.raises(MeshError, match=f"^directory: {trust.path} exists but is not a directory"):
        trust.present(intermediates=[EAST])
