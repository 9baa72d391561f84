# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test sanity over the collection, also where only a package index can be reached.

ansible-test wants real files at the collection's usual path, so it gets a copy. And it fetches a script that installs
pip into its virtual environments from a server that many machines cannot reach. Python brings pip along, so a script
that uses that one is put where ansible-test looks first. All this happens in a home directory of its own: the user's
stays as it is.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import tree

HOME = tree.BUILD / "home"
# Where pip keeps its settings and its cache
SHARED = (".cache", ".config", ".netrc", ".pip")

BOOTSTRAP = """\
import ensurepip

ensurepip.bootstrap(upgrade=True)
"""


class SanityProblem(Exception):
    """ansible-test cannot be prepared."""


def pip_versions(source: str) -> set[str]:
    """The versions of pip that ansible-test would install, from its source."""
    return set(re.findall(r"""\bpip=['"]([0-9.]+)['"]""", source))


def ansible_test_source() -> str:
    # Its modules refuse to be imported outside ansible-test, so the text must do.
    spec = importlib.util.find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise SanityProblem("ansible-test is not installed; run this through make")
    package = pathlib.Path(spec.submodule_search_locations[0])
    return (package / "_internal" / "python_requirements.py").read_text(encoding="utf-8")


def prepare_home(home: pathlib.Path, versions: set[str]) -> None:
    if not versions:
        raise SanityProblem(
            "ansible-test no longer says which pip it installs; adapt tests/tools/check_sanity.py"
        )
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        script.write_text(BOOTSTRAP, encoding="utf-8")
    share_pip(home)


def share_pip(home: pathlib.Path) -> None:
    """Let pip find its settings and its cache in another home directory, too."""
    for name in SHARED:
        theirs, ours = pathlib.Path.home() / name, home / name
        if theirs.exists() and not ours.is_symlink():
            ours.symlink_to(theirs)


def worth_showing(line: str) -> bool:
    """Whether a line is about the collection, not about the installation of the tests' requirements."""
    return line.startswith(("Running ", "ERROR:", "FATAL:", "WARNING:"))


def run_tests(arguments: t.Sequence[str]) -> int:
    where = tree.copy_collection(tree.BUILD)
    command = [
        pathlib.Path(sys.executable).with_name("ansible-test"),
        "sanity",
        "--color=no",
        f"--python={sys.version_info.major}.{sys.version_info.minor}",
        *arguments,
    ]
    environment = {
        **os.environ,
        "HOME": str(HOME),
        # Or it would ask git, which ignores what is built.
        "ANSIBLE_TEST_CONTENT_ROOT": str(where),
    }
    pipes: dict[str, t.Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    lines = []
    with subprocess.Popen(command, cwd=where, env=environment, **pipes) as process:
        for line in process.stdout or ():
            lines.append(line)
            if worth_showing(line):
                print(line, end="", flush=True)
    if process.returncode and not any(map(worth_showing, lines)):
        print(*lines, sep="")
    return process.returncode or judge_silence(lines)


def judge_silence(lines: t.Iterable[str]) -> int:
    """Finding no files to look at is no error to ansible-test, but it is one here."""
    if any(line.startswith("Running ") for line in lines):
        return 0
    print("error: ansible-test ran no test", *lines, sep="\n", file=sys.stderr)
    return 1


def main() -> int:
    prepare_home(HOME, pip_versions(ansible_test_source()))
    return run_tests(sys.argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SanityProblem as problem:
        sys.exit(f"error: {problem}")
