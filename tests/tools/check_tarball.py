# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a built tarball: Galaxy would import it, and installed it needs nothing but its run-time folders."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import typing as t

import readme_examples
import tree
import yaml

BIN = pathlib.Path(sys.executable).parent
RUN_TIME_FOLDERS = ("meta", "playbooks", "plugins", "roles")
# What the main job may print
MOST_LINES = 40
# What the importer says when it is not content, yet goes on
COMPLAINTS = ("ERROR", "WARNING", "CRITICAL")
# Its limit of 180 s is fixed, and a busy machine may need more.
LINT_TIMEOUT = "Timeout on call to ansible-lint"
IMPORTER_TRIES = 3


class TarballProblem(Exception):
    """The tarball is not as it should be."""


def run(command: t.Sequence[str | pathlib.Path], **options: t.Any) -> str:
    """Run one of the environment's programs; what it printed, or an error that shows it."""
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        **options.pop("environment", {}),
    }
    result = subprocess.run(
        [BIN / command[0], *command[1:]],
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    if result.returncode:
        shown = " ".join(str(part) for part in command)
        raise TarballProblem(
            f"{result.stdout.rstrip()}\n{shown} ended with status {result.returncode}"
        )
    return result.stdout


def empty(directory: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def tarball() -> pathlib.Path:
    galaxy = yaml.safe_load((tree.CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    path = tree.BUILD / f"{galaxy['namespace']}-{galaxy['name']}-{galaxy['version']}.tar.gz"
    if not path.exists():
        raise TarballProblem(f"{path} does not exist: make build")
    return path


def complaints(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith(COMPLAINTS)]


def development_files(path: pathlib.Path) -> list[str]:
    """What a tarball holds and only work in a checkout needs. Of the tests, ansible-test reads config.yml."""
    with tarfile.open(path) as archive:
        files = [member.name for member in archive if member.isfile()]
    return sorted(
        name
        for name in files
        if (name.startswith("tests/") and name != "tests/config.yml")
        or name.endswith((".pyc", "Makefile"))
        or name.split("/")[0] in tree.NOT_COPIED
    )


def check_import() -> None:
    """Do what Galaxy does with an upload, and take its warnings for errors."""
    if found := development_files(tarball()):
        raise TarballProblem("\n".join(["build_ignore of galaxy.yml lets these in:", *found]))
    for left in reversed(range(IMPORTER_TRIES)):
        where = empty(tree.BUILD / "importer")
        log = run(
            ["python", "-m", "galaxy_importer.main", tarball()],
            cwd=where,
            environment={"HOME": str(where)},
        )
        if LINT_TIMEOUT not in log or not left:
            break
        print("galaxy-importer gave its ansible-lint too little time; trying again", flush=True)
    if found := complaints(log):
        raise TarballProblem("\n".join(["galaxy-importer is not content:", *found]))
    print(log.splitlines()[-1])


def install(where: pathlib.Path) -> pathlib.Path:
    """Install the tarball, and remove all that the collection must do without."""
    # Its dependency needs a Galaxy server, and loopback labs do without it.
    options = ["-p", where, "--no-deps", "--offline", "--force"]
    run(["ansible-galaxy", "collection", "install", tarball(), *options])
    collection = tree.collection_path(where)
    for entry in collection.iterdir():
        if entry.is_dir() and entry.name not in RUN_TIME_FOLDERS:
            shutil.rmtree(entry)
    return collection


def plugin_names(folder: pathlib.Path) -> list[str]:
    return [f"{tree.NAMESPACE}.{tree.NAME}.{path.stem}" for path in sorted(folder.glob("[!_]*.py"))]


def check_installed() -> None:
    """Read all documentation and run the main playbook from the installed collection alone."""
    where = empty(tree.BUILD / "installed")
    collection = install(where)
    settings = where / "ansible.cfg"
    settings.touch()
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(where),
        # The environment's site-packages has the checkout.
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
        # Nor may the checkout's settings be needed.
        "ANSIBLE_CONFIG": str(settings),
        "XDG_STATE_HOME": str(where / "state"),
    }
    modules = plugin_names(collection / "plugins" / "modules")
    if not modules:
        raise TarballProblem(f"{collection} holds no modules")
    run(["ansible-doc", "--type=module", *modules], cwd=where, environment=environment)
    callbacks = plugin_names(collection / "plugins" / "callback")
    run(["ansible-doc", "--type=callback", *callbacks], cwd=where, environment=environment)
    print(f"ansible-doc shows {len(modules)} modules")
    shutil.copytree(tree.CHECKOUT / "inventories", where / "inventories")
    play("failover", "--check", "--diff", cwd=where, environment=environment)
    if left := list(where.glob("state/*/*")):
        raise TarballProblem(f"check mode made {left[0]}")
    try:
        output = play("failover", cwd=where, environment=environment)
        print(report_line(output))
        check_length(output)
    except TarballProblem:
        with contextlib.suppress(TarballProblem):
            play("down", cwd=where, environment=environment)
        raise
    play("down", cwd=where, environment=environment)
    check_examples(collection / "roles", where, environment)


def check_examples(roles: pathlib.Path, where: pathlib.Path, environment: dict[str, str]) -> None:
    """Run the examples of the roles' READMEs to the letter, one after the other; none may warn."""
    lab = empty(where / "examples")
    (lab / "hosts.yml").write_text(readme_examples.inventory(roles), encoding="utf-8")
    try:
        for role, text in readme_examples.playbooks(roles).items():
            (lab / f"{role}.yml").write_text(text, encoding="utf-8")
            command = ["ansible-playbook", "-i", "hosts.yml", f"{role}.yml"]
            output = run(command, cwd=lab, environment=environment)
            if "[WARNING]" in output:
                raise TarballProblem(f"{output}\nthe example of the role {role} makes Ansible warn")
    finally:
        command = ["ansible-playbook", "-i", "hosts.yml", f"{tree.NAMESPACE}.{tree.NAME}.down"]
        run(command, cwd=lab, environment=environment)
    print(f"the examples of {len(readme_examples.ORDER)} roles work")


def play(name: str, *arguments: str, **options: t.Any) -> str:
    playbook = f"{tree.NAMESPACE}.{tree.NAME}.{name}"
    # Another name than that of a lab which the user may have
    lab = ["-i", "inventories/east-west", "-e", "mesh_lab=installed"]
    return run(["ansible-playbook", playbook, *lab, *arguments], **options)


def report_line(output: str) -> str:
    """Where the proof says that its report is: the last thing it prints."""
    lines = re.findall(r"\breport: [^\s\"]+", output)
    if not lines:
        raise TarballProblem(f"{output.rstrip()}\nthe playbook failover ended without a report")
    return lines[-1]


def check_length(output: str) -> None:
    """Hold what the main job prints to a screenful; how long a slow machine waits is not counted."""
    lines = [line for line in output.splitlines() if not re.match(r" +[\d.]+ s  … ", line)]
    if len(lines) > MOST_LINES:
        raise TarballProblem(
            f"{output.rstrip()}\nthe playbook failover printed {len(lines)} lines, more than {MOST_LINES}"
        )
    print(f"the playbook failover prints {len(lines)} lines")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("check", choices=["importer", "installed"])
    options = parser.parse_args()
    try:
        if options.check == "importer":
            check_import()
        else:
            check_installed()
    except TarballProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
