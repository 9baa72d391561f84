# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile each template once, for all workers.

Ansible compiles a template each time it is used, and forks a worker for each task on each host. The connection of a
cluster alone is half a dozen templates, which nearly all workers would compile anew. What the process that forks them has
compiled, they inherit.
"""

from __future__ import annotations

import contextlib
import typing as t
from types import CodeType

from jinja2 import Environment
from jinja2.environment import TemplateExpression

_Key: t.TypeAlias = tuple[t.Hashable, ...]

_TEMPLATE, _EXPRESSION = "template", "expression"
# what Jinja itself keeps lexers by, and what else it compiles by
_SETTINGS = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
    "optimized",
    "autoescape",
    "is_async",
)
_CONDITIONS = ("when", "until", "failed_when", "changed_when")


class TemplateCache:
    """The code of templates, by the settings of their environments."""

    def __init__(self) -> None:
        self._code: dict[_Key, CodeType] = {}
        # of Ansible's environments, the last one that has compiled anything
        self._environment: Environment | None = None
        # of an expression, Jinja makes a template of nodes
        self._of_nodes: list[CodeType] = []
        self._compile = Environment.compile
        self._compile_expression = Environment.compile_expression
        self._seen: set[int] = set()

    def install(self) -> None:
        """Let all of Ansible's environments in this process, and those forked from it, use the cache."""
        cache = self

        def compile_template(
            self: Environment,
            source: t.Any,
            name: str | None = None,
            filename: str | None = None,
            raw: bool = False,
            defer_init: bool = False,
        ) -> t.Any:
            options = (name, filename, raw, defer_init)
            if not any(options) and isinstance(source, str) and _is_cacheable(self, source):
                return cache._template(self, source)
            code: t.Any = cache._compile(self, source, name, filename, raw, defer_init)  # type: ignore[call-overload]
            if not isinstance(source, str) and not raw:
                cache._of_nodes.append(code)
            return code

        def compile_expression(
            self: Environment, source: str, undefined_to_none: bool = True
        ) -> TemplateExpression:
            if not _is_cacheable(self, source):
                return cache._compile_expression(self, source, undefined_to_none)
            return cache._expression(self, source, undefined_to_none)

        Environment.compile = compile_template  # type: ignore[method-assign]
        Environment.compile_expression = compile_expression  # type: ignore[method-assign]

    def uninstall(self) -> None:
        """Compile each time again."""
        Environment.compile = self._compile  # type: ignore[method-assign]
        Environment.compile_expression = self._compile_expression  # type: ignore[method-assign]

    def load_values(self, value: t.Any) -> None:
        """Compile the templates in a value, such as a host's variables, however deep they are.

        What does not compile is left to the worker that uses it, if any does: it says where that is.
        """
        if isinstance(value, str):
            if "{{" in value or "{%" in value:
                self._load(Environment.compile, value)
        elif isinstance(value, dict):
            for each in value.values():
                self.load_values(each)
        elif isinstance(value, (list, tuple)):
            for each in value:
                self.load_values(each)

    def load_task(self, task: t.Any) -> None:
        """Compile the templates of a task, of what it is in, and of its role's variables, unless it was done."""
        node = task
        while node is not None and id(node) not in self._seen:
            self._seen.add(id(node))
            for name in ("args", "vars", "loop"):
                self.load_values(getattr(node, name, None))
            for name in _CONDITIONS:
                self._load_conditions(getattr(node, name, None))
            node = getattr(node, "_parent", None)
        role = task._role
        if role is not None and id(role) not in self._seen:
            self._seen.add(id(role))
            self.load_values(role.get_default_vars())
            self.load_values(role.get_vars())

    def _load_conditions(self, conditions: t.Any) -> None:
        for each in conditions if isinstance(conditions, list) else [conditions]:
            if isinstance(each, str):
                self._load(Environment.compile_expression, each.strip())

    def _load(self, compile_with: t.Callable[[Environment, str], object], text: str) -> None:
        if self._environment is not None:
            with contextlib.suppress(Exception):
                compile_with(self._environment, text)

    def _template(self, environment: Environment, source: str) -> CodeType:
        self._environment = environment
        key = _key(environment, _TEMPLATE, source)
        if key not in self._code:
            self._code[key] = self._compile(environment, source)
        return self._code[key]

    def _expression(
        self, environment: Environment, source: str, undefined_to_none: bool
    ) -> TemplateExpression:
        key = _key(environment, _EXPRESSION, source)
        if code := self._code.get(key):
            template = environment.template_class.from_code(
                environment, code, environment.make_globals(None)
            )
            return TemplateExpression(template, undefined_to_none)
        self._of_nodes.clear()
        expression = self._compile_expression(environment, source, undefined_to_none)
        if self._of_nodes:
            self._code[key] = self._of_nodes[-1]
        return expression


def _is_cacheable(environment: Environment, source: str) -> bool:
    # Ansible reads backslashes in two ways, and which one the text does not tell
    own = type(environment).__module__.startswith("ansible.")
    return (
        own
        and "\\" not in source
        and not getattr(environment, "_debuggable_template_source", False)
    )


def _key(environment: Environment, kind: str, source: str) -> _Key:
    settings = tuple(getattr(environment, name) for name in _SETTINGS)
    # text of Ansible's that knows where it comes from is equal to other text
    return (type(environment), *settings, *environment.extensions, kind, str(source))
