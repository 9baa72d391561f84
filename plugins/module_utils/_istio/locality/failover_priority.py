# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``failoverPriority``: priorities by labels that match the client's."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import NETWORK
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover import compact
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.grouping import (
    Bucket,
    EndpointView,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.split_horizon import (
    MAX_WEIGHT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    NO_HOSTS,
    LocalityGroup,
    Summary,
)


class FailoverPriorityLabels(t.NamedTuple):
    """The labels to compare, with what each should be, in the order of their importance."""

    names: tuple[str, ...]
    expected: tuple[str, ...]
    # endpoints of other networks come after all of the client's, in the same order
    network_first: bool


def read_entries(entries: t.Sequence[str], client: t.Mapping[str, str]) -> FailoverPriorityLabels:
    """Read ``label`` (compared with the client's) and ``label=value``."""
    names: list[str] = []
    overrides: dict[str, str] = {}
    for entry in entries:
        name, *values = entry.split("=")
        names.append(name)
        if len(values) == 1:
            overrides[name] = values[0]
    expected = tuple(overrides.get(name, client.get(name, "")) for name in names)
    return FailoverPriorityLabels(tuple(names), expected, bool(entries) and entries[0] == NETWORK)


def priority_of(values: t.Sequence[str], compared: FailoverPriorityLabels) -> tuple[int, str]:
    """Return the raw priority of endpoints whose labels have these values, and why."""
    count = len(compared.names)
    offset, prefix = 0, ""
    for index, (name, expected) in enumerate(zip(compared.names, compared.expected, strict=True)):
        if values[index] == expected:
            continue
        if index == 0 and compared.network_first:
            offset, prefix = count, f"in another network ({values[index] or 'none'}); "
            continue
        found = values[index] or "nothing"
        return offset + count - index, f"{prefix}{name} is {found}, not {expected or 'nothing'}"
    return offset, prefix + f"all of {', '.join(compared.names)} match"


def by_labels(
    view: EndpointView, entries: t.Sequence[str], client: t.Mapping[str, str]
) -> tuple[LocalityGroup, ...]:
    """Split each group by priority. A client without any label leaves everything as it is."""
    if not client:
        return view.groups
    compared = read_entries(entries, client)
    split: list[tuple[int, LocalityGroup]] = []
    for group, buckets in zip(view.groups, view.by_labels(compared.names), strict=True):
        split.extend(_split(group, buckets, compared))
    return compact(split)


def _split(
    group: LocalityGroup, buckets: t.Iterable[Bucket], compared: FailoverPriorityLabels
) -> t.Iterator[tuple[int, LocalityGroup]]:
    parts: defaultdict[int, list[Bucket]] = defaultdict(list)
    reasons: dict[int, str] = {}
    for bucket in buckets:
        priority, why = priority_of(bucket.values, compared)
        parts[priority].append(bucket)
        reasons.setdefault(priority, why)
    for priority in sorted(parts):
        summary = NO_HOSTS
        for bucket in parts[priority]:
            summary = summary.plus(bucket.summary)
        yield priority, _part(group, parts[priority], summary, reasons[priority])


def _part(
    group: LocalityGroup, buckets: t.Sequence[Bucket], summary: Summary, reason: str
) -> LocalityGroup:
    members = (endpoint for bucket in buckets for endpoint in bucket.endpoints)
    return replace(
        group,
        weight=min(summary.weight, MAX_WEIGHT),
        # one bucket's tuple is used as it is: nothing is copied for the usual, uniform group
        endpoints=buckets[0].endpoints if len(buckets) == 1 else tuple(members),
        reason=reason,
        summary=summary,
    )
