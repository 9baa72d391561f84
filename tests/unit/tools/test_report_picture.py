# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from xml.etree import ElementTree

import report_picture


def test_the_picture_of_the_docs_is_that_of_the_run():
    text = report_picture.PICTURE.read_text(encoding="utf-8")
    assert text == report_picture.picture(), "run tests/tools/report_picture.py"
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert len(text) < 50_000
