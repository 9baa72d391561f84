# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of the checkout become pages of the site."""

from __future__ import annotations

import pathlib

import docs_source
import pytest

CHECKOUT = pathlib.Path(__file__).parents[3]
SPEC = """\
argument_specs:
  main:
    short_description: Create certificates
    options:
      trust_root:
        type: str
        default: a|b
      trust_list:
        type: list
"""


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> pathlib.Path:
    files = {
        "README.md": "# Readme\n",
        "docs/index.md": "# Title\n\n- [not yet](one.md)\n\n## Start\n\n- [First](one.md): x\n- [Roles](../roles)\n",
        "docs/one.md": "# One\n",
        "docs/picture.svg": "<svg/>",
        "inventories/lab/hosts.yml": "",
        "plugins/inventory/contexts.py": "",
        "plugins/modules/sidecar.py": "",
        "roles/trust/README.md": "# trust\n\n[one](../../docs/one.md#x)\n",
        "roles/trust/meta/argument_specs.yml": SPEC,
        **{page: "# Page\n" for page in docs_source.PAGES if page.endswith(".md")},
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ("one.md", "one.md"),
        ("one.md#x", "one.md#x"),
        ("../roles/trust/README.md#variables", "roles/trust.md#variables"),
        ("../roles", "roles/index.md"),
        ("../plugins/modules/sidecar.py", "reference/sidecar_module.rst"),
        ("../plugins/inventory/contexts.py", "reference/contexts_inventory.rst"),
        ("../CONTRIBUTING.md", "contributing.md"),
        (f"{docs_source.REPOSITORY}docs/one.md", "one.md"),
        ("../inventories/lab", f"{docs_source.REPOSITORY}inventories/lab"),
        ("../README.md", f"{docs_source.REPOSITORY}README.md"),
        ("https://istio.io/", "https://istio.io/"),
        ("#here", "#here"),
    ],
)
def test_links(link: str, place: str, checkout: pathlib.Path) -> None:
    text = f"[a]({link}) and `[b](code.md)`\n\n```\n[c](code.md)\n```\n"
    expected = f"[a]({place}) and `[b](code.md)`\n\n```\n[c](code.md)\n```\n"
    assert docs_source.convert(text, "docs/index.md", checkout) == expected


def test_link_to_nothing(checkout: pathlib.Path) -> None:
    with pytest.raises(docs_source.SourceProblem, match=r"docs/one.md links to six.md"):
        docs_source.convert("[a](six.md)", "docs/one.md", checkout)
    with pytest.raises(docs_source.SourceProblem, match=r"no \.\./secret"):
        docs_source.convert("[a](../../secret)", "docs/one.md", checkout)


def test_navigation(checkout: pathlib.Path) -> None:
    text = docs_source.navigation(checkout)
    assert (
        "```{toctree}\n:hidden:\n:caption: Start\n\nFirst </one.md>\nRoles </roles/index.md>"
        in text
    )


def test_page_without_place(checkout: pathlib.Path) -> None:
    (checkout / "docs" / "new.md").write_text("# New\n", encoding="utf-8")
    with pytest.raises(docs_source.SourceProblem, match=r"no link to docs/new.md"):
        docs_source.order(checkout)


def test_page_in_two_places(checkout: pathlib.Path) -> None:
    index = checkout / "docs" / "index.md"
    index.write_text(f"{index.read_text('utf-8')}\n## Again\n\n- [x](one.md)\n", encoding="utf-8")
    with pytest.raises(docs_source.SourceProblem, match=r"lists docs/one.md twice"):
        docs_source.order(checkout)


def test_every_page_has_a_place() -> None:
    assert docs_source.order(CHECKOUT)


def test_write(checkout: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (checkout / "docs" / "variables.md").write_text("# Variables\n", encoding="utf-8")
    index = checkout / "docs" / "index.md"
    index.write_text(f"{index.read_text('utf-8')}- [Variables](variables.md)\n", encoding="utf-8")
    where = tmp_path / "site"
    docs_source.write(checkout, where)
    assert (where / "picture.svg").read_text("utf-8") == "<svg/>"
    assert "(../one.md#x)" in (where / "roles" / "trust.md").read_text("utf-8")
    assert "trust.md" in (where / "roles" / "index.md").read_text("utf-8")
    variables = (where / "variables.md").read_text("utf-8")
    assert '| `trust_root` | str | `"a&#124;b"` | [trust](roles/trust.md) |' in variables
    assert "| `trust_list` | list |  | [trust](roles/trust.md) |" in variables
