# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fourth hop: gateways, which pass TLS on by its server name. Private to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops import (
    evidence as signs,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoints import (
    counted,
    described,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    GATEWAY,
    ClusterHop,
    Endpoint,
    Gateway,
    Hop,
    PathFacts,
    Replica,
    grown,
)

_MOST_NAMES = 8


def judge(facts: PathFacts) -> list[Hop]:
    return [
        hop
        for reached in facts.reached
        for endpoint in reached.endpoints
        for hop in _endpoint(facts, reached, endpoint)
    ]


def _endpoint(facts: PathFacts, reached: ClusterHop, endpoint: Endpoint) -> t.Iterator[Hop]:
    if not endpoint.looked:
        if endpoint.refused:
            detail = "connections fail, and this endpoint is one of too many to be looked into"
            yield Hop(GATEWAY, None, endpoint.address, detail, _observed(facts, endpoint))
    elif endpoint.beyond is None:
        yield _unseen(facts, reached, endpoint)
    elif isinstance(endpoint.beyond, Gateway):
        yield from _gateway(facts, reached, endpoint, endpoint.beyond)


def _gateway(
    facts: PathFacts, reached: ClusterHop, endpoint: Endpoint, gateway: Gateway
) -> t.Iterator[Hop]:
    hops = [
        _replica(facts, reached, endpoint, gateway.port, replica) for replica in gateway.replicas
    ]
    if not hops:
        yield _no_pod(endpoint, gateway)
    elif all(hop.ok for hop in hops) and _lost_before(endpoint, gateway):
        yield _lost(facts, endpoint, gateway)
    else:
        yield from (_counted(hop, hops) for hop in hops)
    for replica in gateway.replicas:
        for each in replica.endpoints:
            if isinstance(each.beyond, Gateway):
                yield from _gateway(facts, reached, each, each.beyond)


def _counted(hop: Hop, hops: t.Sequence[Hop]) -> Hop:
    """Says how many pods of the gateway fail like this one, where that is not all of them."""
    alike = sum(each.detail == hop.detail for each in hops)
    if hop.ok is not False or alike == len(hops):
        return hop
    return dataclasses.replace(hop, detail=f"{alike} of {len(hops)} pods: {hop.detail}")


def _no_pod(endpoint: Endpoint, gateway: Gateway) -> Hop:
    return Hop(
        GATEWAY,
        False,
        gateway.where,
        f"no gateway pod that is ready is behind {endpoint.address}",
        (),
        "scale the gateway up, look why its pods are not ready, or compare its Service's selector"
        " with their labels",
    )


def _lost(facts: PathFacts, endpoint: Endpoint, gateway: Gateway) -> Hop:
    return Hop(
        GATEWAY,
        False,
        gateway.where,
        f"connections to {endpoint.address} do not arrive at the gateway",
        _observed(facts, endpoint),
        f"check networks, firewalls and the load balancer between here and {endpoint.address}",
    )


def _replica(
    facts: PathFacts, reached: ClusterHop, endpoint: Endpoint, port: int, replica: Replica
) -> Hop:
    where = replica.where
    wanted = reached.upstream.server_name if reached.upstream else ""
    if replica.silent:
        seen = _unseen(facts, reached, endpoint)
        return dataclasses.replace(seen, where=where, evidence=(replica.silent, *seen.evidence))
    if replica.drained:
        advice = "restart it (module sidecar)"
        return Hop(GATEWAY, False, where, "the gateway is drained: it accepts nothing", (), advice)
    if not replica.listens:
        advice = (
            f"expose the host with a Gateway that selects these pods, port {port},"
            " AUTO_PASSTHROUGH (role gateway, gateway_exposed_hosts)"
        )
        detail = f"nothing listens at port {port}: the gateway exposes nothing there"
        return Hop(GATEWAY, False, where, detail, _observed(facts, endpoint), advice)
    if endpoint.mtls is False:
        detail = "whether the gateway would pass it on cannot be told: it gets plain text"
        return Hop(GATEWAY, None, where, detail)
    if not replica.chosen:
        return _not_exposed(facts, endpoint, replica, wanted)
    return Hop(
        GATEWAY,
        True,
        where,
        "the gateway passes the server name on",
        (f"port {port}: {wanted} goes to {counted(len(replica.endpoints), 'endpoint')}",),
    )


def _not_exposed(facts: PathFacts, endpoint: Endpoint, replica: Replica, wanted: str) -> Hop:
    port, host = named(wanted)
    same_host = sorted(
        each_port for each_port, each_host in map(named, replica.server_names) if each_host == host
    )
    exposed = replica.server_names[:_MOST_NAMES]
    left = len(replica.server_names) - len(exposed)
    evidence = [f"asked for: {wanted or 'no server name'}"]
    evidence += [f"passed on: {name}" for name in exposed]
    evidence += [f"and {left} more"] if left else []
    resets = grown(replica.before, replica.after, "no_filter_chain_match")
    evidence += [f"no_filter_chain_match +{resets}"] if resets else []
    if same_host:
        ports = ", ".join(map(str, same_host))
        detail = f"the gateway does not pass on port {port} of {host}, only {ports}"
        advice = (
            f"add port {port} to the Service {host} in that cluster, or ask for port {ports}:"
            " a gateway knows the ports of the Service there"
        )
    else:
        detail = f"the gateway does not expose {host or 'what is asked for'}"
        advice = (
            f"add {host or 'the host'} to the hosts of its Gateway (role gateway,"
            " gateway_exposed_hosts), and see that the Service exists in that cluster under this"
            " very name"
        )
    evidence += _observed(facts, endpoint)
    return Hop(GATEWAY, False, replica.where, detail, tuple(evidence), advice)


def named(server_name: str) -> tuple[int, str]:
    """Port and host of Istio's server names."""
    parts = server_name.split("_.", 3)
    if len(parts) == 4 and parts[0] == "outbound" and parts[1].isdigit():
        return int(parts[1]), parts[3]
    return 0, server_name


def _lost_before(endpoint: Endpoint, gateway: Gateway) -> bool:
    """Whether the client's connections fail and the gateway's pods, which are fine, see none of them."""
    onward = [each for replica in gateway.replicas for each in replica.endpoints if each.usable]
    passed = sum(each.opened + each.refused for each in onward)
    return 0 < endpoint.opened <= endpoint.refused and bool(onward) and not passed


def _unseen(facts: PathFacts, reached: ClusterHop, endpoint: Endpoint) -> Hop:
    """An address that is nobody's in the clusters that were looked into."""
    where = endpoint.address
    evidence = (*_observed(facts, endpoint), *signs.tls_counters(reached))
    if signs.through(endpoint):
        detail = "requests come through, over a connection that existed before"
        if endpoint.opened:
            detail = "connections come through"
        return Hop(GATEWAY, True, where, detail, evidence)
    if not endpoint.refused:
        advice = "name its cluster in peers to have the gateway looked into"
        return Hop(GATEWAY, None, where, "no request went this way", (), advice)
    if signs.tls_trouble(facts, reached):
        return Hop(GATEWAY, True, where, "connections come through as far as TLS", evidence)
    if reached.more("upstream_cx_connect_timeout"):
        detail = "nobody answers at this address: connections time out"
        advice = "check networks, firewalls and the load balancer; is the gateway's address right?"
    elif signs.refused(facts):
        detail = "connections are refused: nothing listens at this address"
        advice = "see that the gateway runs and exposes anything at all at this port"
    else:
        detail = (
            "the connection ends before TLS is up: the gateway does not expose the host or port, or"
            " nothing runs behind it"
        )
        advice = (
            "name the gateway's cluster in peers for more; most often the host is not among the"
            " hosts of the Gateway there, or has another name or port"
        )
    return Hop(GATEWAY, False, where, detail, evidence, advice)


def _observed(facts: PathFacts, endpoint: Endpoint) -> tuple[str, ...]:
    return (*signs.answers(facts), *signs.logged(facts), described(endpoint))
