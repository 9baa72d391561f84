# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import endpoint_watch, run


@pytest.fixture(autouse=True)
def _no_real_envoy(monkeypatch):
    """Wait neither for Envoy's merge window nor for its log."""
    monkeypatch.setattr(endpoint_watch, "MERGE_WINDOW_S", 0.0)
    monkeypatch.setattr(run, "LOG_FLUSH_S", 0.0)
