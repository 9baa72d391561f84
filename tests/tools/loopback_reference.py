# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of docs/loopback.md from the data that the provider checks manifests with.

With --check nothing is written, and the exit status says whether the page is up to date.
"""

from __future__ import annotations

import pathlib
import sys
import typing as t

import checkout

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import supported_fields
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.field_schema import (
    Field,
    Schema,
    listing,
)

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "loopback.md"
BEGIN = "<!-- begin of the generated part -->\n"
END = "<!-- end of the generated part -->\n"


# Fields below a field; a leaf has none, and the values that it may have.
Tree = dict[str, t.Any]


def trees_of(schema: Schema) -> tuple[Tree, dict[str, list[str]]]:
    """The fields that mean something as a tree, and those that are accepted without, by the field above them."""
    meaning: Tree = {}
    accepted: dict[str, list[str]] = {}
    for path, field in listing(schema):
        *above, name = path.split(".")
        if not field.effect:
            accepted.setdefault(".".join(above), []).append(name)
            continue
        place = meaning
        for part in above:
            place = place.setdefault(part, {})
        place[name] = values_of(field)
    return meaning, accepted


def values_of(field: Field) -> str:
    """The values that a field may have, as YAML has them."""
    return ", ".join(
        str(value).lower() if isinstance(value, bool) else str(value)
        for value in field.values or ()
    )


def outline(tree: Tree, path: str = "", seen: dict[str, str] | None = None) -> t.Iterator[str]:
    """The lines of a tree. What was there before is not repeated: the line names where."""
    seen = {} if seen is None else seen
    for name, below in tree.items():
        here = f"{path}.{name}" if path else name
        line = "  " * here.count(".") + name
        if isinstance(below, str):
            yield f"{line}: {below}" if below else line
        elif list(below.values()) == [""]:
            yield ".".join([line, *below])
        elif len(below) > 1 and (first := seen.setdefault(repr(below), here)) != here:
            yield f"{line}: as {first}"
        else:
            yield f"{line}:"
            yield from outline(below, here, seen)


def section(title: str, versions: t.Iterable[str], schema: Schema) -> str:
    meaning, accepted = trees_of(schema)
    lines = [f"### {title}", ""]
    if versions:
        lines += [", ".join(f"`{version}`" for version in versions), ""]
    if meaning:
        lines += ["```text", *outline(meaning), "```"]
    else:
        lines += ["No field but its metadata means anything."]
    if accepted:
        lines += ["", "| accepted without effect in | fields |", "| --- | --- |"]
    for above, names in accepted.items():
        place = f"`{above}`" if above else "the object"
        lines.append(f"| {place} | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join(lines) + "\n"


def reference() -> str:
    parts = []
    for name, kind in sorted(supported_fields.KINDS.items()):
        title = name + (f" (only `{'`, `'.join(kind.only)}`)" if kind.only else "")
        parts.append(section(title, kind.versions, kind.fields))
    parts.append(section("Mesh settings (key `mesh`)", (), supported_fields.MESH_CONFIG))
    advice = [f"- {kind}: {text}" for kind, text in sorted(supported_fields.ADVICE.items())]
    parts.append(
        "### Kinds that are refused\n\nAll others. In particular:\n\n" + "\n".join(advice) + "\n"
    )
    return "\n".join(parts)


def page(current: str) -> str:
    head, rest = current.split(BEGIN)
    tail = rest.split(END)[1]
    return f"{head}{BEGIN}\n{reference()}\n{END}{tail}"


def main() -> int:
    current = PAGE.read_text()
    wanted = page(current)
    if "--check" in sys.argv[1:]:
        if current != wanted:
            print(f"{PAGE.name} is out of date: run python tests/tools/loopback_reference.py")
        return int(current != wanted)
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
