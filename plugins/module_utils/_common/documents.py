# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests as users give them: objects or YAML text."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_all


def load_definitions(definition: t.Any) -> list[dict[str, t.Any]]:
    """Return the objects of a mapping, a YAML text, or a list of both. Raise InvalidInput."""
    if isinstance(definition, t.Mapping):
        if definition.get("kind") == "List" and "items" in definition:
            return load_definitions(definition["items"])
        return [dict(definition)]
    if isinstance(definition, str):
        documents = load_all(definition, "definition")
        if all(isinstance(document, t.Mapping) for document in documents):
            return load_definitions(documents)
    elif isinstance(definition, t.Sequence):
        return [obj for part in definition for obj in load_definitions(part)]
    raise InvalidInput(
        f"definition: {definition!r:.100} is neither an object nor YAML text with objects"
    )
