# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module around the logic: its options, what it returns, how it fails."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import dependency
from ansible_collections.eastwest.mesh.plugins.modules import mesh_certs

Options = dict[str, t.Any]
Run = t.Callable[..., Options]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the module on a directory of the test as Ansible does, and returns what it prints."""

    def call(*, check: bool = False, **options: t.Any) -> Options:
        arguments = {"directory": str(tmp_path / "trust"), **options, "_ansible_check_mode": check}
        text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text)
        # Newer versions of Ansible want to know how the arguments are written.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            mesh_certs.main()
        return t.cast("Options", json.loads(capsys.readouterr().out))

    return call


FULL: Options = {
    "root": {"common_name": "Lab root", "days": 365},
    "intermediates": [{"name": "east", "dns_names": ["istiod.istio-system.svc"]}],
    "workloads": [{"issuer": "east", "namespace": "sample"}],
}


def test_made_kept_removed(run: Run, tmp_path: Path) -> None:
    first = run(**FULL)
    assert first["changed"]
    assert len(first["regenerated"]) == 9
    assert first["root"]["subject"] == "CN=Lab root,O=Istio"
    assert first["intermediates"][0]["path"] == str(tmp_path / "trust/east/ca-cert.pem")
    assert first["workloads"][0]["uri"] == "spiffe://cluster.local/ns/sample/sa/default"
    second = run(**FULL)
    assert not second["changed"]
    assert second["root"] == first["root"]
    assert len(run(state="absent", check=True)["removed"]) == 10
    assert len(run(state="absent")["removed"]) == 10
    assert not run(state="absent")["changed"]


def test_check_mode_and_diff(run: Run, tmp_path: Path) -> None:
    predicted = run(check=True, **FULL)
    assert predicted["changed"]
    assert not (tmp_path / "trust").exists()
    diff = predicted["diff"]
    assert set(diff["before"].values()) == {"absent"}
    assert diff["after"][str(tmp_path / "trust/root-key.pem")] == "a new key"
    assert diff["after"][str(tmp_path / "trust/root-cert.pem")].startswith("CN=Lab root,O=Istio")


@pytest.mark.parametrize("options", [FULL, {**FULL, "state": "absent"}])
def test_nothing_printed_is_a_key(options: Options, run: Run, tmp_path: Path) -> None:
    run(**FULL)
    keys = [path.read_text(encoding="ascii") for path in (tmp_path / "trust").rglob("*key.pem")]
    assert len(keys) == 3
    printed = json.dumps(run(**options))
    assert not [line for key in keys for line in key.splitlines() if line in printed]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"root": {"key_type": "dsa"}}, "value of key_type must be one of: ec, rsa"),
        ({"root": {"key_size": 512}}, "root: key_type=rsa has a key_size from 2048 to 4096"),
        ({"intermediates": [{}]}, "missing required arguments: name"),
        ({"intermediates": [{"name": "a/b"}]}, "intermediates: a/b: cannot name a directory"),
        ({"workloads": [{"issuer": "x", "namespace": "y"}]}, "issuer 'x' is none of the"),
        ({"trust_bundle": ["/does/not/exist"]}, "trust_bundle: /does/not/exist does not exist"),
        ({"state": "sideways"}, "value of state must be one of: present, absent"),
    ],
)
def test_failures_name_the_option(options: Options, message: str, run: Run) -> None:
    result = run(**options)
    assert result["failed"]
    assert message in result["msg"]


def test_an_unfit_root_fails_and_names_the_way_out(run: Run) -> None:
    run()
    result = run(root={"locality": "x"})
    assert result["failed"]
    assert "force_root=true" in result["msg"]
    assert run(root={"locality": "x"}, force_root=True)["replaced_root"]["subject"]


def test_without_the_library(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependency, "FOUND_VERSION", None)
    result = run()
    assert result["failed"]
    assert "The Python library cryptography >=" in result["msg"]


def _documented(options: Options) -> Options:
    """An argument spec from the documentation."""
    spec: Options = {}
    for name, option in options.items():
        kept = {
            key: option[key]
            for key in ("type", "elements", "choices", "default", "required")
            if key in option
        }
        if "suboptions" in option:
            kept["options"] = _documented(option["suboptions"])
        spec[name] = kept
    return spec


def _without_no_log(spec: Options) -> Options:
    return {
        name: {
            key: _without_no_log(value) if key == "options" else value
            for key, value in option.items()
            if key != "no_log"
        }
        for name, option in spec.items()
    }


def test_documentation_and_argument_spec_agree() -> None:
    documentation = yaml.safe_load(mesh_certs.DOCUMENTATION)
    assert _documented(documentation["options"]) == _without_no_log(mesh_certs.ARGUMENT_SPEC)


def test_the_needed_version_is_the_documented_one() -> None:
    [requirement] = yaml.safe_load(mesh_certs.DOCUMENTATION)["requirements"]
    assert requirement == f"cryptography >= {dependency.MINIMUM_VERSION}"


def test_every_returned_value_is_documented(run: Run) -> None:
    documented = set(yaml.safe_load(mesh_certs.RETURN))
    returned = {*run(**FULL), *run(state="absent")}
    assert returned - {"changed", "diff", "invocation"} == documented
