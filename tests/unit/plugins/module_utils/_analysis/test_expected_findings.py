# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that tests/tools/record_findings.py writes are current."""

from __future__ import annotations

import re

import pytest
import record_findings


def recorded() -> dict[str, str]:
    text = record_findings.EXPECTED.read_text(encoding="utf-8")
    sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {section.split()[1]: section.rstrip() for section in sections}


@pytest.mark.parametrize("code", record_findings.LABS)
def test_the_findings_of_a_code(code):
    assert record_findings.section(code).rstrip() == recorded()[code]


def test_nothing_else_is_recorded():
    assert recorded().keys() == record_findings.LABS.keys()


def test_the_document_is_current():
    assert record_findings.DOCUMENT.read_text(encoding="utf-8") == record_findings.document()
