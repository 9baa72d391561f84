# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write an analysis in all its forms, side by side: JSON, page, Markdown, JUnit XML, SARIF."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import Diagnosis
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.junit import render_junit
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.markdown import (
    render_markdown,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.page import render_page
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.sarif import render_sarif
from ansible_collections.eastwest.mesh.plugins.module_utils._report.files import write_text

_FORMS: dict[str, tuple[str, t.Callable[[Diagnosis], str]]] = {
    "json": (".json", lambda diagnosis: _json(as_dict(diagnosis))),
    "page": (".html", render_page),
    "markdown": (".md", render_markdown),
    "junit": (".xml", render_junit),
    "sarif": (".sarif", lambda diagnosis: _json(render_sarif(diagnosis))),
}


def write_analysis(path: Path, diagnosis: Diagnosis) -> dict[str, str]:
    """Write every form, each as a whole or not at all; return their paths by form.

    Raise InvalidInput for a path that does not end in .json, MeshError for one that cannot be written.
    """
    if path.suffix != ".json":
        raise InvalidInput(
            f"path: {path} must end in .json; other forms of the analysis are written beside it"
        )
    written = {}
    for form, (ending, render) in _FORMS.items():
        target = path.with_suffix(ending)
        write_text(target, render(diagnosis))
        written[form] = str(target)
    return written


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
