# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find what the documentation names and the collection does not have.

Commands and YAML of the pages are read as text: playbooks, inventories, make targets, content of the collection,
variables, and options of modules. Values of roles' variables must be such as their argument specs allow. Links are
followed, too, to the heading.
"""

from __future__ import annotations

import ast
import pathlib
import posixpath
import re
import typing as t

import docs_source
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_PLAYBOOK = re.compile(r"(?<![\w/.-])playbooks/(\w+)\.yml")
_INVENTORY = re.compile(r"(?<![\w/.-])inventories/([\w-]+)")
_MAKE = re.compile(r"(?<![\w-])make (?:[A-Z_]+=\S+ )*([a-z][a-z-]*)\b")
_CONTENT = re.compile(r"(?<![\w./-])eastwest\.mesh\.([a-z]\w*)\b(?![./-]\w)")
_EXTRA = re.compile(r"""-e (?:'\{"(\w+)":|(\w+)=)""")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# How the README links to files, since it is read on Galaxy, too
_FULL = (docs_source.REPOSITORY, "https://raw.githubusercontent.com/eastwest/mesh/main/")
# Labs that a reader makes
_EXAMPLES = {"mine", "NAME"}


class Names(t.NamedTuple):
    """What the collection has."""

    playbooks: set[str]
    inventories: set[str]
    targets: set[str]
    content: set[str]
    variables: set[str]
    options: dict[str, set[str]]
    specs: dict[str, dict[str, t.Any]]
    prefixes: tuple[str, ...]


def names(checkout: pathlib.Path) -> Names:
    playbooks = {path.stem for path in (checkout / "playbooks").glob("*.yml")}
    modules = {path.stem: path for path in (checkout / "plugins" / "modules").glob("[!_]*.py")}
    others = [
        path.stem
        for kind in ("inventory", "callback", "filter", "doc_fragments")
        for path in (checkout / "plugins" / kind).glob("*.py")
    ]
    roles = [path.name for path in (checkout / "roles").iterdir()]
    groups = yaml.safe_load((checkout / "meta" / "runtime.yml").read_text("utf-8"))["action_groups"]
    makefile = (checkout / "Makefile").read_text("utf-8")
    fragments = {
        path.stem: documented(path) for path in (checkout / "plugins/doc_fragments").glob("*.py")
    }
    return Names(
        playbooks=playbooks,
        inventories={path.name for path in (checkout / "inventories").iterdir()} | _EXAMPLES,
        targets=set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)),
        content={*playbooks, *modules, *others, *roles, *groups},
        variables=variables(checkout),
        options={name: options(documented(path), fragments) for name, path in modules.items()},
        specs={
            name: option
            for spec in docs_source.role_specs(checkout).values()
            for name, option in (spec.get("options") or {}).items()
        },
        prefixes=tuple(f"{role}_" for role in roles),
    )


def documented(path: pathlib.Path) -> dict[str, t.Any]:
    """The DOCUMENTATION of a plugin, from its source."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return dict(yaml.safe_load(ast.literal_eval(node.value)))
    return {}


def options(documentation: dict[str, t.Any], fragments: dict[str, t.Any]) -> set[str]:
    """Names and aliases of a module's options, those of its fragments included."""
    found: set[str] = set()
    used = documentation.get("extends_documentation_fragment", [])
    for each in [documentation, *(fragments.get(name.split(".")[-1], {}) for name in used)]:
        for name, option in (each.get("options") or {}).items():
            found |= {name, *option.get("aliases", [])}
    return found


def variables(checkout: pathlib.Path) -> set[str]:
    """All words of playbooks, inventories and roles that may be variables."""
    found: set[str] = set()
    for folder in ("playbooks", "inventories", "roles"):
        for path in (checkout / folder).rglob("*.yml"):
            found.update(re.findall(r"\b[a-z]\w*\b", path.read_text("utf-8")))
    return found


def unknown(text: str, known: Names) -> t.Iterator[str]:
    """Name what a page names and the collection does not have."""
    blocks = list(FENCE.finditer(text))
    code = [match[3] for match in blocks] + _INLINE.findall(FENCE.sub("", text))
    for part in code:
        checks: list[tuple[str, t.Iterable[str], set[str]]] = [
            ("playbook", _PLAYBOOK.findall(part), known.playbooks),
            ("inventory", _INVENTORY.findall(part), known.inventories),
            ("make target", _MAKE.findall(part), known.targets),
            ("content", _CONTENT.findall(part), known.content),
            ("variable", (a or b for a, b in _EXTRA.findall(part)), known.variables),
        ]
        for kind, found, there in checks:
            yield from (f"{kind} {name}" for name in found if name not in there)
    for match in blocks:
        if match[2] in {"yaml", "yml"}:
            yield from unknown_in_yaml(match[3], known)


def unknown_in_yaml(text: str, known: Names) -> t.Iterator[str]:
    """Name variables of roles and options of modules that there are not, in a block of YAML."""
    lines = text.splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    try:
        documents = list(yaml.safe_load_all("\n".join(line[indent:] for line in lines)))
    except yaml.YAMLError as error:
        yield f"YAML that cannot be read ({error})"
        return
    pending = list(documents)
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        if not isinstance(item, dict):
            continue
        for key, value in item.items():
            pending.append(value)
            name = str(key)
            module = name.removeprefix("eastwest.mesh.")
            if name != module and isinstance(value, dict) and module in known.options:
                unknown_options = set(value) - known.options[module]
                yield from (f"option {option} of {module}" for option in sorted(unknown_options))
            elif name in known.specs:
                yield from invalid(name, value, known.specs[name])
            elif name.startswith(known.prefixes) and name not in known.variables:
                yield f"variable {name}"


def invalid(name: str, value: t.Any, spec: dict[str, t.Any]) -> list[str]:
    """Say what the argument spec of a role has against a variable's value; templates are not looked into."""
    if "{{" in str(value):
        return []
    return ArgumentSpecValidator({name: spec}).validate({name: value}).error_messages


def anchor(heading: str) -> str:
    """The anchor that code hosts make of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def broken_links(page: str, checkout: pathlib.Path) -> t.Iterator[str]:
    """Name the links of a page that lead to no file, or to no heading of it."""
    text = (checkout / page).read_text("utf-8")
    for match in re.finditer(r"\]\(([^()\s#]*)(?:#([^()\s]+))?\)", FENCE.sub("", text)):
        target, heading = match[1], match[2]
        if target.startswith(_FULL):
            path = target.removeprefix(_FULL[0]).removeprefix(_FULL[1])
        elif re.match(r"[a-z]+:", target):
            continue
        else:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target or page))
            path = page if not target else path
        if not (checkout / path).exists():
            yield target
        elif heading and path.endswith(".md"):
            headings = _HEADING.findall(FENCE.sub("", (checkout / path).read_text("utf-8")))
            if heading not in {anchor(each) for each in headings}:
                yield match[0][2:-1]
