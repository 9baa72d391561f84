# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short form of the campaign with damaged input; ``tests/tools/bad_input.py`` is the long one."""

from __future__ import annotations

import bad_input
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_what_is_damaged_was_good() -> None:
    bad_input.check_good_inputs()


@pytest.mark.parametrize("name", bad_input.TARGETS)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, 10**6))
def test_every_answer_is_a_result_or_a_message(name: str, number: int) -> None:
    assert bad_input.fault(name, number, seconds=60) == ""
