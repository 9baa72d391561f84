# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for clients and servers that disagree about mTLS."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import first_where
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)

PLAIN_TO_STRICT = FindingType(
    "EW628",
    ERROR,
    "a rule turns mTLS off for servers that insist on it",
    explanation=(
        "The rule's `tls` mode is not `ISTIO_MUTUAL`, and a PeerAuthentication makes the sidecars "
        "of the service take mTLS only: they close every connection."
    ),
    cure="No `tls` in the rule, or `mode: ISTIO_MUTUAL`; or a PERMISSIVE PeerAuthentication.",
)


def plain_to_strict(context: AnalysisContext) -> t.Iterator[Finding]:
    """Rules that make clients send no mTLS to sidecars that take nothing else."""
    for case in first_where(
        (case for case in context.all_cases() if case.effective.mutual_tls is False),
        lambda case: (case.rule_name, case.service.host, case.port.number),
        lambda case: any(map(context.topology.takes_mtls_only, case.endpoints)),
    ):
        yield _finding(context, case)


CHECKS = (plain_to_strict,)


def _finding(context: AnalysisContext, case: TrafficCase) -> Finding:
    refusing = [each for each in case.endpoints if context.topology.takes_mtls_only(each)]
    mode = (case.effective.tls or {}).get("mode", "DISABLE")
    return PLAIN_TO_STRICT.finding(
        f"DestinationRule {case.rule_name}",
        "spec.trafficPolicy.tls.mode",
        message=f"the mode is {mode}, and the sidecars of {case.service.host} take mTLS only (STRICT)",
        effect=f"{len(refusing)} of {len(case.endpoints)} endpoints refuse every connection of "
        "clients with this rule",
        instead=snippets.block({"tls": {"mode": "ISTIO_MUTUAL"}}),
    )
