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


def fields_of(schema: Schema) -> tuple[list[str], list[str]]:
    """The fields that mean something, and those that are accepted without."""
    meaning: list[str] = []
    accepted: list[str] = []
    for path, field in listing(schema):
        (meaning if field.effect else accepted).append(text_of(path, field))
    return meaning, accepted


def text_of(path: str, field: Field) -> str:
    text = f"`{path}`"
    if field.values:
        text += " (" + ", ".join(f"`{value!s}`" for value in field.values) + ")"
    return text


def section(title: str, versions: t.Iterable[str], schema: Schema) -> str:
    meaning, accepted = fields_of(schema)
    lines = [f"### {title}", ""]
    if versions:
        lines += [", ".join(f"`{version}`" for version in versions), ""]
    lines += [", ".join(meaning) if meaning else "No field but its metadata means anything."]
    if accepted:
        lines += ["", "Accepted without effect: " + ", ".join(accepted)]
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
