# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a sample showed, in one line and its reasons."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.phase import (
    GREEN,
    INDENT,
    RED,
    clock,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report import digest
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import step_document

# spaces that do not break are for pages
_PLAIN = str.maketrans({"\u00a0": " ", "\u202f": " "})
# the report and the sample's result have all
_MOST_REASONS = 2


def sample_lines(name: str, sample: t.Mapping[str, t.Any], took: float) -> list[Line]:
    """Return what the sample showed, and why it failed if it did; ``took`` is in seconds."""
    step = step_document({"name": name, "sample": sample})
    found = digest.brief(step).translate(_PLAIN)
    if digest.passed(step):
        return [Line(f"{clock(took)}✔ {name}: {found}", GREEN)]
    reasons = [line for reason in step["reasons"] for line in reason.splitlines() if line.strip()]
    return [
        Line(f"{clock(took)}✘ {name}: {found}", RED),
        *(Line(f"{INDENT}{line}", RED) for line in reasons[:_MOST_REASONS]),
    ]
