# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as kubectl reads it, with the lines of values; a key that is there twice is an error."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)

yaml: t.Any
try:
    import yaml
except ImportError:
    yaml = None

Steps: t.TypeAlias = t.Sequence[str | int]

_BARE_ADDRESS = re.compile(r"([\[,]\s*)([0-9a-fA-F:]+::)(?=\s*[,\]])")
_TAG = "tag:yaml.org,2002:"
_TEXT, _MERGE = f"{_TAG}str", f"{_TAG}merge"
# PyYAML keeps a table for each first character; most scalars of manifests are repeated
_MOST_REMEMBERED = 100_000


class BrokenYaml(InvalidInput):
    """A text that is no YAML, or has a key twice; ``line`` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def load_document(text: str, first_line: int = 1) -> t.Any:
    """Return the value of a text with one document at most.

    Raise BrokenYaml, with lines as if the text began in ``first_line``; MeshError without PyYAML.
    """
    try:
        node = _compose(text, first_line)
    except BrokenYaml:
        # [2001:db8::] is a list with an address to Go, and a mistake to the library behind PyYAML
        quoted = _BARE_ADDRESS.sub(r'\1"\2"', text)
        if quoted == text:
            raise
        node = _compose(quoted, first_line)
    return None if node is None else _Constructor(first_line).value(node)


def line_of(text: str, steps: Steps, first_line: int = 1) -> int:
    """Return the line of the value that the keys and indexes lead to, or of the last that exists."""
    node = _compose(text, first_line)
    line = first_line
    for step in steps:
        entry = _below(node, step)
        if entry is None:
            break
        line, node = entry
        line += first_line
    return line


def _below(node: t.Any, step: str | int) -> tuple[int, t.Any] | None:
    """Return the line (from 0) and the node of an entry; of a mapping the line of its key."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line, item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    return None


def _compose(text: str, first_line: int) -> t.Any:
    if yaml is None:
        raise MeshError("PyYAML is needed to read manifests; install it for this Python")
    loader = _loader()(bytes(text, "utf-8", "replace"))
    try:
        return loader.get_single_node()
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
        reason = getattr(exc, "problem", None) or getattr(exc, "reason", None) or str(exc)
        line = first_line + (mark.line if mark else 0)
        raise BrokenYaml(f"it is no valid YAML: {' '.join(str(reason).split())}", line) from exc
    except RecursionError as exc:
        raise BrokenYaml("it is nested too deep", first_line) from exc
    finally:
        loader.dispose()


def _loader() -> t.Any:
    """Return the loader class: C where there is one, with what resolves a scalar remembered."""
    global _loader_class
    if _loader_class is None:
        base: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

        class Loader(base):  # type: ignore[misc,unused-ignore]
            def resolve(self, kind: t.Any, value: t.Any, implicit: t.Any) -> str:
                if kind is not yaml.ScalarNode:
                    return str(base.resolve(self, kind, value, implicit))
                if not implicit[0]:
                    return _TEXT
                found = _resolved.get(value)
                if found is None:
                    found = _as_kubectl(str(base.resolve(self, kind, value, implicit)), value)
                    if len(_resolved) < _MOST_REMEMBERED:
                        _resolved[value] = found
                return found

            # paths of tags are not used by the safe loader
            def descend_resolver(self, *_unused: t.Any) -> None:
                return

            def ascend_resolver(self) -> None:
                return

        _loader_class = Loader
    return _loader_class


_loader_class: t.Any = None
_resolved: dict[str, str] = {}
_scalars: dict[tuple[str, str], t.Any] = {}


def _as_kubectl(tag: str, value: str) -> str:
    """Dates, and numbers with colons, are text to Kubernetes' tools."""
    if tag == f"{_TAG}timestamp" or (tag in (f"{_TAG}int", f"{_TAG}float") and ":" in value):
        return _TEXT
    return tag


class _Constructor:
    """Makes values of nodes; PyYAML's own takes five times as long for what manifests consist of."""

    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._safe = yaml.constructor.SafeConstructor()
        self._scalar_node, self._sequence_node = yaml.ScalarNode, yaml.SequenceNode
        # what an anchor names is one value, however often
        self._made: dict[t.Any, t.Any] = {}

    def value(self, node: t.Any) -> t.Any:
        kind = type(node)
        if kind is self._scalar_node:
            return node.value if node.tag == _TEXT else self._scalar(node)
        if node in self._made:
            return self._made[node]
        if kind is self._sequence_node:
            items: list[t.Any] = []
            self._made[node] = items
            items.extend(map(self.value, node.value))
            return items
        return self._mapping(node)

    def _mapping(self, node: t.Any) -> dict[t.Any, t.Any]:
        made: dict[t.Any, t.Any] = {}
        self._made[node] = made
        for key, value in node.value:
            if not isinstance(key, self._scalar_node):
                raise self._error("a key is a list or a mapping; write text", key)
            if key.tag == _MERGE:
                return self._merged(node, made)
            name = key.value if key.tag == _TEXT else self._scalar(key)
            if name in made:
                first = next(each for each, _value in node.value if each.value == key.value)
                line = first.start_mark.line + self._first_line
                message = f"the key {key.value:.60} is there twice, first in line {line}"
                raise self._error(f"{message}; one of the values is lost", key)
            made[name] = self.value(value)
        return made

    def _merged(self, node: t.Any, made: dict[t.Any, t.Any]) -> dict[t.Any, t.Any]:
        """Fill in a mapping that takes keys over from others, where its own come last."""
        self._safe.flatten_mapping(node)
        made.clear()
        for key, value in node.value:
            made[self.value(key)] = self.value(value)
        return made

    def _scalar(self, node: t.Any) -> t.Any:
        key = (node.tag, node.value)
        if key in _scalars:
            return _scalars[key]
        try:
            found = self._safe.construct_object(node, deep=True)
        # PyYAML raises an AttributeError for a !!timestamp that is none
        except (yaml.YAMLError, ValueError, AttributeError) as exc:
            raise self._error(f"{node.value!r:.60} cannot be read: {exc!s:.80}", node) from exc
        if len(_scalars) < _MOST_REMEMBERED:
            _scalars[key] = found
        return found

    def _error(self, message: str, node: t.Any) -> BrokenYaml:
        return BrokenYaml(message, node.start_mark.line + self._first_line)
