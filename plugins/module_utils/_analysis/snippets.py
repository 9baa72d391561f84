# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML snippets to paste into manifests."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import WORDS

# texts that YAML reads as nothing but themselves
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./*-]*|\d+(ms|s|m|h)|\d+(\.\d+){3}")


def scalar(value: t.Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=False, default=_text)


def _text(value: t.Any) -> str:
    """Return what YAML reads as a date, or as binary data, as Kubernetes would."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def block(value: t.Any, *, remark: str = "") -> str:
    """Block style, as people write manifests; ``remark`` becomes a comment above it."""
    lines = [f"# {line}" for line in remark.splitlines()]
    return "\n".join([*lines, *_lines(value)])


def remark(text: str) -> str:
    """Where there is nothing to write but something to do."""
    return "\n".join(f"# {line}" for line in text.splitlines())


def _lines(value: t.Any) -> list[str]:
    if isinstance(value, t.Mapping) and value:
        return [line for key, item in value.items() for line in _entry(scalar(key), item)]
    if isinstance(value, (list, tuple)) and value:
        found = []
        for item in value:
            first, *rest = _lines(item)
            found += [f"- {first}", *(f"  {line}" for line in rest)]
        return found
    return [scalar(list(value) if isinstance(value, tuple) else value)]


def _entry(key: str, item: t.Any) -> list[str]:
    if isinstance(item, (t.Mapping, list, tuple)) and item:
        indent = "  "
        return [f"{key}:", *(f"{indent}{line}" for line in _lines(item))]
    return [f"{key}: {_lines(item)[0]}"]
