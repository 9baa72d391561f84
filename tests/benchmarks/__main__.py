# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every benchmark of this directory, but for those that need more than this machine as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Docker, and some minutes; or a lab of kind
ASKED_FOR = {"kind", "shares"}


def main() -> int:
    status = 0
    for script in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        if script.stem in ASKED_FOR:
            continue
        print(f"== {script.stem}", flush=True)
        status |= subprocess.run([sys.executable, script], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
