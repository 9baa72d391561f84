# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page that needs another machine to be shown is found."""

from __future__ import annotations

import pathlib

import docs_site
import pytest


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.html", '<script src="https://cdn.example.com/x.js"></script>'),
        ("x.html", "<link rel=stylesheet href=//cdn.example.com/x.css>"),
        ("x.html", '<img src="http://example.com/x.png">'),
        ("a/x.css", "@font-face { src: url('https://example.com/x.woff') }"),
        ("x.css", '@import "//example.com/x.css";'),
    ],
)
def test_remote(name: str, text: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (found,) = docs_site.remote_loads(tmp_path)
    assert found.startswith(f"{name} loads ")


def test_local(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.html").write_text(
        '<a href="https://example.com/">x</a><img src="../_images/x.svg"><script src="x.js"></script>'
        '<img src="data:image/png;base64,AA==">',
        encoding="utf-8",
    )
    (tmp_path / "x.css").write_text("a { background: url(x.svg) }", encoding="utf-8")
    assert not docs_site.remote_loads(tmp_path)
