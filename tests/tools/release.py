# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a release: the version, the changelog, a commit, a tag and the tarball. Nothing leaves this machine.

Everything is checked before anything is written. What is left to do, pushing and publishing, is printed at the end.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import typing as t

import tree
import yaml

BIN = pathlib.Path(sys.executable).parent
BRANCH = "main"
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
# Sections of the changelog that need a new major or a new minor version, as docs/support.md promises
MAJOR = {"breaking_changes", "removed_features", "major_changes"}
MINOR = {"minor_changes", "deprecated_features"}


class ReleaseProblem(Exception):
    """A release cannot be made; the message says why, and what would be right."""


def parts(version: str) -> tuple[int, ...]:
    """The three numbers of a version."""
    if not _VERSION.fullmatch(version):
        raise ReleaseProblem(f"VERSION={version}: a version has three numbers, such as 1.2.0")
    return tuple(map(int, version.split(".")))


def least_version(last: str, sections: t.Collection[str], news: bool) -> str:
    """The least version that semantic versioning allows after ``last`` for these sections of the changelog.

    ``news`` says whether there are new modules, plugins or roles.
    """
    major, minor, patch = parts(last)
    if MAJOR & set(sections):
        return f"{major + 1}.0.0"
    if news or MINOR & set(sections):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def check_version(
    version: str, current: str, released: t.Collection[str], least: t.Callable[[str], str]
) -> None:
    """Refuse a version that is there already, or too small for what has changed since the last release.

    ``current`` is the version of the checkout.
    """
    numbers = parts(version)
    if numbers < parts(current):
        raise ReleaseProblem(f"VERSION={version}: galaxy.yml has {current} already")
    if not released:
        return
    last = max(released, key=parts)
    if numbers <= parts(last):
        raise ReleaseProblem(f"VERSION={version}: the last release is {last}")
    if numbers < parts(least(last)):
        raise ReleaseProblem(
            f"VERSION={version}: the changes since {last} need {least(last)} at least (docs/support.md)"
        )


class Checkout:
    """The checkout that a release is made of."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def run(self, *command: str) -> str:
        """Run a program in the checkout; what it printed."""
        result = subprocess.run(
            command,
            env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
            cwd=self.path,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if result.returncode:
            raise ReleaseProblem(
                f"{result.stdout}{' '.join(command)} ended with status {result.returncode}"
            )
        return result.stdout

    def released(self) -> list[str]:
        tags = self.run("git", "tag", "--list").split()
        return [tag for tag in tags if _VERSION.fullmatch(tag)]

    def sections(self) -> set[str]:
        """The sections of the changelog that have fragments."""
        found: set[str] = set()
        for path in (self.path / "changelogs" / "fragments").glob("*.y*ml"):
            found.update(yaml.safe_load(path.read_text("utf-8")) or {})
        return found

    def has_news(self, last: str) -> bool:
        """Whether modules, plugins, roles or playbooks were added since a release."""
        folders = [
            f"plugins/{kind}" for kind in ("modules", "inventory", "callback", "filter", "action")
        ]
        added = ["git", "diff", "--name-only", "--diff-filter=A", last, "--"]
        return bool(self.run(*added, *folders, "playbooks/*.yml", "roles/*/README.md").strip())

    def check(self, version: str) -> None:
        """Refuse a release that could not be made, or should not."""
        parts(version)
        branch = self.run("git", "rev-parse", "--abbrev-ref", "HEAD").strip()
        if branch != BRANCH:
            raise ReleaseProblem(f"releases are made of {BRANCH}, and this is {branch}")
        if changed := self.run("git", "status", "--porcelain").strip():
            raise ReleaseProblem(f"commit or remove what is not committed first:\n{changed}")
        galaxy = yaml.safe_load((self.path / "galaxy.yml").read_text("utf-8"))
        check_version(
            version,
            str(galaxy["version"]),
            self.released(),
            lambda last: least_version(last, self.sections(), self.has_news(last)),
        )

    def release(self, version: str) -> pathlib.Path:
        """Make the release, and return its tarball's path; on an error all is as it was before."""
        before = self.run("git", "rev-parse", "HEAD").strip()
        try:
            return self.make(version)
        except BaseException:
            if version in self.released():
                self.run("git", "tag", "--delete", version)
            # The check has seen that there was nothing to lose.
            self.run("git", "reset", "--quiet", "--hard", before)
            raise

    def make(self, version: str) -> pathlib.Path:
        """Write version and changelog, commit, tag, and build the tarball."""
        galaxy = self.path / "galaxy.yml"
        text = galaxy.read_text("utf-8")
        galaxy.write_text(
            re.sub(r"(?m)^version: .*$", f"version: {version}", text), encoding="utf-8"
        )
        known = yaml.safe_load((self.path / "changelogs" / "changelog.yaml").read_text("utf-8"))
        again = version in (known.get("releases") or {})
        options = ["--update-existing"] if again else []
        self.run("antsibull-changelog", "release", "--reload-plugins", *options)
        self.run("git", "add", "--all", "galaxy.yml", "CHANGELOG.md", "changelogs")
        if self.run("git", "status", "--porcelain").strip():
            self.run("git", "commit", "--quiet", "--message", f"Release {version}")
        self.run("git", "tag", "--annotate", version, "--message", f"eastwest.mesh {version}")
        self.run("ansible-galaxy", "collection", "build", "--force", "--output-path", "build")
        return self.path / "build" / f"{tree.NAMESPACE}-{tree.NAME}-{version}.tar.gz"


def interrupt(number: int, _frame: object) -> t.NoReturn:
    raise ReleaseProblem(f"ended by {signal.Signals(number).name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="the new version, such as 1.2.0")
    options = parser.parse_args()
    checkout = Checkout(tree.CHECKOUT)
    for number in (signal.SIGTERM, signal.SIGHUP):
        # What was begun is taken back, as with Ctrl-C.
        signal.signal(number, interrupt)
    try:
        checkout.check(options.version)
        tarball = checkout.release(options.version)
    except ReleaseProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(f"{tarball} is built, and the tag {options.version} is set. To publish it:")
    print(f"  git push origin {BRANCH} {options.version}")
    print(f"  ansible-galaxy collection publish {tarball.relative_to(tree.CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
