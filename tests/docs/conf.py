# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the documentation site, which `make docs` builds."""

from __future__ import annotations

import pathlib
import re
import typing as t

import yaml
from docutils import nodes

_GALAXY = yaml.safe_load(
    (pathlib.Path(__file__).parents[2] / "galaxy.yml").read_text(encoding="utf-8")
)
_ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
# Labels of Ansible's own documentation that antsibull-docs refers to. An inventory of them would need the network.
_LABELS = {
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}

project = "eastwest.mesh"
author = "the eastwest.mesh contributors"
project_copyright = f"2026, {author}"
release = _GALAXY["version"]
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

# Anchors as code hosts make them of headings
myst_heading_anchors = 4

# Commands with a placeholder are no shell; they are shown without colours.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
# The style sheet of the site has the colours, so that they follow the theme's switch.
antsibull_ext_color_scheme = "none"


def ansible_url(label: str) -> str | None:
    """The address in Ansible's documentation of a label, or None for labels that it does not have."""
    if plugin := re.fullmatch(r"ansible_collections\.(\w+)\.(\w+)\.(\w+)", label):
        return f"{_ANSIBLE}/collections/{'/'.join(plugin.groups())}.html"
    if kind := re.fullmatch(r"([a-z]+)_plugins", label):
        return f"{_ANSIBLE}/plugins/{kind[1]}.html"
    return f"{_ANSIBLE}/{_LABELS[label]}" if label in _LABELS else None


def link_to_ansible(
    app: t.Any, env: t.Any, node: t.Any, content: nodes.Element
) -> nodes.Element | None:
    own = node["reftarget"].startswith(f"ansible_collections.{project}.")
    url = None if own else ansible_url(node["reftarget"])
    return nodes.reference("", "", content, refuri=url) if url else None


def setup(app: t.Any) -> None:
    app.connect("missing-reference", link_to_ansible)
