# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of docs/scenarios.md from the forms that the preflight checks variables with.

With --check nothing is written, and the exit status says whether the page is up to date.
"""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t

import checkout

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.playbook_options import (
    PLAYBOOK_OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import (
    Spec,
    options,
    role_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.scenario_variables import (
    RULE_SCENARIOS,
    scenario_options,
)

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"
BEGIN = "<!-- begin of the generated part -->\n"
END = "<!-- end of the generated part -->\n"
# Ansible's marks: O(x), V(x), C(x), and O(collection.module#module:x)
_MARK = re.compile(r"\b[OVCM]\((?:[\w.]+#\w+:)?([^)]*)\)")
_FORMS = {
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "flag",
    "raw": "text or mapping",
}
# They are what a scenario's variables take the place of
_GIVEN_BY_SCENARIO = ("proof_steps", "proof_scenario", "proof_before_step")


def text_of(spec: Spec) -> str:
    """Return a description in one line of Markdown."""
    described = spec.get("description") or ""
    text = described if isinstance(described, str) else " ".join(described)
    text = _MARK.sub(lambda mark: f"`{mark[1]}`" if mark[1] else "empty", " ".join(text.split()))
    if spec.get("choices") and not all(f"`{choice}`" in text for choice in spec["choices"]):
        text += " One of " + ", ".join(f"`{choice}`" for choice in spec["choices"]) + "."
    if spec.get("required"):
        text = f"**Required.** {text}"
    return text.replace("|", "\\|")


def form_of(spec: Spec) -> str:
    form = str(spec.get("type") or "str")
    if form == "list":
        element = str(spec.get("elements") or "raw")
        return (
            "list of mappings" if element == "dict" else f"list of {_FORMS.get(element, element)}s"
        )
    return "mapping" if form == "dict" else _FORMS.get(form, form)


def rows(specs: t.Mapping[str, Spec], *, nested: bool = True, above: str = "") -> t.Iterator[str]:
    """Yield a row for each variable or field, and for the fields below it."""
    for name, spec in specs.items():
        default = spec.get("default")
        given = (
            ""
            if default in (None, "", [], {})
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        yield f"| `{above}{name}` | {form_of(spec)} | {given} | {text_of(spec)} |"
        if nested and spec.get("options"):
            yield from rows(spec["options"], above=f"{above}{name}.")


def table(first: str, specs: t.Mapping[str, Spec], *, nested: bool = True) -> str:
    head = [f"| {first} | form | default | says |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows(specs, nested=nested)]) + "\n"


def reference() -> str:
    found = scenario_options()
    steps = dict(options()["proof_steps"]["options"])
    events = steps.pop("events")["options"]
    proof = {n: s for n, s in role_options()["proof"].items() if n not in _GIVEN_BY_SCENARIO}
    parts = ["## Scenarios of rules and steps\n"]
    parts.append("| playbook | proves that | variables |\n| --- | --- | --- |")
    for name, proves in RULE_SCENARIOS.items():
        parts.append(f"| `{name}` | {proves} | {', '.join(f'`{each}`' for each in found[name])} |")
    parts += [
        "",
        "## A rule\n",
        table("field of `…_rules`", options()["locality_rules"]["options"]),
    ]
    parts += ["## A step\n", table("field of `…_steps`", steps)]
    parts += ["## An event of a step\n", table("field of `…_steps[].events`", events)]
    parts += ["## What completes steps\n", table("variable", proof)]
    parts += ["## Variables of playbooks\n", table("variable", PLAYBOOK_OPTIONS)]
    for name in ("federation", "load_balancing", "federation_variants", "dns_proxy"):
        parts += [f"## The scenario {name}\n", table("variable", found[name], nested=False)]
    return "\n".join(parts).rstrip() + "\n"


def page(current: str) -> str:
    head, rest = current.split(BEGIN)
    tail = rest.split(END)[1]
    return f"{head}{BEGIN}\n{reference()}\n{END}{tail}"


def main() -> int:
    current = PAGE.read_text(encoding="utf-8")
    wanted = page(current)
    if "--check" in sys.argv[1:]:
        if current != wanted:
            print(f"{PAGE.name} is out of date: run python tests/tools/scenario_reference.py")
        return int(current != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
