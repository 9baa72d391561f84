# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the documentation site's source of the checkout's Markdown pages.

The pages are written to be read on the code host. So links between them are paths in the checkout, and the order of the
site is the order of the links in docs/index.md. Here paths become those of the site, and that order its navigation.
"""

from __future__ import annotations

import json
import pathlib
import posixpath
import re
import shutil
import typing as t

import yaml

REPOSITORY = "https://github.com/eastwest/mesh/blob/main/"
REFERENCE = "reference"
# Pages that live elsewhere in the checkout, and where the site has them
PAGES = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "plugins": f"{REFERENCE}/index.rst",
    "roles": "roles/index.md",
}
_CODE = re.compile(r"^(```.*?^```|~~~.*?^~~~)$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\])\((?!#|mailto:)([^()\s#]+)(#[^()\s]*)?\)")
_HEADING = re.compile(r"^## (.+)$|^- \[([^\]]+)\]\(([^()\s#]+)\)", re.MULTILINE)


class SourceProblem(Exception):
    """A page cannot become part of the site; the message says which and why."""


def pages(checkout: pathlib.Path) -> dict[str, str]:
    """The checkout's pages and files for the site, each with its place there."""
    docs = sorted(path for path in (checkout / "docs").iterdir() if path.is_file())
    roles = sorted((checkout / "roles").glob("*/README.md"))
    return {
        **{f"docs/{path.name}": path.name for path in docs},
        **{f"roles/{path.parent.name}/README.md": f"roles/{path.parent.name}.md" for path in roles},
        **{page: place for page, place in PAGES.items() if page.endswith(".md")},
    }


def place_of(target: str, checkout: pathlib.Path) -> str | None:
    """The place in the site of a file or directory of the checkout, or None where it has none."""
    if plugin := re.fullmatch(r"plugins/(modules|inventory|callback)/(\w+)\.py", target):
        return f"{REFERENCE}/{plugin[2]}_{plugin[1].removesuffix('s')}.rst"
    return PAGES.get(target) or pages(checkout).get(target)


def convert(text: str, page: str, checkout: pathlib.Path) -> str:
    """Return a page's text with links as the site has them; code stays as it is."""
    place = pages(checkout)[page]

    def link(match: re.Match[str]) -> str:
        target, anchor = match[1], match[2] or ""
        if target.startswith(REPOSITORY):
            path = target.removeprefix(REPOSITORY)
        elif re.match(r"[a-z]+:", target):
            return match[0]
        else:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if path.startswith("..") or not (checkout / path).exists():
            raise SourceProblem(f"{page} links to {target}, and there is no {path}")
        found = place_of(path, checkout)
        if found is None:
            return f"({REPOSITORY}{path}{anchor})"
        return f"({posixpath.relpath(found, posixpath.dirname(place) or '.')}{anchor})"

    return outside_code(text, lambda part: _LINK.sub(link, part))


def outside_code(text: str, change: t.Callable[[str], str]) -> str:
    """Apply a function to all of a Markdown text but its code."""
    parts, end = [], 0
    for match in _CODE.finditer(text):
        parts += [change(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, change(text[end:])])


def order(checkout: pathlib.Path) -> dict[str, dict[str, str]]:
    """The sections of docs/index.md, each with the pages that its list links to and their names there."""
    sections: dict[str, dict[str, str]] = {}
    for match in _HEADING.finditer((checkout / "docs" / "index.md").read_text(encoding="utf-8")):
        if match[1]:
            sections[match[1]] = {}
        elif sections:
            path = posixpath.normpath(posixpath.join("docs", match[3]))
            sections[list(sections)[-1]][path] = match[2]
    listed = [page for section in sections.values() for page in section]
    for page in pages(checkout):
        expected = 1 if page.startswith("docs/") and page.endswith(".md") else 0
        if page != "docs/index.md" and listed.count(page) < expected:
            raise SourceProblem(f"docs/index.md has no link to {page}: add it to a section's list")
    if twice := {page for page in listed if listed.count(page) > 1}:
        raise SourceProblem(f"docs/index.md lists {', '.join(sorted(twice))} twice")
    return sections


def navigation(checkout: pathlib.Path) -> str:
    """The site's navigation, as Sphinx reads it."""
    parts = []
    for caption, listed in order(checkout).items():
        entries = [f"{name} </{place_of(page, checkout)}>" for page, name in listed.items()]
        parts.append(toctree(entries, caption))
    return "\n".join(parts)


def toctree(entries: t.Iterable[str], caption: str = "") -> str:
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["", "```{toctree}", *options, "", *entries, "```", ""])


def role_specs(checkout: pathlib.Path) -> dict[str, dict[str, t.Any]]:
    """The argument spec of each role's main entry point."""
    specs = {}
    for path in sorted((checkout / "roles").glob("*/meta/argument_specs.yml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        specs[path.parents[1].name] = data["argument_specs"]["main"]
    return specs


def role_index(checkout: pathlib.Path) -> str:
    """The page that lists the roles."""
    specs = role_specs(checkout)
    rows = [
        f"| [{name}]({name}.md) | {spec['short_description']} | [options](../{REFERENCE}/{name}_role.rst) |"
        for name, spec in specs.items()
    ]
    table = ["| role | does | reference |", "| --- | --- | --- |", *rows]
    return "\n".join(["# Roles", "", *table, toctree(f"{name}.md" for name in specs)])


def variable_table(checkout: pathlib.Path) -> str:
    """A table of all variables of all roles, with defaults and the roles that read them."""
    found: dict[str, tuple[dict[str, t.Any], list[str]]] = {}
    for role, spec in role_specs(checkout).items():
        for name, option in (spec.get("options") or {}).items():
            found.setdefault(name, (option, []))[1].append(role)
    rows = []
    for name, (option, roles) in sorted(found.items()):
        default = f"`{json.dumps(option['default'])}`" if "default" in option else ""
        linked = ", ".join(f"[{role}](roles/{role}.md)" for role in roles)
        rows.append(
            f"| `{name}` | {option['type']} | {default.replace('|', '&#124;')} | {linked} |"
        )
    head = ["| variable | type | default | role |", "| --- | --- | --- | --- |"]
    return "\n".join(["", "## All variables of the roles", "", *head, *rows, ""])


def write(checkout: pathlib.Path, where: pathlib.Path) -> None:
    """Write the source of all pages but the reference of modules and plugins."""
    shutil.rmtree(where, ignore_errors=True)
    for page, place in pages(checkout).items():
        target = where / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if not page.endswith(".md"):
            shutil.copyfile(checkout / page, target)
            continue
        text = convert((checkout / page).read_text(encoding="utf-8"), page, checkout)
        if page == "docs/index.md":
            text += navigation(checkout)
        if page == "docs/variables.md":
            text += variable_table(checkout)
        target.write_text(text, encoding="utf-8")
    (where / "roles" / "index.md").write_text(role_index(checkout), encoding="utf-8")
