# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML to values and back."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)

yaml: t.Any
try:
    import yaml
except ImportError:
    yaml = None


# plain texts that YAML reads as flags, or as nothing
WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def load_all(text: str, what: str) -> list[t.Any]:
    """Return the documents of a text, empty ones left out; ``what`` names it in errors.

    Raise InvalidInput for what is no YAML, MeshError where PyYAML is missing.
    """
    if yaml is None:
        raise MeshError(f"PyYAML is needed to read {what}; install it for this Python")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Bytes, because the loader, a safe one written in C, takes no subclass of str, such as
        # the strings that Ansible's templates give. Their encode() may give a subclass of bytes.
        documents = list(yaml.load_all(bytes(text, "utf-8"), Loader=loader))
    # ValueError: dates such as 2026-13-45, numbers of thousands of digits, lone surrogates
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise InvalidInput(f"{what} is not valid YAML: {' '.join(str(exc).split())}") from exc
    return [document for document in documents if document is not None]


def load_mapping(text: str, what: str) -> dict[str, t.Any]:
    """Return the text's one document, which must be a mapping; none counts as an empty one."""
    documents = load_all(text, what)
    content = documents[0] if documents else {}
    if not isinstance(content, dict):
        raise InvalidInput(f"{what} must be a mapping, it is a {type(content).__name__}")
    return content


def dump(value: t.Any) -> str:
    """Return the value as text, keys in their order. Raise MeshError where PyYAML is missing."""
    if yaml is None:
        raise MeshError("PyYAML is needed to write YAML; install it for this Python")
    return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False))
