# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a report in all its forms, side by side: JSON, page, JUnit XML, Markdown, the lab's index."""

from __future__ import annotations

import json
import os
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.explanation_page import (
    render_explanation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.index import (
    INDEX_NAME,
    render_index,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.junit import render_junit
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markdown import render_markdown
from ansible_collections.eastwest.mesh.plugins.module_utils._report.page import render_page
from ansible_collections.eastwest.mesh.plugins.module_utils._report.path_page import render_path
from ansible_collections.eastwest.mesh.plugins.module_utils._report.shell import GENERATOR

# makes a form of a document; takes the name of the index, if there is one
Form: t.TypeAlias = t.Callable[[str], str]
# the forms of a report by the endings of their files
_ENDINGS = {"page": ".html", "junit": ".xml", "markdown": ".md"}


def check_path(path: Path) -> None:
    """Refuse a path that another form of the report would be written to."""
    if path.suffix in _ENDINGS.values() or path.with_suffix(".html").name == INDEX_NAME:
        taken = ", ".join((*_ENDINGS.values(), INDEX_NAME))
        raise InvalidInput(
            f"path: {path} is the JSON document and must not be called so, for other forms of the "
            f"report are written beside it ({taken}); call it like {path.parent}/failover.json"
        )


def write_report(path: Path, document: Document) -> dict[str, str]:
    """Write every form, each as a whole or not at all; return their paths by form.

    The JSON document is first: the others can be made of it again.
    """
    forms: dict[str, Form] = {
        "page": lambda index: render_page(document, path.name, index),
        "junit": lambda _index: render_junit(document),
        "markdown": lambda _index: render_markdown(document),
    }
    return _write_forms(path, document, forms)


def write_explanation(path: Path, document: Document) -> dict[str, str]:
    """Write an explanation like a report, as JSON and as a page."""
    forms: dict[str, Form] = {
        "page": lambda index: render_explanation(document, path.name, index),
    }
    return _write_forms(path, document, forms)


def write_path(path: Path, document: Document) -> dict[str, str]:
    """Write what became of a path like a report, as JSON and as a page."""
    forms: dict[str, Form] = {
        "page": lambda index: render_path(document, path.name, index),
    }
    return _write_forms(path, document, forms)


def _write_forms(path: Path, document: Document, forms: t.Mapping[str, Form]) -> dict[str, str]:
    check_path(path)
    write_text(path, to_json(document))
    index = path.with_name(INDEX_NAME)
    indexed = _is_ours(index)
    texts = {form: render(INDEX_NAME if indexed else "") for form, render in forms.items()}
    paths = {}
    for form, text in texts.items():
        target = path.with_suffix(_ENDINGS[form])
        write_text(target, text)
        paths[form] = str(target)
    if indexed:
        write_text(index, render_index(path.parent))
        paths["index"] = str(index)
    return paths


def _is_ours(index: Path) -> bool:
    """Return whether the index may be written: an index of somebody else's is left alone."""
    try:
        return GENERATOR in index.read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False


def to_json(value: t.Any, indent: str = "") -> str:
    """Return JSON to read: one value a line, but lists of numbers on one line."""
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        items = [
            f"{deeper}{json.dumps(str(key), ensure_ascii=False)}: {to_json(each, deeper)}"
            for key, each in value.items()
        ]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}" + ("" if indent else "\n")
    if isinstance(value, list) and any(isinstance(each, (dict, list, str)) for each in value):
        items = [f"{deeper}{to_json(each, deeper)}" for each in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, for its owner only."""
    temporary = ""
    try:
        mask = os.umask(0o077)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        finally:
            os.umask(mask)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).replace(path)
    except OSError as exc:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise MeshError(f"path: {path} cannot be written: {exc.strerror or exc}") from exc
