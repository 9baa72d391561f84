# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of an inventory's variables against the argument specs of all roles.

Ansible checks those of a role when the role begins, which is after others have changed things, and
takes a text where a list should be; it never looks at variables whose names nobody knows.
"""

from __future__ import annotations

import difflib
import functools
import ipaddress
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    NotYetKnown,
    Variables,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import defaulted

Spec: t.TypeAlias = t.Mapping[str, t.Any]

# A variable of the user's own is hardly ever as similar to one of the collection
_SIMILARITY = 0.88
# of the first words of two names
_PREFIX_SIMILARITY = 0.7
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


# Facts that roles set for each other
ROLE_FACTS = frozenset(
    {
        "cluster_internal_api",
        "cluster_network_reserved",
        "cluster_network_subnets",
        "cluster_node_addresses",
        "cluster_regions",
        "gateway_address",
        "gateway_addresses",
        "gateway_external_port",
        "proof_step",
        "remote_secret_kubeconfig",
    }
)
_SUBNETS = ("cluster_pod_subnet", "cluster_service_subnet")


def variable_problems(host: Variables, options: t.Mapping[str, Spec]) -> list[str]:
    """Describe the values that do not have the form of their option."""
    return [
        problem
        for name, spec in options.items()
        if name in host
        for problem in _variable_problems(name, spec, host)
    ]


def _variable_problems(name: str, spec: Spec, host: Variables) -> list[str]:
    try:
        value = host[name]
    except NotYetKnown:
        # the role that reads it checks it
        return []
    if value is None:
        # without a default, null says that the variable is not set
        form = _FORMS.get(str(spec.get("type")), "a value")
        return [f"{name} is null; write {form}, or leave it out"] if name in defaulted() else []
    found = list(value_problems(name, spec, value))
    if name in _SUBNETS and not found:
        found += subnet_problems(name, str(value))
    return found


def value_problems(name: str, spec: Spec, value: t.Any) -> t.Iterator[str]:
    """Describe what is wrong with the value of a variable, or of a field below it."""
    form = str(spec.get("type") or "str")
    if value is None or form not in _FORMS:
        return
    if not _has_form(form, value):
        yield f"{name} is {value!r:.60}; write {_FORMS[form]}"
    elif form == "list":
        yield from _element_problems(name, spec, value)
    elif form == "dict":
        yield from _field_problems(name, spec.get("options"), value)
    elif form in ("int", "float") and float(value) < 0:
        yield f"{name} is {value}; write 0 or more"
    elif spec.get("choices") and str(value) not in map(str, spec["choices"]):
        yield f"{name} is '{value}'; choose {_either(spec['choices'])}"


def _element_problems(name: str, spec: Spec, items: t.Sequence[t.Any]) -> t.Iterator[str]:
    form = str(spec.get("elements") or "raw")
    element = {"type": form, "options": spec.get("options")}
    for index, item in enumerate(items):
        if item is None:
            what = _FORMS.get(form, "a value")
            yield f"{name}[{index}] is null; write {what}, or take it out of the list"
        yield from value_problems(f"{name}[{index}]", element, item)


def subnet_problems(name: str, value: str) -> t.Iterator[str]:
    """Describe what is wrong with a subnet, or with an IPv4 and an IPv6 one, as kind takes both."""
    for part in filter(None, value.split(",")):
        try:
            ipaddress.ip_network(part.strip())
        except ValueError as exc:
            yield f"{name} is '{value}': {exc}; write a subnet such as 10.10.0.0/16"


def unknown_variables(
    names: t.Iterable[str], known: t.Collection[str], facts: t.Collection[str] = ROLE_FACTS
) -> list[str]:
    """Describe the variables whose names are similar to a known one, and so probably misspelt."""
    prefixes = {_prefix(name) for name in known}

    @functools.cache
    def similar_prefixes(prefix: str) -> frozenset[str]:
        return frozenset(difflib.get_close_matches(prefix, prefixes, cutoff=_PREFIX_SIMILARITY))

    return [
        f"{name} is no variable of the collection; did you mean {match}?"
        " A variable of your own needs a name that is less like it"
        for name in sorted(set(names) - set(known) - set(facts))
        if (near := similar_prefixes(_prefix(name)))
        for match in difflib.get_close_matches(
            name, [other for other in known if _prefix(other) in near], n=1, cutoff=_SIMILARITY
        )
    ]


def _prefix(name: str) -> str:
    return name.partition("_")[0]


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
    except (TypeError, ValueError, OverflowError):
        return False


def _either(choices: t.Sequence[t.Any]) -> str:
    return " or ".join(f"'{choice}'" if choice == "" else str(choice) for choice in choices)
