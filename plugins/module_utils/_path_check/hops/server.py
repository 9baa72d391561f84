# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last hop: the server's sidecar and its app. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops import (
    evidence as signs,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoint_routes import (
    EndpointRoute,
    ways,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoints import (
    described,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    NOT_REACHED,
    SERVER,
    Hop,
    PathFacts,
    Replica,
    Server,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record


def judge(facts: PathFacts, unsafe: t.Collection[str]) -> list[Hop]:
    """``unsafe`` are the places with which TLS does not come about."""
    return [_way(facts, way, unsafe) for way in ways(facts)]


def _way(facts: PathFacts, way: EndpointRoute, unsafe: t.Collection[str]) -> Hop:
    if isinstance(way.end, Replica):
        return _nobody(way.end)
    if isinstance(way.end, Server):
        hop = _state(way, way.end)
        if hop is not None:
            return hop
    if way.where in unsafe:
        return Hop(SERVER, None, way.where, NOT_REACHED)
    return _answer(facts, way)


def _nobody(replica: Replica) -> Hop:
    if not replica.chosen:
        return Hop(SERVER, None, replica.where, "the gateway leads nowhere, so nobody was asked")
    return Hop(
        SERVER,
        False,
        replica.where,
        "the gateway knows the service but has no endpoint for it",
        (f"{replica.chosen} has no endpoint",),
        "scale the workload up, or compare the Service's selector with the pods' labels;"
        " a gateway sees the pods of its own network only",
    )


def _state(way: EndpointRoute, server: Server) -> Hop | None:
    """What can be said of the server without having heard of it."""
    where = server.where
    if server.drained:
        advice = "bring it back: module sidecar, state serving"
        return Hop(SERVER, False, where, "the server's sidecar is drained", (), advice)
    if server.silent:
        return Hop(SERVER, None, where, "the server cannot be looked into", (server.silent,))
    if not way.last.usable:
        detail = f"the endpoint is {way.last.known.health}"
        # the client's own endpoints are a hop of their own
        ok = None if way.last is way.first else False
        return Hop(SERVER, ok, where, detail, (described(way.last),))
    if server.has_sidecar and server.inbound is None:
        advice = "compare the Service's targetPort with the port of the container"
        detail = f"nothing listens at port {server.port} of the pod"
        return Hop(SERVER, False, where, detail, (), advice)
    return None


def _answer(facts: PathFacts, way: EndpointRoute) -> Hop:
    where = way.where
    evidence = (*signs.answers(facts), *signs.logged(facts))
    failed = [record for record in facts.records if record.failed]
    if way.gateways and way.last.refused:
        advice = "is the app or its sidecar up? compare the Service's targetPort with the app's"
        detail = "the pod does not accept connections"
        return Hop(SERVER, False, where, detail, (described(way.last), *evidence), advice)
    if way.first.refused:
        if way.gateways and way.first.requests and facts.answered:
            # not all ways to it are broken
            return Hop(SERVER, True, where, "the app answers", evidence)
        return _refused(facts, way, evidence)
    if not way.first.requests:
        return Hop(SERVER, None, where, "no request went here")
    if not failed or _somebody_elses(facts, way, failed):
        return Hop(SERVER, True, where, "the app answers", evidence)
    return _failed(facts, way, evidence)


def _somebody_elses(facts: PathFacts, way: EndpointRoute, failed: t.Sequence[Record]) -> bool:
    """Whether other endpoints gave the answers that are errors; only those of 500 on are counted."""
    counted = any(each.errors for reached in facts.reached for each in reached.endpoints)
    return counted and not way.first.errors and all(record.status >= 500 for record in failed)


def _refused(facts: PathFacts, way: EndpointRoute, evidence: tuple[str, ...]) -> Hop:
    nobody = way.end is None or way.gateways or signs.tls_trouble(facts, way.reached)
    if nobody:
        return Hop(SERVER, None, way.where, NOT_REACHED)
    advice = "is the pod up, and its sidecar serving? compare the Service's targetPort"
    detail = "the pod does not accept connections"
    return Hop(SERVER, False, way.where, detail, (described(way.first), *evidence), advice)


def _failed(facts: PathFacts, way: EndpointRoute, evidence: tuple[str, ...]) -> Hop:
    first = next(record for record in facts.records if record.failed)
    statuses = ", ".join(sorted({str(r.status) for r in facts.records if r.failed}))
    if first.status == 403 and "RBAC" in first.body:
        detail = "the server's sidecar denies access (403 RBAC)"
        advice = "look at the AuthorizationPolicies of the server, and which identity they allow"
    elif first.status == 0:
        detail = f"no answer: {first.error}"
        advice = "is the app slow or stuck? a larger timeout would tell"
    elif first.status == 504 and signs.by_proxy(first.body):
        detail = "no answer in time (504)"
        advice = "is the app slow or stuck? look at the timeout of the VirtualService"
    elif signs.cut_off(facts):
        detail = "the server ends the connection before it answers"
        advice = (
            "look for a crash of the app, and whether the server accepts the client's certificate:"
            " its root, its trust domain; name the server's cluster in peers for more"
        )
    elif signs.by_proxy(first.body):
        detail = f"the server's sidecar gets no answer from the app ({statuses})"
        advice = "is the app listening at the port that the Service's targetPort names?"
    else:
        detail = f"the request arrives, and the app answers {statuses}"
        advice = "the path works: look at the URL's path and method, or into the app"
    return Hop(SERVER, False, way.where, detail, evidence, advice)
