# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release has the version that its changes ask for, and one that cannot be made leaves everything as it was."""

from __future__ import annotations

import pathlib
import re
import subprocess
import tarfile

import pytest
import release
import tree
from hypothesis import given
from hypothesis import strategies as st
from release import Checkout, ReleaseProblem, check_version, least_version

NUMBERS = st.tuples(*[st.integers(0, 30)] * 3)


def text(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


@pytest.mark.parametrize(
    ("sections", "news", "least"),
    [
        ({"bugfixes", "known_issues"}, False, "1.4.3"),
        ({"bugfixes"}, True, "1.5.0"),
        ({"minor_changes", "bugfixes"}, False, "1.5.0"),
        ({"deprecated_features"}, False, "1.5.0"),
        ({"minor_changes", "removed_features"}, True, "2.0.0"),
        ({"breaking_changes"}, False, "2.0.0"),
    ],
)
def test_sections_ask_for_a_version(sections: set[str], news: bool, least: str) -> None:
    assert least_version("1.4.2", sections, news) == least


@given(st.lists(NUMBERS, min_size=1), NUMBERS)
def test_a_version_is_newer_than_all_released_ones(
    released: list[tuple[int, ...]], numbers: tuple[int, ...]
) -> None:
    names = [text(each) for each in released]
    last = max(released)
    if numbers > last:
        # Whatever is newer is at least the next patch.
        check_version(
            text(numbers), text((0, 0, 0)), names, lambda version: least_version(version, (), False)
        )
    else:
        with pytest.raises(ReleaseProblem, match=re.escape(f"the last release is {text(last)}")):
            check_version(text(numbers), text((0, 0, 0)), names, lambda version: version)


@pytest.mark.parametrize(
    "version", ["", "1", "1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "1.0.0\n", "1.0.0.0", "1.\u0662.0"]
)
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(ReleaseProblem, match="three numbers"):
        check_version(version, "1.0.0", [], lambda last: last)


def test_a_first_release_is_not_older_than_the_checkout() -> None:
    check_version("1.0.0", "1.0.0", [], lambda last: last)
    with pytest.raises(ReleaseProblem, match=r"galaxy\.yml has 1\.0\.0 already"):
        check_version("0.9.9", "1.0.0", [], lambda last: last)


@pytest.fixture(name="checkout")
def fixture_checkout(tmp_path: pathlib.Path) -> Checkout:
    """A copy of the checkout as a repository of its own, without what takes long to look at."""
    path = tree.copy_collection(tmp_path)
    for fragment in (path / "changelogs" / "fragments").glob("*.yml"):
        fragment.unlink()
    checkout = Checkout(path)
    for command in (
        ["git", "init", "--quiet", "--initial-branch", "main"],
        ["git", "config", "user.name", "Tester"],
        ["git", "config", "user.email", "tester@example.com"],
        ["git", "add", "--all"],
        ["git", "commit", "--quiet", "--message", "Begin"],
    ):
        checkout.run(*command)
    return checkout


def state(checkout: Checkout) -> tuple[str, str, str]:
    return (
        checkout.run("git", "rev-parse", "HEAD"),
        checkout.run("git", "tag", "--list"),
        checkout.run("git", "status", "--porcelain"),
    )


def test_a_release_is_a_commit_a_tag_and_a_tarball(checkout: Checkout) -> None:
    fragment = checkout.path / "changelogs" / "fragments" / "drain.yml"
    fragment.write_text("bugfixes: [sidecar - a drain ends.]\n", encoding="utf-8")
    checkout.run("git", "add", "--all")
    checkout.run("git", "commit", "--quiet", "--message", "Mend the drain")
    checkout.run("git", "tag", "1.0.0")
    fragment.with_name("scale.yml").write_text("minor_changes: [sidecar - scales.]\n", "utf-8")
    with pytest.raises(ReleaseProblem, match=r"commit or remove.*\n.*scale\.yml"):
        checkout.check("1.1.0")
    fragment.with_name("scale.yml").unlink()

    with pytest.raises(ReleaseProblem, match=r"last release is 1\.0\.0"):
        checkout.check("1.0.0")
    checkout.check("1.0.1")
    tarball = checkout.release("1.0.1")

    with tarfile.open(tarball) as archive:
        changelog = archive.extractfile("CHANGELOG.md")
        assert changelog is not None
        assert "a drain ends" in changelog.read().decode().replace("\\", "")
    assert re.search(r"(?m)^version: 1\.0\.1$", (checkout.path / "galaxy.yml").read_text("utf-8"))
    assert not fragment.exists()
    assert checkout.run("git", "rev-list", "-n1", "1.0.1") == checkout.run(
        "git", "rev-parse", "HEAD"
    )
    assert checkout.run("git", "status", "--porcelain") == ""


def test_a_release_that_fails_leaves_all_as_it_was(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(checkout)
    done = Checkout.run

    def run(self: Checkout, *command: str) -> str:
        if command[:1] == ("ansible-galaxy",):
            raise ReleaseProblem("the disk is full")
        if command[0] == "antsibull-changelog":
            (self.path / "CHANGELOG.md").write_text("half of it", encoding="utf-8")
            return ""
        return done(self, *command)

    monkeypatch.setattr(release.Checkout, "run", run)
    with pytest.raises(ReleaseProblem, match="the disk is full"):
        checkout.release("1.0.0")
    assert state(checkout) == before


def test_releases_are_made_of_main(checkout: Checkout) -> None:
    checkout.run("git", "switch", "--quiet", "--create", "topic")
    with pytest.raises(ReleaseProblem, match="this is topic"):
        checkout.check("1.0.0")
    assert (
        subprocess.run(["git", "-C", checkout.path, "diff", "--quiet"], check=False).returncode == 0
    )
