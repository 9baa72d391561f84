# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check of the tarball takes for a complaint, and what it removes."""

from __future__ import annotations

import pathlib
import tarfile

import check_tarball
import pytest


def test_complaints() -> None:
    log = "Importing\nWARNING: no changelog\nfine: no ERROR here\nERROR: no readme\nDone"
    assert check_tarball.complaints(log) == ["WARNING: no changelog", "ERROR: no readme"]


def test_failing_program_shows_what_it_said() -> None:
    command = ["python", "-c", "import sys; print('because'); sys.exit(3)"]
    with pytest.raises(check_tarball.TarballProblem, match=r"(?s)because.*status 3"):
        check_tarball.run(command)


def test_plugin_names(tmp_path: pathlib.Path) -> None:
    for name in ("b.py", "a.py", "_private.py", "notes.txt"):
        (tmp_path / name).touch()
    assert check_tarball.plugin_names(tmp_path) == ["eastwest.mesh.a", "eastwest.mesh.b"]


def test_report() -> None:
    assert check_tarball.report_line("ok\nreport: /a\nreport: /b\n") == "report: /b"
    with pytest.raises(check_tarball.TarballProblem, match="without a report"):
        check_tarball.report_line("ok, the report:\n")


def test_the_main_job_prints_a_screenful() -> None:
    waits = "  10.0 s  … Load images: east\n" * 30
    check_tarball.check_length(waits + "line\n" * 40)
    with pytest.raises(check_tarball.TarballProblem, match="41 lines"):
        check_tarball.check_length("line\n" * 41)


def test_development_files(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.tar.gz"
    names = [
        "README.md",
        "tests/config.yml",
        "tests/unit/test_x.py",
        "Makefile",
        "build/x",
        "x.pyc",
    ]
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    found = check_tarball.development_files(path)
    assert found == ["Makefile", "build/x", "tests/unit/test_x.py", "x.pyc"]
