# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the roles' argument specs, defaults and READMEs against each other.

Ansible validates what a caller passes against meta/argument_specs.yml, and fills in from defaults/main.yml. Nothing
keeps the two from telling different stories, so this does.
"""

from __future__ import annotations

import pathlib
import sys
import typing as t

import tree
import yaml

ABSENT: t.Final = object()


class Loader(yaml.SafeLoader):
    """Reads Ansible's own tags as what they mark."""


Loader.add_constructor(
    "!unsafe", lambda loader, node: loader.construct_scalar(t.cast("yaml.ScalarNode", node))
)


def load(path: pathlib.Path) -> t.Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader) if path.exists() else None


def check_options(options: dict[str, t.Any], prefix: str = "") -> t.Iterator[str]:
    """What every option must say about itself, at every depth."""
    for name, option in options.items():
        full = f"{prefix}{name}"
        if "type" not in option:
            yield f"{full} has no type"
        if not option.get("description"):
            yield f"{full} has no description"
        if option.get("type") == "list" and "elements" not in option:
            yield f"{full} is a list and does not say of what (elements)"
        if option.get("required") and "default" in option:
            yield f"{full} is required and has a default"
        yield from check_options(option.get("options") or {}, f"{full}.")


def same(left: t.Any, right: t.Any) -> bool:
    # true == 1 in Python, but not in what a reader is told
    return type(left) is type(right) and left == right


def computed(value: t.Any) -> bool:
    """Whether the value is only known when the role runs: it is a template, or holds one."""
    if isinstance(value, dict):
        return any(computed(item) for item in value.values())
    if isinstance(value, list):
        return any(computed(item) for item in value)
    return isinstance(value, str) and "{{" in value


def check_defaults(options: dict[str, t.Any], defaults: dict[str, t.Any]) -> t.Iterator[str]:
    for name, option in options.items():
        documented = option.get("default", ABSENT)
        actual = defaults.get(name, ABSENT)
        if option.get("required"):
            if actual is not ABSENT:
                yield f"{name} is required, but defaults/main.yml sets it"
        elif actual is ABSENT:
            yield f"{name} is neither required nor in defaults/main.yml"
        elif documented is ABSENT:
            # Null means "no default", and what is computed differs from lab to lab.
            if actual is not None and not computed(actual):
                yield f"{name} has the default {actual!r} in defaults/main.yml and none in the argument spec"
        elif not same(documented, actual):
            yield f"{name} has the default {actual!r} in defaults/main.yml and {documented!r} in the argument spec"


def check_role(role: pathlib.Path) -> t.Iterator[str]:
    """Everything in which a role's files disagree."""
    specs = (load(role / "meta" / "argument_specs.yml") or {}).get("argument_specs") or {}
    defaults = load(role / "defaults" / "main.yml") or {}
    readme = role / "README.md"
    told = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if "main" not in specs:
        yield "meta/argument_specs.yml has no entry point main"
    known: set[str] = set()
    for entry_point, spec in specs.items():
        options = spec.get("options") or {}
        known.update(options)
        for defect in [*check_options(options), *check_defaults(options, defaults)]:
            yield f"{entry_point}: {defect}"
    yield from (
        f"{name} is in defaults/main.yml, but not in the argument spec"
        for name in defaults
        if name not in known
    )
    yield from (
        f"{name} is not mentioned in README.md" for name in sorted(known) if name not in told
    )


def check_roles(roles: pathlib.Path) -> list[str]:
    found = sorted(path for path in roles.iterdir() if path.is_dir() and any(path.iterdir()))
    if not found:
        return [f"{roles} holds no role"]
    return [f"roles/{role.name}: {defect}" for role in found for defect in check_role(role)]


def main() -> int:
    defects = check_roles(tree.CHECKOUT / "roles")
    print(*defects, sep="\n", end="\n" if defects else "")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
