# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of all unit tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine makes tests slow, never wrong: how long an example takes is for the benchmarks to say.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples at every run, so that a change is judged by what it changes. To look for new ones:
# pytest --hypothesis-profile=explore
settings.register_profile("explore", _PATIENT)
settings.register_profile("repeat", _PATIENT, derandomize=True)
settings.load_profile("repeat")
