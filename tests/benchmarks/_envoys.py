# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a lab's Envoys."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import processes


class Memory(t.NamedTuple):
    """MiB of one Envoy: resident, and its part of that, what several share being divided among them."""

    resident: float
    own: float


def memory(directory: Path) -> list[Memory]:
    """That of each Envoy of a lab."""
    pids = [pid for several in processes.running(directory).values() for pid in several]
    return [_memory(pid) for pid in pids]


def _memory(pid: int) -> Memory:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB", text, re.MULTILINE))
    return Memory(int(kib["Rss"]) / 1024, int(kib["Pss"]) / 1024)
