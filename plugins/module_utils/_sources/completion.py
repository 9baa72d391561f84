# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clusters have beside the objects that were given.

Whoever may read one namespace has no nodes, a repository has no pods. What is missing is no fact
about the cluster: it is filled in in two different ways, and only what holds either way counts.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateway_listeners import (
    without_proxies,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_bindings import (
    gateway_bindings,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.missing_objects import (
    imagined_nodes,
    imagined_pods,
    imagined_services,
    localities,
    nodes_unknown,
    services_without_workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.simulated_pods import (
    PodSimulator,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import ObjectKey

Objects: t.TypeAlias = list[KubernetesObject]

# how many ways of filling in what is missing are compared: one for each locality, within these bounds
_FEWEST, _MOST = 2, 4
# the release in the name of istiod's image
_TAG = re.compile(r":(\d+\.\d+(?:\.\d+)?)")


@dataclass(slots=True)
class Completion:
    """Complete clusters: one way where enough is known, else several."""

    ways: list[dict[str, Objects]]
    # what was given, by cluster
    given: dict[str, frozenset[ObjectKey]]
    # what was not given and is assumed, by cluster
    notes: dict[str, list[str]] = field(default_factory=dict)
    # what the localities of endpoints, or the endpoints themselves, depend on and is not known
    unknown: dict[str, list[str]] = field(default_factory=dict)


def complete(
    clusters: t.Mapping[str, t.Sequence[KubernetesObject]],
    facts: t.Mapping[str, t.Container[str]] | None = None,
) -> Completion:
    """Fill in what the objects of each cluster lack.

    ``facts`` are the kinds of which every object of a cluster is given.
    """
    given = {
        name: frozenset((obj["kind"], namespace_of(obj), name_of(obj)) for obj in objects)
        for name, objects in clusters.items()
    }
    found = Completion([], given)
    connected = _connected(clusters, facts or {}, found)
    named = max((len(localities(ClusterState(*each))) for each in connected.items()), default=0)
    ways = min(max(named, _FEWEST), _MOST) + 1
    for way in range(ways):
        turn = None if way == ways - 1 else way
        made = {
            name: _complete(
                ClusterState(name, objects),
                objects,
                index,
                turn,
                (facts or {}).get(name, ()),
                found,
            )
            for index, (name, objects) in enumerate(connected.items())
        }
        found.ways.append(made)
        if not any(found.unknown.values()):
            break
    return found


def _complete(
    state: ClusterState,
    objects: t.Sequence[KubernetesObject],
    index: int,
    turn: int | None,
    facts: t.Container[str],
    found: Completion,
) -> Objects:
    simulator = PodSimulator(state, index)
    result = [*objects, *(() if "Pod" in facts else simulator.pods())]
    unknown = []
    services = [] if "Service" in facts else imagined_services(state)
    if services:
        unknown.append("no Services were given: the hosts of rules are taken for services")
        result += services
    known = ClusterState(state.name, result)
    lonely = [] if "Pod" in facts else services_without_workloads(known)
    if "Node" not in facts and nodes_unknown(known):
        unknown.append("no Nodes were given: the localities of pods are unknown")
    if lonely:
        names = _listed(sorted(map(_title, lonely)))
        unknown.append(f"no workloads were given for {names}: their endpoints are unknown")
    if unknown:
        places = _places(localities(known), index, turn)
        result += imagined_nodes(known, places)
        result += imagined_pods(known, lonely, simulator.addresses, places, 1 + (turn or 0))
    if turn == 0:
        notes = [f"no node takes the pods: {each}" for each in simulator.unscheduled.values()]
        found.notes.setdefault(state.name, []).extend((*notes, *_assumptions(state, facts)))
        found.unknown[state.name] = unknown
    return result


def _places(named: t.Sequence[str], index: int, turn: int | None) -> list[str]:
    """All localities that are named, in another order each turn; without a turn a single one."""
    if turn is None:
        return [named[index % len(named)]]
    start = turn % len(named)
    return [*named[start:], *named[:start]]


def _assumptions(state: ClusterState, facts: t.Container[str]) -> t.Iterator[str]:
    """What is assumed of a cluster whose own settings were not given."""
    if "ConfigMap" not in facts and not state.has_mesh_settings:
        yield "no mesh settings (ConfigMap istio-system/istio) were given: Istio's defaults are assumed"
    yield _release(state)
    spaces = {namespace_of(obj) for kind in well_known.WORKLOADS for obj in state.objects(kind)}
    pods = {namespace_of(pod) for pod in state.objects("Pod")}
    unknown = sorted(each for each in spaces - pods if state.get("Namespace", each) is None)
    if unknown:
        yield f"no Namespace was given for {_listed(unknown)}: sidecar injection is assumed"
    pod_labels = [(namespace_of(pod), labels_of(pod)) for pod in state.objects("Pod")]
    for kind in well_known.WORKLOADS:
        for each in state.objects(kind):
            template = spec_of(each).get("template") or {}
            pod_labels.append((namespace_of(each), labels_of(template)))
    if lonely := without_proxies(state, pod_labels):
        yield f"no pods of Gateway {_listed(lonely)} are known: forecasts for its clients are missing"
    missing = {
        each.full_name
        for each in gateway_bindings(state)
        if each.gateway is None and not (each.namesakes or each.is_decided)
    }
    if missing:
        yield (
            f"no Gateway {_listed(sorted(missing))} was given, which VirtualServices name: whether "
            "requests reach their routes is unknown"
        )


def _release(state: ClusterState) -> str:
    """Say which release of Istio everything is computed as, and which one runs, as far as that is known."""
    root = well_known.ROOT_NAMESPACE
    tags = {
        match[1]
        for workload in state.objects("Deployment", root)
        if labels_of(workload).get("app") == "istiod"
        for container in _containers(workload)
        if (match := _TAG.search(str(container.get("image") or "")))
    }
    known = sorted(tags)
    modelled = well_known.MODELLED_ISTIO
    if not known:
        return f"Istio {modelled} is assumed: no Deployment of istiod was given"
    if all(each.startswith(f"{modelled}.") or each == modelled for each in known):
        return f"Istio {_listed(known)}"
    return f"Istio {_listed(known)} runs here; computed is what {modelled} does, other releases may differ"


def _containers(workload: KubernetesObject) -> t.Sequence[t.Mapping[str, t.Any]]:
    template = spec_of(workload).get("template") or {}
    return (template.get("spec") or {}).get("containers") or ()


def _connected(
    clusters: t.Mapping[str, t.Sequence[KubernetesObject]],
    facts: t.Mapping[str, t.Container[str]],
    found: Completion,
) -> dict[str, t.Sequence[KubernetesObject]]:
    """Take clusters for one mesh where nothing says which see each other."""
    states = {name: ClusterState(name, objects) for name, objects in clusters.items()}
    known = any(state.remote_clusters for state in states.values())
    if known or len(clusters) < 2:
        return dict(clusters)
    result = dict(clusters)
    for name, state in states.items():
        others = {
            other.name
            for other in states.values()
            if other is not state and _may_share_a_mesh(state, other, facts)
        }
        if others:
            note = f"no remote secrets were given: {_listed(sorted(others))} is taken to be in the same mesh"
            result[name] = [*clusters[name], _remotes(others)]
        else:
            note = "no remote secrets connect it: it is a mesh of its own"
        found.notes.setdefault(name, []).append(note)
    return result


def _may_share_a_mesh(
    one: ClusterState, other: ClusterState, facts: t.Mapping[str, t.Container[str]]
) -> bool:
    """Return whether secrets that were not given may connect them: they were not read, and no mesh ID differs."""
    if all("Secret" in facts.get(state.name, ()) for state in (one, other)):
        return False
    settings = one.has_mesh_settings and other.has_mesh_settings
    return not settings or one.mesh_id == other.mesh_id


def _remotes(others: t.Iterable[str]) -> KubernetesObject:
    labels = {well_known.REMOTE_CLUSTERS: "true"}
    meta = {"name": "assumed", "namespace": well_known.ROOT_NAMESPACE, "labels": labels}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta,
        "data": dict.fromkeys(others, ""),
    }


def _title(service: KubernetesObject) -> str:
    return f"{namespace_of(service)}/{name_of(service)}"


def _listed(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
