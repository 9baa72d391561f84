# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespaces that ``exportTo`` shows an object in."""

from __future__ import annotations

import typing as t

EVERYWHERE = "*"
OWN = "."
NOWHERE = "~"


def exported_to(
    declared: t.Iterable[str], namespace: str, default: t.Iterable[str] | None = None
) -> frozenset[str]:
    """Return the namespaces; empty stands for all of them, ``~`` for none.

    ``default`` is what the mesh settings have for objects that declare nothing.
    """
    found = frozenset(filter(None, declared)) or frozenset(default or ())
    if EVERYWHERE in found:
        return frozenset()
    if NOWHERE in found:
        return frozenset({NOWHERE})
    return frozenset(namespace if part == OWN else part for part in found)


def reaches(exported: t.Container[str] | None, namespace: str) -> bool:
    """Tell whether what is exported so is seen in the namespace."""
    return not exported or namespace in exported
