# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/findings.md and the expected findings of the unit tests.

Both come from the checks: the document from the finding types that they define, the expected findings from the
defective labs of the tests. A changed sentence shows in the difference of these pages, for reviewers to read; a unit
test says whether the pages are current.
"""

from __future__ import annotations

import pathlib
import textwrap
import typing as t

import checkout

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import FINDING_TYPES
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.input_findings import (
    INPUT_TYPES,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.test_codes import (
    LABS,
    MORE,
)

TREE = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = TREE / "docs" / "findings.md"
EXPECTED = (
    TREE / "tests" / "unit" / "plugins" / "module_utils" / "_analysis" / "expected_findings.md"
)
WIDTH = 118

DOCUMENT_HEAD = """# What the checker finds

`eastwest.mesh.locality_info` and `ansible-playbook eastwest.mesh.explain` check rules, imported workloads, nodes and
gateways of a lab against what istiod and Envoy make of them, and [`ansible-playbook eastwest.mesh.analyze`](analyze.md)
those of any manifests, dumps or live clusters. Each finding has

- a **code** that never changes its meaning,
- a **severity**: *error* (requests fail, istiod refuses or is undecided, or the rule does not do what it says),
  *warning* (it works, but otherwise than it seems, or not in the moment it is made for) or *info* (worth knowing, and
  possibly meant that way),
- the **object** and the **field**,
- the defect, its effect, and what to write instead.

Numbers in the effects are computed by the [locality model](locality.md), for a client that the rule is for: once as
things are, and once with the defect corrected. So a finding says whether the defect *breaks the split* or not.

A cure is tried before it is proposed: applied to the objects, its finding must be gone and no error may be new. Where
that fails, the finding says what to look at. In large meshes the cures of some findings of each code are tried, in the
part of the mesh that the object decides about.

This page is written by `python tests/tools/record_findings.py` from the definitions beside the checks.
"""

# by the first digit of the codes
SECTIONS: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "0": (
        "The input",
        "What cannot be read, found by `eastwest.mesh.mesh_analysis_info` and `ansible-playbook eastwest.mesh.analyze` "
        "alone. The rest of a file is looked at all the same.",
    ),
    "1": (
        "Localities",
        "A locality is `region/zone/subzone`; later parts may be missing, and nothing is trimmed or folded: istiod "
        "compares letter by letter. What exists is what nodes are labelled with (`topology.kubernetes.io/region`, "
        "`topology.kubernetes.io/zone`, `topology.istio.io/subzone`) and what pods' own locality labels say, in every "
        "cluster that is known, and what WorkloadEntries and endpoints of ServiceEntries declare. These are doubted where "
        "the nodes of their network are known, and where they are spelt almost like an existing place.",
    ),
    "2": (
        "`distribute`",
        "Weights for localities. There are no priorities then: where a locality dies, the others take its share in "
        "proportion. What no key covers is removed without a word.",
    ),
    "3": (
        "`failover` and `failoverPriority`",
        "Priorities: which endpoints serve first, and which take over. They need outlier detection in the same policy.",
    ),
    "4": (
        "Outlier detection",
        "Outlier detection takes a failing endpoint out before its readiness probe does.",
    ),
    "5": (
        "Which rule counts, and for what",
        "Istio's webhook refuses none of this but EW509 and EW512: rules that do nothing are accepted in silence.",
    ),
    "6": (
        "Endpoints and imported workloads",
        "WorkloadEntries, endpoints written into ServiceEntries, and pods that do not serve.",
    ),
    "7": ("Nodes and clients", "Everything about localities begins with the nodes' labels."),
    "8": (
        "Gateways",
        "East-west gateways pass TLS connections on by the server name in them. They see no requests.",
    ),
    "9": (
        "Protocols and load balancing",
        "Settings that make a locality rule inert or inexact though nothing is wrong with the rule.",
    ),
}

EXPECTED_HEAD = """# What the checker says

Of the defective labs of each code in `test_codes.py`. Written by `python tests/tools/record_findings.py`.
"""


_TYPES = (*INPUT_TYPES.values(), *FINDING_TYPES.values())


def document() -> str:
    """The page of all finding types, by section."""
    parts = [DOCUMENT_HEAD]
    for digit, (title, introduction) in SECTIONS.items():
        parts.append(f"## EW{digit}: {title}\n\n{_paragraph(introduction)}\n")
        parts += [_entry(each) for each in _TYPES if each.code.startswith(f"EW{digit}")]
    return "\n".join(parts)


def _entry(kind: FindingType) -> str:
    explanation = _paragraph(f"*{kind.severity}* · {kind.explanation}")
    return (
        f"### {kind.code} {kind.title}\n\n{explanation}\n\n{_paragraph(f'Instead: {kind.cure}')}\n"
    )


def _paragraph(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def expected_findings() -> str:
    """The page of all findings of the defective labs."""
    return "\n".join([EXPECTED_HEAD, *map(section, LABS)])


def section(code: str) -> str:
    """The findings of a code in its own labs."""
    found = [
        _finding(finding)
        for defective in (LABS[code][0], *MORE.get(code, ()))
        for finding in sorted(defective().findings(), key=lambda each: each.sort_key)
        if finding.code == code
    ]
    return "\n".join([f"## {code}\n", *found])


def _finding(finding: Finding) -> str:
    return (
        f"{finding.object}: {finding.field}\n\n"
        f"- {finding.message}\n"
        f"- {finding.effect}\n\n"
        f"```yaml\n{finding.instead.rstrip()}\n```\n"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
    EXPECTED.write_text(expected_findings(), encoding="utf-8")
