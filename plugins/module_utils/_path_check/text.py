# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hops of a path, for people to read. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import HOPS, Hop

_SIGNS = {True: "✔", False: "✘", None: "?"}
_WIDTH = max(map(len, HOPS))
_INDENT = " " * (_WIDTH + 4)


def table(hops: t.Sequence[Hop]) -> str:
    """A line for each hop; for those that fail, with what shows it and what would mend it."""
    names = [hop.hop for hop in hops]
    return "\n".join(line for hop in hops for line in _lines(hop, names.count(hop.hop) > 1))


def _lines(hop: Hop, ambiguous: bool) -> t.Iterator[str]:
    line = f"{_SIGNS[hop.ok]} {hop.hop:<{_WIDTH}}  {hop.detail}"
    if hop.ok is not False:
        yield f"{line} ({hop.where})" if ambiguous and hop.where else line
        return
    yield line
    if hop.where:
        yield f"{_INDENT}at {hop.where}"
    for each in hop.evidence:
        yield f"{_INDENT}- {each}"
    if hop.advice:
        yield f"{_INDENT}→ {hop.advice}"
