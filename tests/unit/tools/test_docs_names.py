# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages name exists: playbooks, make targets, roles, modules, options, variables, links."""

from __future__ import annotations

import pathlib
import re

import docs_names
import docs_source
import pytest

CHECKOUT = pathlib.Path(__file__).parents[3]
KNOWN = docs_names.names(CHECKOUT)
PAGES = sorted(
    {page for page in docs_source.pages(CHECKOUT) if page.endswith(".md")} - {"CHANGELOG.md"}
    | {"README.md"}
)


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    assert not list(docs_names.unknown(text, KNOWN))
    assert not list(docs_names.broken_links(page, CHECKOUT))


def test_readme_can_be_read_elsewhere() -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert not [link for link in links if not link.startswith(("https://", "#"))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`ansible-playbook playbooks/fail.yml`", "playbook fail"),
        ("`-i inventories/east-wets`", "inventory east-wets"),
        ("```sh\nmake NAME=x fialover\n```", "make target fialover"),
        ("`ansible-playbook eastwest.mesh.analyse`", "content analyse"),
        ("```sh\nansible-playbook x.yml -e trust_rooot=own\n```", "variable trust_rooot"),
        ("""`-e '{"explain_drayned": []}'`""", "variable explain_drayned"),
        ("```yaml\nistio_hubb: x\n```", "variable istio_hubb"),
        ("```yaml\n- eastwest.mesh.sidecar: {stat: x}\n```", "option stat of sidecar"),
        ("1. x\n\n   ```yaml\n   proof_stepz: []\n   ```", "variable proof_stepz"),
    ],
)
def test_unknown(text: str, found: str) -> None:
    assert list(docs_names.unknown(text, KNOWN)) == [found]


def test_value() -> None:
    (found,) = docs_names.unknown("```yaml\nproof_steps: [{name: x, drian: [a]}]\n```", KNOWN)
    assert "drian" in found and "proof_steps" in found
    assert not list(docs_names.unknown("```yaml\nproof_steps: '{{ x }}'\n```", KNOWN))


def test_known() -> None:
    text = """Run `make new-lab NAME=mine` and `ansible-playbook playbooks/up.yml -i inventories/mine -e mesh_lab=x`.

```yaml
- eastwest.mesh.sidecar:
    lab_directory: ~/labs/east-west
    state: drained
```

The files are in `~/.local/state/eastwest.mesh/east-west`.
"""
    assert not list(docs_names.unknown(text, KNOWN))


def test_unreadable_yaml() -> None:
    (found,) = docs_names.unknown("```yaml\na: [\n```", KNOWN)
    assert found.startswith("YAML that cannot be read")


def test_links(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.md").write_text("# One `two`, three\n", encoding="utf-8")
    links = [
        "[x](a.md#one-two-three)",
        "[x](#here)",
        "[x](a.md#four)",
        "[x](b.md)",
        "[x](#there)",
        f"[x]({docs_source.REPOSITORY}c.md)",
        "[x](https://example.com/)",
    ]
    (tmp_path / "page.md").write_text("# Here\n\n" + "\n".join(links), encoding="utf-8")
    assert list(docs_names.broken_links("page.md", tmp_path)) == [
        "a.md#four",
        "b.md",
        "#there",
        f"{docs_source.REPOSITORY}c.md",
    ]
