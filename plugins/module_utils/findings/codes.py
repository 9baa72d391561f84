# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All codes, each with its severity and title. A code never changes its meaning.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils.findings.types import (
    ERROR,
    INFO,
    WARNING,
    Finding,
)


class Code(t.NamedTuple):
    severity: str
    title: str


CODES: t.Final[t.Mapping[str, Code]] = {
    # 2: distribute
    "EW201": Code(ERROR, "a weight of distribute is not 1 to 100"),
    "EW202": Code(ERROR, "the weights of distribute do not add up to 100"),
    "EW203": Code(ERROR, "keys of distribute cover the same localities"),
    "EW204": Code(ERROR, "distribute and failover in one setting"),
    "EW205": Code(ERROR, "two distribute rules are for the same clients"),
    "EW206": Code(ERROR, "a key has an asterisk in the wrong place"),
    "EW207": Code(ERROR, "a key has an empty part"),
    # 3: failover
    "EW301": Code(ERROR, "failover from a region to itself"),
    "EW302": Code(ERROR, "failover names more than a region"),
    "EW303": Code(ERROR, "failover has an asterisk"),
    "EW304": Code(ERROR, "failover without outlier detection"),
    "EW305": Code(ERROR, "failover beside failoverPriority with a locality label"),
    "EW306": Code(ERROR, "localityLbSetting beside zoneAwareLbSetting"),
    "EW307": Code(ERROR, "zoneAwareLbSetting compares a locality label"),
    # 5: which rule counts, and for what
    "EW501": Code(ERROR, "a rule's host is no service"),
    "EW502": Code(ERROR, "a rule's host is neither short nor fully qualified"),
}


def finding(code: str, obj: str, field: str, *, message: str, effect: str, instead: str) -> Finding:
    """A finding with the severity of its code."""
    return Finding(code, CODES[code].severity, obj, field, message, effect, instead)
