# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find in a task's result why it failed."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import printable
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import dump

Result: t.TypeAlias = t.Mapping[str, t.Any]

# the rest is in the whole result
_MOST_LINES = 12
_MOST_ITEMS = 5
_LAST_OUTPUT = 5
# what a module says that knows nothing more of its failure than what it printed
_VAGUE = (
    "non-zero return code",
    "MODULE FAILURE",
    "Module result deserialization failed",
    "Task failed: Module failed: non-zero",
)


def reason(result: Result) -> list[str]:
    """Return why a task failed, line by line, at most a dozen; never empty."""
    return [printable(line) for line in _lines(result)]


def _lines(result: Result) -> list[str]:
    if "censored" in result:
        return [str(result["censored"])]
    failed = [item for item in _items(result) if item.get("failed") or item.get("unreachable")]
    lines = list(_of_items(failed)) if failed else list(_of_one(result))
    if len(lines) > _MOST_LINES:
        left = len(lines) - _MOST_LINES + 1
        lines = [*lines[: _MOST_LINES - 1], f"and {left} more lines"]
    return lines


def _items(result: Result) -> list[Result]:
    items = result.get("results")
    if not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict)]


def _of_items(failed: t.Sequence[Result]) -> t.Iterator[str]:
    for item in failed[:_MOST_ITEMS]:
        first, *rest = reason(item)
        yield f"{label(item)}: {first}"
        yield from (f"  {line}" for line in rest)
    if len(failed) > _MOST_ITEMS:
        yield f"and {len(failed) - _MOST_ITEMS} more items"


def label(item: Result) -> str:
    """Return what the item of a loop is called."""
    if item.get("_ansible_no_log"):
        return "an item that is hidden"
    shown = item.get("_ansible_item_label", item.get("item", "item"))
    return f"item {shown}"


def _of_one(result: Result) -> t.Iterator[str]:
    message = text(result.get("msg")) or text(result.get("reason"))
    yield from message.splitlines()
    if "assertion" in result and str(result["assertion"]) not in message:
        yield f"assertion: {result['assertion']}"
    if not message or message.startswith(_VAGUE):
        printed = [_last_lines(result, name) for name in ("stderr", "module_stderr")]
        printed += [_last_lines(result, name) for name in ("stdout", "module_stdout")]
        found = next(filter(None, printed), [])
        yield from found
        if not message and not found:
            yield "no reason was given"


def text(value: t.Any) -> str:
    """Return a message as text, stripped of what surrounds it; empty where there is none."""
    if isinstance(value, (list, tuple)):
        return "\n".join(map(str, value)).strip()
    return "" if value is None else str(value).strip()


def readable(value: t.Any) -> str:
    """Return a value as people read it: text as it is, a line for each item, YAML for the rest."""
    if isinstance(value, str):
        return printable(value)
    # what Ansible adds to values is not part of them
    plain = json.loads(json.dumps(value, default=str))
    if isinstance(plain, list) and all(isinstance(each, str) for each in plain):
        return printable("\n".join(plain))
    return dump(plain).removesuffix("...\n").rstrip("\n")


def _last_lines(result: Result, name: str) -> list[str]:
    return text(result.get(name)).splitlines()[-_LAST_OUTPUT:]
