# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes and clients: where everything is said to be. Private to this collection."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rule_names import named
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

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_NUMBER = re.compile(r"(\d+)$")


def without_labels(facts: AnalysisContext) -> t.Iterator[Finding]:
    for cluster in facts.clusters:
        nodes = cluster.objects("Node")
        for node in nodes:
            missing = _missing(node)
            if not missing:
                continue
            pods = _pods_on(facts, cluster, node)
            if _is_control_plane(node) and not pods:
                continue
            example = _example(node, nodes)
            yield finding(
                "EW701",
                _title(node),
                f'metadata.labels["{missing[0]}"]',
                message=f"the node has no label {listed(missing)}",
                effect=f"{_who(pods)} counts as outside of every "
                f"{'region' if well_known.REGION in missing else 'zone'}: rules by locality do not "
                "find it, and without a region nothing near is preferred; labels that come after "
                "the pods are noticed only when the pods start anew",
                instead=snippets.block(
                    {"metadata": {"labels": {name: example[name] for name in missing}}},
                    remark="for example",
                ),
            )


def same_zone_twice(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Nodes whose names count up with their zones, but for one."""
    for cluster in facts.clusters:
        nodes = [
            (node, parse_locality(node_locality(labels_of(node))))
            for node in cluster.objects("Node")
            if not _is_control_plane(node)
        ]
        for node, place in nodes:
            wanted = _counted_zone(node, place)
            twins = [
                name_of(each)
                for each, other in nodes
                if other[:2] == place[:2] and each is not node
            ]
            if wanted is None or not twins:
                continue
            if not _pattern_holds(nodes, node) or any(
                other[:2] == (place.region, wanted) for _unused, other in nodes
            ):
                continue
            yield finding(
                "EW702",
                _title(node),
                f'metadata.labels["{well_known.ZONE}"]',
                message=f"{name_of(node)} and {listed(twins)} are both in {place.region}/"
                f"{place.zone}, while the other nodes' zones count up with their names",
                effect=f"to every rule they are one place, and there is no {place.region}/{wanted}",
                instead=snippets.block(
                    {"metadata": {"labels": {well_known.ZONE: wanted}}}, remark="if it is a slip"
                ),
            )


def zones_twice(facts: AnalysisContext) -> t.Iterator[Finding]:
    """One cluster, one zone name, two regions."""
    for cluster in facts.clusters:
        found: dict[str, dict[str, KubernetesObject]] = {}
        for node in cluster.objects("Node"):
            place = parse_locality(node_locality(labels_of(node)))
            if place.zone:
                found.setdefault(place.zone, {}).setdefault(place.region, node)
        for zone, regions in found.items():
            if len(regions) < 2:
                continue
            yield finding(
                "EW703",
                _title(list(regions.values())[-1]),
                f'metadata.labels["{well_known.REGION}"]',
                message=f"cluster {cluster.name} has {zone} in regions {listed(sorted(regions))}",
                effect="to rules by locality these are different places, only failoverPriority by "
                "zone alone takes them for one",
                instead=snippets.remark("nothing, if the zones are really in different regions"),
            )


def shared_places(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Rules cannot tell clusters apart that are at one locality."""
    for at in readable(facts):
        for name in named(at.raw):
            if ANY in name.text.split("/")[:2]:
                continue
            pattern = Locality(name.text) if name.part == "failover" else parse_locality(name.text)
            here = {
                cluster
                for place, clusters in facts.real_localities.items()
                if matches(pattern, place)
                for cluster in clusters
            }
            if len(here) < 2:
                continue
            yield finding(
                "EW704",
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


def clients_nowhere(facts: AnalysisContext) -> t.Iterator[Finding]:
    """A client without a locality matches no rule."""
    for at in readable(facts):
        if at.rule is None or at.policy is None:
            continue
        lost = [
            case.origin
            for case in facts.cases_of(at.rule, at.policy)
            if case.origin.real and not case.origin.locality.region
        ]
        if not lost:
            continue
        who = listed(sorted({name for origin in lost for name in origin.names})) or "a client"
        yield finding(
            "EW705",
            at.object,
            at.path,
            message=f"{who} has no region",
            effect="no rule by locality is for it but those from *; endpoints without a locality "
            "count as its nearest",
            instead=snippets.block(
                {"metadata": {"labels": {well_known.REGION: "east", well_known.ZONE: "zone1"}}},
                remark="on the client's node, for example; then restart the client",
            ),
        )


CHECKS = (without_labels, same_zone_twice, zones_twice, shared_places, clients_nowhere)


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


def _pods_on(facts: AnalysisContext, cluster: ClusterState, node: KubernetesObject) -> list[str]:
    """The pods with a sidecar there whose own labels do not say where they are."""
    return [
        f"{namespace_of(pod)}/{name_of(pod)}"
        for pod in facts.pods_by_node.get((cluster.name, name_of(node)), ())
        if proxies.proxy_role(pod) and label_locality(labels_of(pod)) is None
    ]


def _who(pods: t.Sequence[str]) -> str:
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
