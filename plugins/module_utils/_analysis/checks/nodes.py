# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the localities of nodes and clients."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    INFO,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_references import (
    locality_references,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    ANY,
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    label_locality,
    node_locality,
)

_CONTROL_PLANE = (well_known.CONTROL_PLANE_ROLE, "node-role.kubernetes.io/master")
_NUMBER = re.compile(r"(\d+)$")


NODE_WITHOUT_LABELS = FindingType(
    "EW701",
    WARNING,
    "a node has no region or no zone",
    explanation=(
        "Pods on the node have no region or no zone. Rules by locality do not find them, and "
        "clients there prefer nobody. Labels that come later are noticed only when the pods "
        "start anew."
    ),
    cure="Both labels, before anything is deployed.",
)


def nodes_without_labels(context: AnalysisContext) -> t.Iterator[Finding]:
    for cluster in context.clusters:
        nodes = cluster.objects("Node")
        for node in nodes:
            missing = _missing(node)
            if not missing:
                continue
            pods = _pods_on(context, cluster, node)
            if _is_control_plane(node) and not pods:
                continue
            example = _example(node, nodes)
            yield NODE_WITHOUT_LABELS.finding(
                _title(node),
                f'metadata.labels["{missing[0]}"]',
                message=f"the node has no label {listed(missing)}",
                effect=f"{_pod_names(pods)} counts as outside of every "
                f"{'region' if well_known.REGION in missing else 'zone'}: rules by locality do not "
                "find it, and without a region nothing near is preferred; labels that come after "
                "the pods are noticed only when the pods start anew",
                instead=snippets.block(
                    {"metadata": {"labels": {name: example[name] for name in missing}}},
                    remark="for example",
                ),
            )


SHARED_ZONE = FindingType(
    "EW702",
    INFO,
    "two nodes share a zone though their names count up",
    explanation=(
        "The names of a cluster's nodes count up with their zones, but for one, which shares a "
        "zone with another node: a slip in a table, perhaps."
    ),
    cure="The zone that the name suggests, if it is a slip.",
)


def nodes_sharing_a_zone(context: AnalysisContext) -> t.Iterator[Finding]:
    """Nodes whose names count up with their zones, but for one."""
    for cluster in context.clusters:
        nodes = [
            (node, parse_locality(node_locality(labels_of(node))))
            for node in cluster.objects("Node")
            if not _is_control_plane(node)
        ]
        for node, place in nodes:
            suggested = _counted_zone(node, place)
            twins = [
                name_of(each)
                for each, other in nodes
                if other[:2] == place[:2] and each is not node
            ]
            if suggested is None or not twins:
                continue
            if not _pattern_holds(nodes, node) or any(
                other[:2] == (place.region, suggested) for _unused, other in nodes
            ):
                continue
            yield SHARED_ZONE.finding(
                _title(node),
                f'metadata.labels["{well_known.ZONE}"]',
                message=f"{name_of(node)} and {listed(twins)} are both in {place.region}/"
                f"{place.zone}, while the other nodes' zones count up with their names",
                effect=f"to every rule they are one place, and there is no {place.region}/{suggested}",
                instead=snippets.block(
                    {"metadata": {"labels": {well_known.ZONE: suggested}}}, remark="if it is a slip"
                ),
            )


ZONE_IN_TWO_REGIONS = FindingType(
    "EW703",
    INFO,
    "one cluster has a zone of the same name in two regions",
    explanation=(
        "One cluster has a zone of the same name in two regions. To rules these are different "
        "places."
    ),
    cure="Nothing, if that is so.",
)


def zones_in_two_regions(context: AnalysisContext) -> t.Iterator[Finding]:
    """Find zones of one cluster that have one name in two regions."""
    for cluster in context.clusters:
        found: dict[str, dict[str, KubernetesObject]] = {}
        for node in cluster.objects("Node"):
            place = parse_locality(node_locality(labels_of(node)))
            if place.zone:
                found.setdefault(place.zone, {}).setdefault(place.region, node)
        for zone, regions in found.items():
            if len(regions) < 2:
                continue
            yield ZONE_IN_TWO_REGIONS.finding(
                _title(list(regions.values())[-1]),
                f'metadata.labels["{well_known.REGION}"]',
                message=f"cluster {cluster.name} has {zone} in regions {listed(sorted(regions))}",
                effect="to rules by locality these are different places, only failoverPriority by "
                "zone alone takes them for one",
                instead=snippets.remark("nothing, if the zones are really in different regions"),
            )


LOCALITY_IN_SEVERAL_CLUSTERS = FindingType(
    "EW704",
    INFO,
    "a rule's locality is in several clusters",
    explanation=(
        "The locality that a rule names is in several clusters. To the rule they are one place: "
        "it cannot divide between them or fail over from one to the other."
    ),
    cure="Regions of their own; or `failoverPriority: [topology.istio.io/cluster]`.",
    testable=False,
)


def shared_localities(context: AnalysisContext) -> t.Iterator[Finding]:
    """Rules cannot tell clusters apart that are at one locality."""
    for at in readable(context):
        for name in locality_references(at.raw):
            if ANY in name.text.split("/")[:2]:
                continue
            pattern = Locality(name.text) if name.part == "failover" else parse_locality(name.text)
            here = {
                cluster
                for place, clusters in context.observed_localities.items()
                if matches(pattern, place)
                for cluster in clusters
            }
            if len(here) < 2:
                continue
            yield LOCALITY_IN_SEVERAL_CLUSTERS.finding(
                at.object,
                f"{at.path}.{name.field}",
                message=f"{name.text} is in clusters {listed(sorted(here))}",
                effect="localities are compared as text: to the rule these clusters are one place, "
                "and requests are not divided and do not fail over between them by this name",
                instead=snippets.block(
                    {"failoverPriority": [well_known.CLUSTER]},
                    remark="nothing, if they are one place; clusters are told apart by",
                ),
            )


CLIENT_WITHOUT_LOCALITY = FindingType(
    "EW705",
    WARNING,
    "clients without a locality",
    explanation=(
        "A client has no region: it matches no rule but those from `*`, and endpoints without a "
        "locality count as its nearest."
    ),
    cure="Label its node, then restart it.",
    testable=False,
)


def clients_without_locality(context: AnalysisContext) -> t.Iterator[Finding]:
    """A client without a locality matches no rule."""
    for at in readable(context):
        if at.rule is None or at.policy is None:
            continue
        lost = [
            case.origin
            for case in context.cases_of(at.rule, at.policy)
            if case.origin.real and not case.origin.locality.region
        ]
        if not lost:
            continue
        names = listed(sorted({name for origin in lost for name in origin.names})) or "a client"
        yield CLIENT_WITHOUT_LOCALITY.finding(
            at.object,
            at.path,
            message=f"{names} has no region",
            effect="no rule by locality is for it but those from *; endpoints without a locality "
            "count as its nearest",
            instead=snippets.block(
                {"metadata": {"labels": {well_known.REGION: "east", well_known.ZONE: "zone1"}}},
                remark="on the client's node, for example; then restart the client",
            ),
        )


CHECKS = (
    nodes_without_labels,
    nodes_sharing_a_zone,
    zones_in_two_regions,
    shared_localities,
    clients_without_locality,
)


def _title(node: KubernetesObject) -> str:
    return f"Node {name_of(node)}"


def _missing(node: KubernetesObject) -> list[str]:
    place = parse_locality(node_locality(labels_of(node)))
    return [
        name
        for name, value in ((well_known.REGION, place.region), (well_known.ZONE, place.zone))
        if not value
    ]


def _is_control_plane(node: KubernetesObject) -> bool:
    return any(label in labels_of(node) for label in _CONTROL_PLANE)


def _pods_on(context: AnalysisContext, cluster: ClusterState, node: KubernetesObject) -> list[str]:
    """The pods with a sidecar there whose own labels do not say where they are."""
    return [
        f"{namespace_of(pod)}/{name_of(pod)}"
        for pod in context.pods_by_node.get((cluster.name, name_of(node)), ())
        if proxies.proxy_role(pod) and label_locality(labels_of(pod)) is None
    ]


def _pod_names(pods: t.Sequence[str]) -> str:
    return listed(pods, most=3) if pods else "whatever runs there"


def _example(node: KubernetesObject, nodes: t.Sequence[KubernetesObject]) -> dict[str, str]:
    """The labels of a node in the same cluster."""
    places = [parse_locality(node_locality(labels_of(each))) for each in (node, *nodes)]
    region = next((each.region for each in places if each.region), "east")
    zone = next((each.zone for each in places if each.zone), "zone1")
    return {well_known.REGION: region, well_known.ZONE: zone}


def _counted_zone(node: KubernetesObject, place: Locality) -> str | None:
    """The zone that the number at the end of the node's name suggests, if it is another."""
    number, own = _NUMBER.search(name_of(node)), _NUMBER.search(place.zone)
    if number is None or own is None or int(number[1]) == int(own[1]):
        return None
    return f"{place.zone[: own.start()]}{number[1]}"


def _pattern_holds(
    nodes: t.Sequence[tuple[KubernetesObject, Locality]], odd: KubernetesObject
) -> bool:
    """Do all other nodes' zones count up with their names?"""
    others = [(node, place) for node, place in nodes if node is not odd]
    return len(others) > 1 and all(
        _NUMBER.search(name_of(node)) and place.zone and _counted_zone(node, place) is None
        for node, place in others
    )
