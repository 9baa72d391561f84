# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the READMEs of roles: an inventory, and playbooks that make a lab of it one after the other."""

from __future__ import annotations

import pathlib
import re

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LAB = ("cluster", "trust", "istio", "metallb", "gateway", "workload", "import_service")
ORDER = (*_LAB, "locality", "proof", "mesh", "remote_secret")


def inventory(roles: pathlib.Path) -> str:
    """The inventory that the README of the role cluster begins with."""
    return _first(roles / "cluster" / "README.md", "clusters:")


def playbooks(roles: pathlib.Path) -> dict[str, str]:
    """The playbook of each role, in the order in which they work."""
    return {role: _first(roles / role / "README.md", "- name: ") for role in ORDER}


def _first(readme: pathlib.Path, beginning: str) -> str:
    found = [
        each for each in _BLOCK.findall(readme.read_text("utf-8")) if each.startswith(beginning)
    ]
    if not found:
        raise ValueError(f"{readme} has no example that begins with {beginning!r}")
    return str(found[0])
