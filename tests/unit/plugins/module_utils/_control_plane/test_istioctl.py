# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import io
import tarfile

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane import (
    istioctl,
    istioctl_download,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane.istioctl_download import (
    Release,
)

PROGRAM = b"#!/bin/sh\nexit 0\n"


def archive(name="istioctl", content=PROGRAM):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    monkeypatch.setattr(istioctl_download.platform, "system", lambda: "Linux")
    monkeypatch.setattr(istioctl_download.platform, "machine", lambda: "aarch64")


class Web:
    def __init__(self, **pages):
        self.pages = pages
        self.asked = []

    def __call__(self, url):
        self.asked.append(url)
        for ending, content in self.pages.items():
            if url.endswith(ending.replace("_", ".")):
                return content
        raise MeshError(f"{url}: 404")


def digest(content):
    return hashlib.sha256(content).hexdigest().encode()


def test_it_is_downloaded_once(tmp_path):
    web = Web(tar_gz_sha256=digest(archive()) + b"  istioctl.tar.gz\n", tar_gz=archive())
    release = Release("1.31.0")
    path = istioctl_download.ensure(release, tmp_path / "cache", web)
    assert path.read_bytes() == PROGRAM and path.stat().st_mode & 0o111
    assert web.asked[-1] == (
        "https://github.com/istio/istio/releases/download/1.31.0/istioctl-1.31.0-linux-arm64.tar.gz"
    )
    assert istioctl_download.ensure(release, tmp_path / "cache", Web()) == path


@pytest.mark.parametrize("checksum", ["sha256:{}", "{}"])
def test_a_checksum_that_is_given_counts(tmp_path, checksum):
    release = Release("1.31.0", checksum=checksum.format(digest(archive()).decode()))
    web = Web(tar_gz=archive())
    istioctl_download.ensure(release, tmp_path, web)
    assert len(web.asked) == 1


def test_another_content_is_refused(tmp_path):
    release = Release("1.31.0", checksum="0" * 64)
    with pytest.raises(MeshError, match=r"checksum [0-9a-f]{64}, not 000"):
        istioctl_download.ensure(release, tmp_path, Web(tar_gz=archive()))
    assert not (tmp_path / "istioctl-1.31.0").exists()


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MeshError, match=r"^cache_directory: .*/file/cache cannot be written: "):
        istioctl_download.ensure(Release("1.31.0"), tmp_path / "file" / "cache", Web())


def test_an_url_may_name_machine_and_version_and_be_the_program(tmp_path):
    release = Release(
        "1.31.0",
        url="https://mirror/{version}/{system}-{machine}/istioctl",
        checksum=digest(PROGRAM).decode(),
    )
    web = Web(istioctl=PROGRAM)
    assert istioctl_download.ensure(release, tmp_path, web).read_bytes() == PROGRAM
    assert web.asked == ["https://mirror/1.31.0/linux-arm64/istioctl"]


@pytest.mark.parametrize(
    ("web", "message"),
    [
        (Web(tar_gz_sha256=b"not found", tar_gz=archive()), "holds no SHA-256"),
        (
            Web(tar_gz_sha256=digest(archive("readme")), tar_gz=archive("readme")),
            "holds no istioctl",
        ),
        (Web(), "404"),
    ],
)
def test_downloads_that_are_none(tmp_path, web, message):
    with pytest.raises(MeshError, match=message):
        istioctl_download.ensure(Release("1.31.0"), tmp_path, web)


def test_a_machine_without_istioctl(monkeypatch):
    monkeypatch.setattr(istioctl_download.platform, "machine", lambda: "riscv64")
    with pytest.raises(MeshError, match="riscv64"):
        _unused = Release("1.31.0").source


@pytest.fixture
def program(tmp_path):
    """A program that says its version, or fails as it is told."""

    def make(version="1.31.0", stderr="", path=None):
        found = path or tmp_path / "istioctl"
        found.write_text(
            "#!/bin/sh\n"
            'if [ "$1" = version ]; then\n'
            f'  echo \'{{"clientVersion": {{"version": "{version}"}}}}\'; exit 0\nfi\n'
            f'echo "$@" > {tmp_path}/arguments; cat "$4" > {tmp_path}/operator\n'
            + (f"printf '%b' '{stderr}' >&2; exit 1\n" if stderr else "")
        )
        found.chmod(0o755)
        return found

    return make


def never(_url):
    raise AssertionError("nothing is to be downloaded")


def test_the_program_that_is_named_has_to_be_of_the_version(program, tmp_path):
    path = program("1.30.1")
    assert istioctl.find(str(path), Release("1.30.1"), tmp_path, never) == path
    with pytest.raises(MeshError, match=r"is version 1\.30\.1, not 1\.31\.0;"):
        istioctl.find(str(path), Release("1.31.0"), tmp_path, never)
    with pytest.raises(NotFound, match="does not exist"):
        istioctl.find(str(tmp_path / "nothing"), Release("1.31.0"), tmp_path, never)


def test_the_program_in_the_path_is_used_if_it_is_of_the_version(program, tmp_path, monkeypatch):
    path = program()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(istioctl, "_is_version", lambda _path, wanted: wanted == "1.31.0")
    assert istioctl.find(None, Release("1.31.0"), tmp_path, never) == path
    web = Web(tar_gz_sha256=digest(archive()), tar_gz=archive())
    found = istioctl.find(None, Release("1.32.0"), tmp_path / "cache", web)
    assert found.name == "istioctl-1.32.0"


def test_what_istioctl_is_told(program, tmp_path):
    istioctl.Istioctl(program(), "/kube/config", "east").install({"kind": "IstioOperator"}, 77)
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[:3] == ["install", "--skip-confirmation", "--filename"]
    options = arguments[4:]
    assert options == [
        "--readiness-timeout",
        "77s",
        "--kubeconfig",
        "/kube/config",
        "--context",
        "east",
    ]
    assert (tmp_path / "operator").read_text() == '{"kind": "IstioOperator"}'


@pytest.mark.parametrize(
    ("stderr", "essence"),
    [
        ("progress\\r- Processing\\nError: no such field\\n", "Error: no such field"),
        ("one\\ntwo\\nthree\\nfour\\n", "two; three; four"),
    ],
)
def test_the_essence_of_what_it_says(program, stderr, essence):
    with pytest.raises(MeshError, match=f"istioctl install failed: {essence}"):
        istioctl.Istioctl(program(stderr=stderr), None, None).install({}, 5)


def test_a_file_that_is_no_program(tmp_path):
    path = tmp_path / "istioctl"
    path.write_text("text")
    with pytest.raises(MeshError, match="cannot be run"):
        istioctl.version(path)
