# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site in build/docs/html, and check that it can be read offline."""

from __future__ import annotations

import html.parser
import os
import pathlib
import re
import subprocess
import sys

import docs_source
import tree

BIN = pathlib.Path(sys.executable).parent
SETTINGS = tree.CHECKOUT / "tests" / "docs"
SITE = tree.BUILD / "docs"
COLLECTION = f"{tree.NAMESPACE}.{tree.NAME}"
# Attributes by which a browser loads what they name while it shows a page
LOADING = {
    ("audio", "src"),
    ("embed", "src"),
    ("iframe", "src"),
    ("img", "src"),
    ("link", "href"),
    ("script", "src"),
    ("source", "src"),
    ("video", "src"),
}
# The theme shows the headings of a page beside it, and refuses to have them in it, too.
_CONTENTS = re.compile(r"^\.\. contents::\n(?: +:.*\n)*", re.MULTILINE)
_REMOTE = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)
_CSS_REMOTE = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", re.IGNORECASE)


class Loads(html.parser.HTMLParser):
    """What a page loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (tag, name) in LOADING and value and _REMOTE.match(value):
                self.found.append(value)


def remote_loads(site: pathlib.Path) -> list[str]:
    """Name each file of a site that makes a browser ask another machine, with what it asks for."""
    found = []
    for path in sorted(site.rglob("*.html")):
        parser = Loads()
        parser.feed(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(site)} loads {each}" for each in parser.found]
    for path in sorted(site.rglob("*.css")):
        if _CSS_REMOTE.search(path.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(site)} loads something from elsewhere")
    return found


def run(*command: str | pathlib.Path) -> int:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    return subprocess.run([BIN / command[0], *command[1:]], env=environment, check=False).returncode


def build() -> int:
    source, site = SITE / "source", SITE / "html"
    docs_source.write(tree.CHECKOUT, source)
    reference = source / docs_source.REFERENCE
    reference.mkdir()
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error"]
    if status := run("antsibull-docs", "collection", *options, "--dest-dir", reference, COLLECTION):
        return status
    for page in reference.glob("*.rst"):
        page.write_text(_CONTENTS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    strict = ["--fail-on-warning", "--fresh-env", "--write-all", "--quiet"]
    places = ["--conf-dir", SETTINGS, "--doctree-dir", SITE / "doctrees", source, site]
    if status := run("sphinx-build", *strict, *places):
        return status
    if remote := remote_loads(site):
        print("\n".join(["error: the site needs other machines to be read:", *remote]))
        return 1
    print(f"the documentation: {(site / 'index.html').relative_to(tree.CHECKOUT)}")
    return 0


def main() -> int:
    try:
        return build()
    except docs_source.SourceProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
