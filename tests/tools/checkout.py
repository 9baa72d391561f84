# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the collection importable from a checkout, wherever the checkout is."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.eastwest.mesh"


def make_importable() -> None:
    """Lets ``ansible_collections.eastwest.mesh`` name this checkout, unless it is installed."""
    try:
        installed = importlib.util.find_spec(f"{COLLECTION}.plugins")
    except ModuleNotFoundError:
        installed = None
    if installed is not None:
        return
    package = ""
    for part in COLLECTION.split("."):
        package = f"{package}.{part}".lstrip(".")
        sys.modules.setdefault(package, types.ModuleType(package)).__path__ = []
    sys.modules[COLLECTION].__path__ = [str(CHECKOUT)]
