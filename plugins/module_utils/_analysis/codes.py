# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All codes, each with its severity and title. A code never changes its meaning.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
)


class Code(t.NamedTuple):
    severity: str
    title: str


CODES: t.Final[t.Mapping[str, Code]] = {
    # 1: localities
    "EW101": Code(WARNING, "a workload's locality does not exist"),
    "EW102": Code(WARNING, "a workload's locality has its parts in the wrong places"),
    "EW103": Code(WARNING, "a workload's locality is an existing one, misspelt"),
    "EW104": Code(WARNING, "a workload's locality has more than three parts"),
    "EW105": Code(WARNING, "an imported workload has no locality"),
    "EW106": Code(WARNING, "one place goes by two names"),
    "EW111": Code(WARNING, "a rule names a locality that does not exist"),
    "EW112": Code(WARNING, "a rule's locality has its parts in the wrong places"),
    "EW113": Code(WARNING, "a rule's locality is an existing one, misspelt"),
    "EW114": Code(WARNING, "a rule's locality has more than three parts"),
    # 2: distribute
    "EW201": Code(ERROR, "a weight of distribute is not 1 to 100"),
    "EW202": Code(ERROR, "the weights of distribute do not add up to 100"),
    "EW203": Code(ERROR, "keys of distribute cover the same localities"),
    "EW204": Code(ERROR, "distribute and failover in one setting"),
    "EW205": Code(ERROR, "two distribute rules are for the same clients"),
    "EW206": Code(ERROR, "a key has an asterisk in the wrong place"),
    "EW207": Code(ERROR, "a key has an empty part"),
    "EW211": Code(WARNING, "distribute to a locality without endpoints"),
    "EW212": Code(WARNING, "distribute to a locality where nothing is healthy"),
    "EW213": Code(ERROR, "distribute leaves no endpoint at all"),
    "EW214": Code(INFO, "distribute leaves out localities that have endpoints"),
    "EW215": Code(WARNING, "failoverPriority beside distribute"),
    "EW216": Code(INFO, "no distribute rule is for some clients"),
    "EW217": Code(WARNING, "several localities behind one gateway address"),
    "EW218": Code(WARNING, "distribute to a part of what a gateway serves"),
    # 3: failover
    "EW301": Code(ERROR, "failover from a region to itself"),
    "EW302": Code(ERROR, "failover names more than a region"),
    "EW303": Code(ERROR, "failover has an asterisk"),
    "EW304": Code(ERROR, "failover without outlier detection"),
    "EW305": Code(ERROR, "failover beside failoverPriority with a locality label"),
    "EW306": Code(ERROR, "localityLbSetting beside zoneAwareLbSetting"),
    "EW307": Code(ERROR, "zoneAwareLbSetting compares a locality label"),
    "EW308": Code(WARNING, "failover to a region without endpoints"),
    "EW309": Code(WARNING, "two failover rules from one region"),
    "EW310": Code(WARNING, "locality settings are switched off by enabled: false"),
    "EW321": Code(WARNING, "failoverPriority compares a label that nobody carries"),
    "EW322": Code(WARNING, "failoverPriority compares a label that a gateway hides"),
    "EW323": Code(ERROR, "failoverPriority for a DNS service with several localities"),
    "EW324": Code(WARNING, "an entry of failoverPriority is malformed or repeated"),
    "EW325": Code(WARNING, "failoverPriority compares zones of different regions"),
    # 4: outlier detection
    "EW401": Code(INFO, "outlier detection alone turns on locality failover"),
    "EW402": Code(WARNING, "nothing can ever be ejected"),
    "EW403": Code(WARNING, "minHealthPercent sends requests to what is not ready"),
    "EW404": Code(WARNING, "outlier detection counts no kind of error"),
    "EW405": Code(WARNING, "the mesh's outlier detection does not turn on failover"),
    "EW406": Code(WARNING, "too few hosts can be ejected for the failover to complete"),
    # 5: which rule counts, and for what
    "EW501": Code(ERROR, "a rule's host is no service"),
    "EW502": Code(ERROR, "a rule's host is neither short nor fully qualified"),
    "EW503": Code(ERROR, "two rules for one host"),
    "EW504": Code(WARNING, "a rule is not in effect for clients"),
    "EW505": Code(WARNING, "a port's policy takes away what the rule says"),
    "EW506": Code(WARNING, "a subset's policy takes away what the rule says"),
    "EW507": Code(WARNING, "a subset selects no endpoint"),
    "EW508": Code(ERROR, "a port's policy is for a port that the service does not have"),
    "EW509": Code(ERROR, "a policy is empty"),
    "EW510": Code(WARNING, "the rule's setting drops the mesh's"),
    "EW511": Code(WARNING, "the rule's setting drops the Service's trafficDistribution"),
    # 6: endpoints
    "EW601": Code(ERROR, "an imported workload is called without mTLS"),
    "EW602": Code(INFO, "an imported workload has no service account"),
    "EW603": Code(WARNING, "an imported workload has no network"),
    "EW604": Code(WARNING, "a registered gateway takes an imported workload's place"),
    "EW605": Code(ERROR, "an imported workload lacks the port that the Service names"),
    "EW606": Code(ERROR, "a Service port without a name ignores imported workloads' ports"),
    "EW607": Code(WARNING, "no service selects an imported workload"),
    "EW608": Code(ERROR, "a Service ignores an imported workload's host name"),
    "EW609": Code(ERROR, "a headless Service ignores imported workloads"),
    "EW610": Code(ERROR, "a remote service is declared as external"),
    "EW621": Code(WARNING, "drained endpoints are still in the picture"),
    "EW622": Code(WARNING, "endpoints are not ready"),
    # 7: nodes and clients
    "EW701": Code(WARNING, "a node has no region or no zone"),
    "EW702": Code(INFO, "two nodes share a zone though their names count up"),
    "EW703": Code(INFO, "one cluster has a zone of the same name in two regions"),
    "EW704": Code(INFO, "a rule's locality is in several clusters"),
    "EW705": Code(WARNING, "clients without a locality"),
    # 8: gateways
    "EW801": Code(WARNING, "a gateway balances connections, not requests"),
    "EW802": Code(WARNING, "another network without a gateway"),
    "EW803": Code(ERROR, "endpoints cannot be reached through their gateway"),
    "EW804": Code(ERROR, "the cluster's own gateway sends imported traffic away again"),
    # 9: protocols and load balancing
    "EW901": Code(WARNING, "a port's name hides its protocol"),
    "EW902": Code(INFO, "the split is exact, but hosts are chosen at random"),
    "EW903": Code(ERROR, "PASSTHROUGH makes locality settings inert"),
    "EW904": Code(ERROR, "a service without load balancing makes locality settings inert"),
    "EW905": Code(INFO, "LEAST_REQUEST gives endpoints of greater weight less than their part"),
}


def finding(code: str, obj: str, field: str, *, message: str, effect: str, instead: str) -> Finding:
    """A finding with the severity of its code."""
    return Finding(code, CODES[code].severity, obj, field, message, effect, instead)
