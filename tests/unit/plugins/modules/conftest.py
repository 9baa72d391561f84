# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib

import pytest


@pytest.fixture(autouse=True)
def _in_a_python_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules return their warnings, also where another test has loaded what Ansible itself is."""
    try:
        internal = importlib.import_module("ansible.module_utils._internal")
    except ImportError:
        return
    monkeypatch.setattr(internal, "is_controller", False, raising=False)
