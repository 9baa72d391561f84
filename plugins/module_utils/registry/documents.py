# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML that is stored as text inside objects. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils.errors import InvalidInput, MeshError

yaml: t.Any
try:
    import yaml
except ImportError:
    yaml = None


def parse_mapping(text: str, what: str) -> dict[str, t.Any]:
    """Parses YAML that must be a mapping (or nothing); ``what`` names it in errors."""
    if yaml is None:
        raise MeshError(f"PyYAML is needed to read {what}; install it for this Python")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(text, Loader=loader)
    except yaml.YAMLError as exc:
        raise InvalidInput(f"{what} is not valid YAML: {' '.join(str(exc).split())}") from exc
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InvalidInput(f"{what} must be a mapping, it is a {type(content).__name__}")
    return content
