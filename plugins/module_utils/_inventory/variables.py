# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks an inventory's variables against the argument specs of all roles. Private to this collection.

Ansible checks those of a role when the role begins, which is after others have changed things, and
takes a text where a list should be; it never looks at variables whose names nobody knows.
"""

from __future__ import annotations

import difflib
import ipaddress
import typing as t

Spec: t.TypeAlias = t.Mapping[str, t.Any]

# An own variable is hardly ever as much like one of ours as that
_ALIKE = 0.88
_FLAGS = ("true", "false", "yes", "no", "on", "off", "1", "0")
_FORMS = {
    "list": "a list",
    "dict": "a mapping",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "path": "a path",
}


def value_problems(name: str, spec: Spec, value: t.Any) -> t.Iterator[str]:
    """What is wrong with the value of a variable, or of a field below it."""
    form = str(spec.get("type") or "str")
    if value is None or form not in _FORMS:
        return
    if not _has_form(form, value):
        yield f"{name} is {value!r:.60}; write {_FORMS[form]}"
    elif form == "list":
        for index, item in enumerate(value):
            yield from value_problems(f"{name}[{index}]", _element(spec), item)
    elif form == "dict":
        yield from _field_problems(name, spec.get("options"), value)
    elif form in ("int", "float") and float(value) < 0:
        yield f"{name} is {value}; write 0 or more"
    elif spec.get("choices") and str(value) not in map(str, spec["choices"]):
        yield f"{name} is '{value}'; choose {_either(spec['choices'])}"


def subnet_problems(name: str, value: str) -> t.Iterator[str]:
    """What is wrong with a subnet, or with two of them, as kind takes them for both kinds of addresses."""
    for part in filter(None, value.split(",")):
        try:
            ipaddress.ip_network(part.strip())
        except ValueError as exc:
            yield f"{name} is '{value}': {exc}; write a subnet such as 10.10.0.0/16"


def unknown_variables(
    names: t.Iterable[str], known: t.Collection[str], facts: t.Collection[str]
) -> list[str]:
    """The variables that look like one of the known ones and are none."""
    prefixes = tuple(f"{name.partition('_')[0]}_" for name in known)
    return [
        f"{name} is no variable of the collection; did you mean {near[0]}?"
        " A variable of your own needs a name that is less like it"
        for name in names
        if name not in known and name not in facts and name.startswith(prefixes)
        if (near := difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE))
    ]


def _element(spec: Spec) -> Spec:
    return {"type": spec.get("elements") or "raw", "options": spec.get("options")}


def _field_problems(name: str, fields: Spec | None, value: Spec) -> t.Iterator[str]:
    if not fields:
        return
    for key, item in value.items():
        if key in fields:
            yield from value_problems(f"{name}.{key}", fields[key], item)
        else:
            near = difflib.get_close_matches(str(key), fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(fields))}"
            yield f"{name} has no field '{key}'; {hint}"
    for key, field in fields.items():
        if field.get("required") and value.get(key) is None:
            yield f"{name} lacks the field '{key}'"


def _has_form(form: str, value: t.Any) -> bool:
    if form == "list":
        return isinstance(value, t.Sequence) and not isinstance(value, str)
    if form == "dict":
        return isinstance(value, t.Mapping)
    if form == "bool":
        return isinstance(value, bool) or str(value).lower() in _FLAGS
    if form in ("int", "float"):
        return not isinstance(value, bool) and _is_number(form, value)
    return isinstance(value, str | int | float)


def _is_number(form: str, value: t.Any) -> bool:
    try:
        return float(value).is_integer() or form == "float"
    except (TypeError, ValueError):
        return False


def _either(choices: t.Sequence[t.Any]) -> str:
    return " or ".join(f"'{choice}'" if choice == "" else str(choice) for choice in choices)
