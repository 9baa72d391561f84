# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the picture of the docs, docs/report-timeline.svg, from the report of a real run."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._report import style
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import Palette
from ansible_collections.eastwest.mesh.plugins.module_utils._report.timeline_pictures import (
    proof_timeline,
)

ROOT = Path(__file__).parents[2]
RUN = ROOT / "tests/unit/plugins/module_utils/_report/runs/failover.json"
PICTURE = ROOT / "docs/report-timeline.svg"


def picture() -> str:
    """Return the timeline of the run with its style inside, so that it stands alone."""
    report = json.loads(RUN.read_text(encoding="utf-8"))
    palette = Palette(report)
    drawn = proof_timeline(report, palette)
    assert drawn is not None
    patterns = palette.definitions()
    inside = f"<style>{style.style_sheet()}</style>{patterns}"
    start, end = drawn.split(">", 1)
    return f'{start} xmlns="http://www.w3.org/2000/svg">{inside}{end}\n'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
