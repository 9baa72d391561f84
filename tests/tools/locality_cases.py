# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers locality cases with the collection's model, in the schema of the istiod oracle.

Reads JSON on stdin (one object, an array, or objects one after another) and prints one JSON
object for each case:

    echo '{"proxyLocality": "east/zone1", "endpoints": [{"locality": "east/zone1"}]}' |
        python tests/tools/locality_cases.py

Beyond the oracle's answer, ``shares`` says what Envoy makes of it. With ``--mode direct`` (or
``"mode": "direct"`` in a case) endpoints that are not healthy are left out, as the oracle's direct
path leaves them out; otherwise they are treated as istiod treats them.
"""

from __future__ import annotations

import argparse
import json
import sys
import typing as t

from checkout import make_importable

Case: t.TypeAlias = dict[str, t.Any]


def read_cases(text: str) -> list[Case]:
    """Reads one object, an array, or objects one after another."""
    decoder = json.JSONDecoder()
    cases: list[Case] = []
    rest = text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        cases.extend(value if isinstance(value, list) else [value])
        rest = rest[end:].lstrip()
    return cases


def main() -> int:
    """Answers everything on stdin; 1 if a case could not be answered, 2 if stdin is no JSON."""
    make_importable()
    from locality_answers import answer

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-mode", "--mode", choices=("direct", "full", "both"), default="full")
    mode = parser.parse_args().mode
    try:
        cases = read_cases(sys.stdin.read())
    except ValueError as error:
        print(f"stdin is not JSON: {error}", file=sys.stderr)
        return 2
    failed = False
    for case in cases:
        result = answer(case, mode)
        failed = failed or "error" in result
        print(json.dumps(result, ensure_ascii=False))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
