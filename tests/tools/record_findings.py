# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write down what the checker says of the labs of its unit tests, word for word.

A change of words, or of what is advised, then shows in the difference of the page, to be read by who reviews it. A unit
test says whether the page is up to date.
"""

from __future__ import annotations

import pathlib

import checkout

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.test_codes import (
    LABS,
    MORE,
)

TESTS = pathlib.Path(__file__).resolve().parents[1] / "unit" / "plugins" / "module_utils"
PAGE = TESTS / "_analysis" / "expected_findings.md"
HEAD = """# What the checker says

Of the defective labs of each code in `test_codes.py`. Written by `python tests/tools/record_findings.py`.
"""


def text_of(finding: Finding) -> str:
    return (
        f"{finding.object}: {finding.field}\n\n"
        f"- {finding.message}\n"
        f"- {finding.effect}\n\n"
        f"```yaml\n{finding.instead.rstrip()}\n```\n"
    )


def section(code: str) -> str:
    """What is said of the code in its own labs."""
    said = [
        text_of(finding)
        for defective in (LABS[code][0], *MORE.get(code, ()))
        for finding in sorted(defective().findings(), key=lambda each: each.sort_key)
        if finding.code == code
    ]
    return "\n".join([f"## {code}\n", *said])


def page() -> str:
    return "\n".join([HEAD, *map(section, LABS)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
