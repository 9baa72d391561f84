# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which findings are one defect, and how often that is said to be."""

from __future__ import annotations

import re

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import (
    TriedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    Finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.groups import group
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.text import group_lines
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)
CAUSES = (
    "subset '{0}' of {1}.shop.svc.cluster.local is not defined",
    "the client knows no {0}.{1}.svc.cluster.local, to which VirtualService {1}/{0} sends",
    "no ReferenceGrant in namespace {0} lets HTTPRoutes of namespace {1} send to Service {0}",
)
MOST_LISTED = 4


def tried(cause: str, field: str, name: str, other: str) -> tuple[LocatedFinding, TriedFinding]:
    message = cause.format(name, other)
    finding = Finding("EW625", ERROR, f"VirtualService {other}/{name}", field, message, "x", "# y")
    return LocatedFinding(finding, "east"), TriedFinding(finding)


FINDINGS = st.builds(
    tried,
    st.sampled_from(CAUSES),
    st.sampled_from(["spec.http[0]", "spec.http[12]", "spec.tcp[0]"]),
    NAMES,
    NAMES,
)


def cause_of(located: LocatedFinding) -> tuple[str, str]:
    return located.finding.message[:6], located.finding.field[:8]


@given(st.lists(FINDINGS, min_size=1, max_size=12))
def test_a_group_is_one_cause_whatever_the_names(findings):
    groups = group(findings)
    for each in groups:
        assert len({cause_of(one) for one in each.findings}) == 1
    assert len(groups) == len({cause_of(located) for located, _trial in findings})


@given(st.lists(FINDINGS, min_size=1, max_size=12))
def test_the_number_said_is_that_of_what_is_listed(findings):
    for each in group(findings):
        lines = [line.text for line in group_lines(each, with_cluster=False)]
        said = [line for line in lines if line.startswith("  the same ")]
        rest = len(each.findings) - 1
        assert bool(said) == bool(rest)
        if not rest:
            continue
        head, _colon, listed = said[0].partition(": ")
        assert head == ("  the same once more" if rest == 1 else f"  the same {rest} more times")
        named, _and, more = listed.partition(" and ")
        parts = named.split(", ")
        assert len(parts) <= MOST_LISTED
        times = [re.search(r" (\d+) times$", part) for part in parts]
        number = sum(int(found[1]) if found else 1 for found in times)
        assert number + int(more.partition(" ")[0] or 0) == rest
