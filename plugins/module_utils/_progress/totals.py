# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sum up what a run did on all hosts."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.phase import RED, clock, hosts

# what Ansible counts, and how it is called here; numbers of what did not happen are left out
_COUNTED = (
    ("ok", "ok"),
    ("changed", "changed"),
    ("skipped", "skipped"),
    ("rescued", "failed and rescued"),
    ("ignored", "failed and ignored"),
)


def totals(
    counts: t.Mapping[str, t.Mapping[str, int]], took: float, *, check: bool = False
) -> list[Line]:
    """Return what all tasks came to, and the hosts that failed; ``counts`` are Ansible's, by host."""
    numbers = [
        f"{number} {word}"
        for name, word in _COUNTED
        if (number := sum(each.get(name, 0) for each in counts.values()))
    ]
    summed = f"{', '.join(numbers) or 'none'}{' (check mode changes nothing)' if check else ''}"
    lines = [Line(f"{clock(took)}tasks: {summed}")]
    for name, word in (("failures", "failed on"), ("unreachable", "cannot be reached")):
        if bad := [host for host, each in counts.items() if each.get(name)]:
            told = f"{word} {hosts(bad)}" if name == "failures" else f"{hosts(bad)} {word}"
            lines.append(Line(f"{' ' * len(clock(0))}✘ {told}; -v prints every result", RED))
    return lines
