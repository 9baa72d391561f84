# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings of the analysis, and the types that checks define them by."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

# requests fail, istiod refuses or is undecided, or the rule does not do what it says
ERROR = "error"
# it works, but otherwise than it seems, or not in the moment it is made for
WARNING = "warning"
# worth knowing, and possibly meant that way
INFO = "info"

_IN_CLUSTER = " of cluster "

SEVERITIES = (ERROR, WARNING, INFO)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a rule, a workload or a node."""

    # stable, such as EW304; docs/findings.md explains each
    code: str
    severity: str
    # kind and name, such as DestinationRule sample/helloworld
    object: str
    # path in the object, such as spec.trafficPolicy.outlierDetection
    field: str
    # what is the case
    message: str
    # what will happen
    effect: str
    # YAML to write in its place; remarks in it are comments
    instead: str

    def as_dict(self) -> dict[str, str]:
        return t.cast("dict[str, str]", asdict(self))

    @property
    def sort_key(self) -> tuple[int, str, str, str, str, str]:
        """The gravest first, then by object."""
        rank = SEVERITIES.index(self.severity)
        return (rank, self.object, self.code, self.field, self.message, self.effect)


@dataclass(frozen=True, slots=True)
class FindingType:
    """A kind of finding, as its check defines it and docs/findings.md explains it.

    A code never changes its meaning.
    """

    code: str
    severity: str
    title: str
    explanation: str
    cure: str
    # False where the cure is for another object, or changes what the rule is to do
    testable: bool = True
    # is it that the API server or the webhook refuses the object?
    refusal: bool = False

    def finding(self, obj: str, field: str, *, message: str, effect: str, instead: str) -> Finding:
        """A finding of this type in one field of an object."""
        return Finding(self.code, self.severity, obj, field, message, effect, instead)


def object_title(kind: str, namespace: str, name: str) -> str:
    """Return what findings call an object: ``Kind namespace/name``, or ``Kind name``."""
    return f"{kind} {namespace}{'/' if namespace else ''}{name}"


def first_index(field: str) -> int:
    """Return the first index in a field's path: 2 of ``spec.http[2].route[0]``."""
    return int(field.partition("[")[2].partition("]")[0])


def title_in_cluster(title: str, cluster: str) -> str:
    """Return what findings about one cluster call an object of another."""
    return f"{title}{_IN_CLUSTER}{cluster}"


def split_title(title: str, local: str) -> tuple[str, str]:
    """Return an object's title in its own cluster, and that cluster."""
    own, found, cluster = title.partition(_IN_CLUSTER)
    return own, cluster if found else local
