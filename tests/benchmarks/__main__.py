# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmarks of this directory, side by side with nothing.

    python tests/benchmarks [NAME ...]

Without names all run but kind and shares, which need Docker and some minutes, or a lab of kind.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

SCRIPTS = {script.stem: script for script in sorted(Path(__file__).parent.glob("[a-z]*.py"))}
ON_REQUEST = {"kind", "shares"}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SCRIPTS))
    names = parser.parse_args().names or [name for name in SCRIPTS if name not in ON_REQUEST]
    if unknown := [name for name in names if name not in SCRIPTS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(SCRIPTS)}")
    status = 0
    for name in names:
        print(f"== {name}", flush=True)
        status |= subprocess.run([sys.executable, SCRIPTS[name]], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
