# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings for the property tests."""

from __future__ import annotations

from hypothesis import settings

# how long an example takes says more about the machine than about the model
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
