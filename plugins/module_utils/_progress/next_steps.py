# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Know what one can do after a playbook of this collection."""

from __future__ import annotations

import re
import shlex
import typing as t
from pathlib import Path

_LOOK = ("say where requests go, and why", "explain")
_PROVE = ("prove failover", "failover")
_DOWN = ("take the lab down", "down")
_AFTER_PROOF = (_LOOK, _DOWN)
# scenarios whose rules explain can look at before they are applied
_EXPLAINED = ("distribute", "failover")
# options that show or try one run
_ONCE = re.compile(r"--check|-C|--diff|-D|--verbose|-v+")

# by the name of the playbook: what for, and with which playbook
NEXT: t.Mapping[str, t.Sequence[tuple[str, str]]] = {
    "up": (_PROVE, _LOOK),
    "explain": (_PROVE, _DOWN),
    "images": (("bring the lab up", "up"),),
    # these say it themselves, of the lab or the mesh that they are about
    "analyze": (),
    "new_lab": (),
    "down": (("bring the lab up again", "up"),),
    **dict.fromkeys(
        (
            "cross_cluster",
            "distribute",
            "dns_proxy",
            "failover",
            "federation",
            "federation_variants",
            "load_balancing",
            "multi_primary_failover",
            "zone_aware",
        ),
        _AFTER_PROOF,
    ),
}


def next_steps(run: t.Sequence[str], playbook: str, name: str, *, check: bool) -> list[str]:
    """Return what one can do next, with commands like ``run``, the one that ran ``playbook``.

    ``name`` is the playbook's without collection, directory and ending. After a run in check mode
    it is that run for real.
    """
    if check:
        return [f"next: do it: {_command(run, playbook, name, name)}"]
    return [
        f"next: {purpose}: {_explaining(run, playbook, name, other)}"
        for purpose, other in NEXT.get(name, ())
    ]


def after_interruption(run: t.Sequence[str], playbook: str, name: str) -> list[str]:
    """Return what a run left that ended before its last task; nothing of one that makes no lab."""
    if _DOWN not in NEXT.get(name, ()):
        return []
    return [
        "interrupted: what this run made remains, such as the lab and its rules; the next run removes such rules first",
        f"next: {_DOWN[0]}: {_command(run, playbook, name, _DOWN[1])}",
    ]


def look_deeper(run: t.Sequence[str], playbook: str, name: str, guide: Path) -> list[str]:
    """Return where to look when the run failed; ``guide`` is a document about that."""
    lines = [f"look deeper: every result: {_command(run, playbook, name, name)} -v"]
    if _LOOK in NEXT.get(name, ()):
        lines.append(f"look deeper: {_LOOK[0]}: {_explaining(run, playbook, name, _LOOK[1])}")
    return [*lines, f"look deeper: {guide}"]


def _explaining(run: t.Sequence[str], playbook: str, name: str, other: str) -> str:
    """Return a command; explain looks at the rules of the scenario that was proved, which are removed by now."""
    command = _command(run, playbook, name, other)
    scenario = other == _LOOK[1] and name in _EXPLAINED
    return f"{command} -e explain_scenario={name}" if scenario else command


def _command(run: t.Sequence[str], playbook: str, name: str, other: str) -> str:
    """Return the command that runs another playbook; options that are for one run are left out."""
    head, _name, tail = playbook.rpartition(name)
    words = [f"{head}{other}{tail}" if word == playbook else word for word in run]
    return shlex.join(word for word in words if not _ONCE.fullmatch(word))
