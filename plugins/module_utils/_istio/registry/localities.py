# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pods, WorkloadEntries and proxies are, as istiod determines it.

Localities are kept as istiod's raw strings: a pod's always has three parts when its node has any
(``east/zone1/``), a WorkloadEntry's is what the user wrote.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known

Labels: t.TypeAlias = t.Mapping[str, str]


def label_locality(labels: Labels) -> str | None:
    """Return the locality that a label overrides with, None without such a label."""
    for key in (well_known.LOCALITY, well_known.LEGACY_LOCALITY):
        if key in labels:
            # dots stand for slashes because a label value cannot hold a slash
            value = labels[key]
            return value if "/" in value else value.replace(".", "/")
    return None


def node_locality(node_labels: Labels) -> str:
    region = node_labels.get(well_known.REGION) or node_labels.get(well_known.LEGACY_REGION) or ""
    zone = node_labels.get(well_known.ZONE) or node_labels.get(well_known.LEGACY_ZONE) or ""
    subzone = node_labels.get(well_known.SUBZONE) or ""
    return f"{region}/{zone}/{subzone}" if region or zone or subzone else ""


def pod_locality(pod_labels: Labels, node_labels: Labels | None) -> str:
    """``node_labels`` is None when the pod's node is not known."""
    override = label_locality(pod_labels)
    if override is not None:
        return override
    return node_locality(node_labels) if node_labels is not None else ""


def entry_locality(declared: str | None, labels: Labels) -> str:
    """Return the locality of a WorkloadEntry or of an endpoint written into a ServiceEntry."""
    if declared:
        return declared
    return label_locality(labels) or ""


def proxy_locality(labels: Labels) -> str:
    """Return a proxy's own locality from the labels that ``topology_labels`` returned."""
    parts = [labels.get(key) for key in well_known.LOCALITY_LABELS]
    if any(part is not None for part in parts):
        return "/".join(part or "" for part in parts)
    # istiod does not turn dots into slashes here
    for key in (well_known.LOCALITY, well_known.LEGACY_LOCALITY):
        if labels.get(key):
            return labels[key]
    return ""


def topology_labels(
    labels: Labels, *, locality: str, cluster: str, network: str, node: str = ""
) -> dict[str, str]:
    """Return the labels plus those that istiod adds to every endpoint and proxy."""
    result = dict(labels)
    parts = locality.split("/")
    named = zip(well_known.LOCALITY_LABELS, parts, strict=False)
    result.update({key: part for key, part in named if part})
    if cluster:
        result[well_known.CLUSTER] = cluster
    if node:
        result[well_known.HOSTNAME] = node
    if network:
        result.setdefault(well_known.NETWORK, network)
    return result
