# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular expressions that RE2 does not take, by the rules of Go's ``regexp/syntax``."""

from __future__ import annotations

import re

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Violation,
    Violations,
)

# Istio's limit, in bytes
_LENGTH = 1024
_REPETITIONS = 1000
_ESCAPES = frozenset("aftnrvAbBzdDsSwWpPxQ0")
_FLAGS = re.compile(r"\(\?[imsU]*(-[imsU]+)?([:)])")
_NAMED = re.compile(r"\(\?P?<\w+>", re.ASCII)
_COUNT = re.compile(r"\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}", re.ASCII)
_ADVICE = "write it in RE2's syntax, which has neither lookarounds nor backreferences"


def regex(text: str, path: str) -> Violations:
    """Report an expression that RE2 does not compile."""
    if len(text.encode()) > _LENGTH:
        message = f"is longer than {_LENGTH} bytes"
        yield Violation("regex", path, message, "shorten it, or write several matches")
        return
    why = _Scan(text).error()
    if why:
        yield Violation("regex", path, f"{text!r:.80} is no regular expression: {why}", _ADVICE)


class _Scan:
    """One pass over an expression; the first thing that is wrong ends it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        # is there something before this place that a quantifier can repeat?
        self._repeatable = False

    def error(self) -> str:
        """Return why RE2 refuses the expression; empty if it does not."""
        steps = {"\\": self._escape, "[": self._class, "(": self._open, ")": self._close}
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in steps:
                why = steps[char]()
            elif char in "*+?" or _COUNT.match(self._text, self._at):
                why = self._quantifier()
            else:
                self._at += 1
                self._repeatable = char != "|"
                why = ""
            if why:
                return why
        return "a parenthesis is not closed" if self._depth else ""

    def _escape(self) -> str:
        name = self._text[self._at + 1 : self._at + 2]
        if not name:
            return "a backslash is at its end"
        octal = name in "1234567" and self._text[self._at + 2 : self._at + 3] in tuple("01234567")
        if name.isdigit() and name != "0" and not octal:
            return f"\\{name} is a backreference"
        if name.isascii() and name.isalpha() and name not in _ESCAPES:
            return f"\\{name} means nothing"
        end = self._at + 2
        if name == "Q":
            close = self._text.find("\\E", end)
            end = len(self._text) if close < 0 else close + 2
        elif name in "pPx" and self._text[end : end + 1] == "{":
            end = self._text.find("}", end) + 1
            if not end:
                return f"\\{name}{{ is not closed"
        self._at = end
        self._repeatable = True
        return ""

    def _class(self) -> str:
        at = self._at + 1
        at += self._text[at : at + 1] == "^"
        # a bracket that closes nothing yet stands for itself
        at += self._text[at : at + 1] == "]"
        while at < len(self._text) and self._text[at] != "]":
            named = self._text.find(":]", at) if self._text.startswith("[:", at) else -1
            if named > 0:
                at = named + 2
            else:
                at += 2 if self._text[at] == "\\" else 1
        if at >= len(self._text):
            return "a bracket is not closed"
        self._at = at + 1
        self._repeatable = True
        return ""

    def _open(self) -> str:
        flags = _FLAGS.match(self._text, self._at)
        named = _NAMED.match(self._text, self._at)
        if flags and flags[2] == ")":
            self._at = flags.end()
            return ""
        start = flags or named
        if not start and self._text.startswith("(?", self._at):
            return f"{self._text[self._at : self._at + 4]} is not supported"
        self._at = start.end() if start else self._at + 1
        self._depth += 1
        self._repeatable = False
        return ""

    def _close(self) -> str:
        if not self._depth:
            return "a parenthesis is not opened"
        self._depth -= 1
        self._at += 1
        self._repeatable = True
        return ""

    def _quantifier(self) -> str:
        found = self._written_quantifier()
        if not self._repeatable:
            return f"{found} repeats nothing"
        count = _COUNT.match(found)
        if count:
            low, high = int(count[1]), int(count[3] or count[1])
            if low > high or high > _REPETITIONS:
                return f"{found} is out of range"
        self._at += len(found)
        # lazy ones
        self._at += self._text[self._at : self._at + 1] == "?"
        after = self._written_quantifier()
        return f"{found}{after} repeats twice" if after else ""

    def _written_quantifier(self) -> str:
        """Return the quantifier at the current place; empty if there is none."""
        char = self._text[self._at : self._at + 1]
        if char and char in "*+?":
            return char
        count = _COUNT.match(self._text, self._at)
        return count[0] if count else ""
