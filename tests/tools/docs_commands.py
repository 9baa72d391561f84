# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the shell commands of the documentation's pages, as a reader would, in a copy of the checkout.

Each page is read from its beginning: YAML that begins with a comment naming a file is written to that file, and blocks
of shell run in their order. What needs more than a loopback lab is left out by the reasons below, and named; a command
that neither runs nor has a reason is an error of the page or of this list. Home and .venv are new ones.
"""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import typing as t

import tree
import yaml
from check_sanity import share_pip
from docs_names import FENCE

WHERE = tree.BUILD / "docs-commands"
# What pages call the reader's own directories, and what stands for them
OWN = {"my-lab": "inventories/east-west", "my-shops": "inventories/own-app"}
MANIFESTS = "manifests"
SHOP = """\
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: shop}
spec:
  selector: {app: shop}
  ports: [{name: http, port: 80}]
"""
TIMEOUT_S = 600
MOLECULE = "a Molecule scenario runs it"
# Why a command does not run here: the first pattern that is found in it
REASONS = (
    (r"mesh_provider=kind|molecule-kind|benchmarks/kind|images\.yml", "needs kind"),
    (r"contexts=|_context=|@clusters\.yml|\"existing\"|^export KUBECONFIG", "needs clusters"),
    (r"^(kubectl|docker|go|\./operator|git clone|curl|cd|sed -n)\b", "another project's program"),
    (r"^ansible-(builder|navigator)\b", "needs a container engine"),
    (r"ORACLE|check_sail_resources", "needs a file of another project"),
    (r"^ansible-galaxy |^pip install .*/\.ansible/", "is what `make installed` does"),
    (r"^make (test|kubernetes|docs|benchmarks|campaigns)\b", "is a part of the tests, or longer"),
    (r"^molecule ", "is a part of `make test`"),
)


class Command(t.NamedTuple):
    """A command of a page, and why it does not run here, or an empty text."""

    page: str
    text: str
    reason: str


class CommandProblem(Exception):
    """A command of a page does not do what the page promises; the message shows what it printed."""


def commands(text: str) -> list[str]:
    """The commands of a block of shell, without comments and prompts; lines that go on are one command."""
    joined: list[str] = []
    pending = ""
    for line in textwrap.dedent(text).splitlines():
        pending = f"{pending}\n{line}" if pending else line
        if unfinished(pending):
            continue
        if pending.strip() and not pending.lstrip().startswith("#"):
            joined.append(pending)
        pending = ""
    if pending:
        raise CommandProblem(f"a block of shell ends within a command: {pending}")
    return joined


def unfinished(command: str) -> bool:
    """Whether the next line belongs to the command, too."""
    if command.rstrip().endswith(("\\", "|")):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


def run_by_molecule(checkout: pathlib.Path) -> set[str]:
    """The commands that run a playbook on an inventory as a Molecule scenario does, without more options."""
    scenarios = checkout / "extensions" / "molecule"
    found = set()
    for converge in scenarios.glob("*/converge.yml"):
        settings = (converge.parent / "molecule.yml").read_text("utf-8")
        shared = (scenarios / "config.yml").read_text("utf-8")
        inventory = re.findall(r"inventories/[\w-]+", settings) or re.findall(
            r"inventories/[\w-]+", shared
        )
        for play in yaml.safe_load(converge.read_text("utf-8")):
            playbook = play.get("ansible.builtin.import_playbook", "")
            if playbook.startswith("eastwest.mesh.") and not play.get("vars"):
                name = playbook.removeprefix("eastwest.mesh.")
                found.add(f"ansible-playbook playbooks/{name}.yml -i {inventory[-1]}")
    return found


def reason(command: str, known: set[str]) -> str:
    """Why a command does not run here, or an empty text."""
    for pattern, why in REASONS:
        if re.search(pattern, command):
            return why
    return MOLECULE if without_comments(command) in known else ""


def without_comments(command: str) -> str:
    return shlex.join(shlex.split(command, comments=True))


def page_parts(text: str) -> t.Iterator[tuple[str, str]]:
    """The parts of a page that count here, in order: files (name, content) and shell ('', block)."""
    for match in FENCE.finditer(text):
        content = textwrap.dedent(match[3])
        name = re.match(r"# ([\w/.-]+\.yml)\b", content)
        if match[2] in {"yaml", "yml"} and name:
            yield name[1], content
        elif match[2] == "sh":
            yield "", content


class Reader:
    """Does what the pages say, in a copy of the checkout."""

    def __init__(self, where: pathlib.Path) -> None:
        shutil.rmtree(where, ignore_errors=True)
        self.checkout = tree.copy_collection(where)
        self.home = where / "home"
        self.home.mkdir()
        share_pip(self.home)
        for name, inventory in OWN.items():
            shutil.copytree(self.checkout / inventory, self.checkout / name)
        (self.checkout / MANIFESTS).mkdir()
        (self.checkout / MANIFESTS / "shop.yaml").write_text(SHOP, encoding="utf-8")
        self.ran: dict[str, str] = {}
        self.known = run_by_molecule(self.checkout)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE")},
            "HOME": str(self.home),
            "PIP_CACHE_DIR": os.environ.get(
                "PIP_CACHE_DIR", str(pathlib.Path.home() / ".cache/pip")
            ),
            "XDG_STATE_HOME": str(self.home / ".local" / "state"),
            "ANSIBLE_COLLECTIONS_PATH": str(where),
            "PATH": f"{self.checkout / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def read(self, page: str) -> t.Iterator[Command]:
        """Follow a page; its commands as they have run, or why they have not."""
        parts = list(page_parts((self.checkout / page).read_text("utf-8")))
        shell = "\n".join(content for name, content in parts if not name)
        for name, content in parts:
            if not name:
                for text in commands(content):
                    yield self.follow(Command(page, text, reason(text, self.known)))
            elif re.search(rf"(?<![\w/]){re.escape(name)}(?!\w)", shell):
                (self.checkout / name).write_text(content, encoding="utf-8")

    def follow(self, command: Command) -> Command:
        """Run a command, unless there is a reason not to or an earlier page had it, too."""
        plain = without_comments(command.text)
        if command.reason == MOLECULE:
            # What comes next on the page finds the lab that this would have made.
            up = re.sub(r"playbooks/\w+", "playbooks/up", plain)
            self.follow(Command(command.page, up, ""))
        elif not command.reason and plain in self.ran:
            return command._replace(reason=f"works on {self.ran[plain]}, too")
        elif not command.reason:
            self.run(command)
            self.ran[plain] = command.page
        return command

    def run(self, command: Command) -> None:
        result = subprocess.run(
            ["bash", "-euc", command.text],
            cwd=self.checkout,
            env=self.environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )
        if result.returncode:
            raise CommandProblem(
                f"{result.stdout.rstrip()}\n{command.page}: {command.text}\nended with status {result.returncode}"
            )

    def leave(self) -> None:
        """Take all labs down that the pages have made."""
        labs = self.home / ".local" / "state" / "eastwest.mesh"
        inventories = {path.name: path for path in (self.checkout / "inventories").iterdir()}
        for name in sorted(path.name for path in labs.glob("*")):
            inventory = inventories.get(name, self.checkout / name)
            down = ["ansible-playbook", "eastwest.mesh.down", "-i", str(inventory)]
            self.run(Command("the end", shlex.join(down), ""))
        for path in labs.glob("*"):
            raise CommandProblem(f"{path} is still there after down")


def main() -> int:
    pages = sys.argv[1:] or sorted(
        ["README.md", *(f"docs/{path.name}" for path in (tree.CHECKOUT / "docs").glob("*.md"))]
    )
    reader = Reader(WHERE)
    ran = 0
    try:
        # The lab that pages mean which do not bring one up
        reader.run(Command(pages[0], "make up", ""))
        for page in pages:
            for command in reader.read(page):
                ran += not command.reason
                shown = " ".join(command.text.split())
                print(f"{command.reason or 'works'}: {command.page}: {shown}", flush=True)
    except CommandProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    finally:
        reader.leave()
    print(f"{ran} commands of the documentation work")
    return 0 if ran else 1


if __name__ == "__main__":
    sys.exit(main())
