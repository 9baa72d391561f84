# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about a lab of one's own shows the inventory that the tests run, and that is short."""

from __future__ import annotations

import pathlib
import re

CHECKOUT = pathlib.Path(__file__).parents[3]
INVENTORY = CHECKOUT / "inventories" / "own-app"
PAGE = (CHECKOUT / "docs" / "own-lab.md").read_text(encoding="utf-8")
SHOWN = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```\n", PAGE, re.DOTALL))


def test_the_page_shows_the_whole_inventory() -> None:
    files = {
        str(path.relative_to(INVENTORY)): path.read_text(encoding="utf-8")
        for path in INVENTORY.rglob("*.yml")
    }
    assert SHOWN.keys() == files.keys()
    for name, text in files.items():
        # without the beginning of a document, the licence and the description
        assert SHOWN[name].splitlines() == text.splitlines()[3:]


def test_it_takes_sixty_lines() -> None:
    assert sum(len(text.splitlines()) for text in SHOWN.values()) <= 60
