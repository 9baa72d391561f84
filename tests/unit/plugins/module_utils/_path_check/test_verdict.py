# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of paths that work and of those that do not."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    AccessLogEntry,
    EnvoyCluster,
    Inbound,
    Matcher,
    PathFacts,
    Route,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.verdict import (
    Verdict,
    evaluate,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check import (
    builders as b,
)

FAILED = b.answers(503, 503, 503)
EAST, WEST = Matcher("prefix", "spiffe://east.local/"), Matcher("prefix", "spiffe://west.local/")


def dead_end(**changes: t.Any) -> PathFacts:
    """All connections to the gateway fail, which has something to say of it."""
    broken = b.endpoint(b.gateway(**changes), new_connections=9, failed_connections=9)
    return b.facts(b.cluster_hop(broken), records=FAILED)


def unseen(
    log: str = "", *, grown: t.Mapping[str, int] | None = None, **counters: int
) -> PathFacts:
    """The same from the client's side: the gateway's cluster is not known."""
    endpoint = b.endpoint(None, **{"new_connections": 9, "failed_connections": 9, **counters})
    after = {f"cluster.{b.CLUSTER}.{name}": count for name, count in (grown or {}).items()}
    lines = [AccessLogEntry(("UF", "URX"), log)] if log else []
    return b.facts(b.cluster_hop(endpoint, after=after), records=FAILED, log=lines)


def client_cert_rejected(log: str = "", *, grown: t.Mapping[str, int] | None = None) -> PathFacts:
    """To a client, TLS 1.3 is complete before the server has looked at its certificate."""
    found = unseen(log, grown=grown, new_connections=3, failed_connections=0, requests=3)
    body = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
    return dataclasses.replace(found, records=b.answers(503, body=body))


def handshake(
    client: dict[str, str], server: dict[str, str], accepted: Matcher, records: t.Any = FAILED
) -> PathFacts:
    expected = (Matcher("exact", "spiffe://cluster.local/ns/sample/sa/httpbin"),)
    end = b.server(
        identity=b.identity("httpbin", **server), inbound=Inbound(True, False, (accepted,))
    )
    upstream = EnvoyCluster(b.CLUSTER, "EDS", "matched", b.SNI, expected)
    path = b.cluster_hop(
        b.endpoint(b.behind(end), new_connections=9, failed_connections=9), upstream=upstream
    )
    return b.facts(path, identity=b.identity("sleep", **client), records=records)


def local(end: t.Any, **grown: int) -> PathFacts:
    """A server in the client's own cluster."""
    return b.facts(b.cluster_hop(b.endpoint(end, "10.10.0.7", 8080, **grown)), records=FAILED)


def answered(status: int, body: str) -> PathFacts:
    path = b.cluster_hop(
        b.endpoint(b.behind(), requests=3, new_connections=1, errors=status // 500)
    )
    return b.facts(path, records=b.answers(status, body=body))


ANY = Matcher("prefix", "spiffe://")
LOCAL = Matcher("prefix", "spiffe://cluster.local/")
CASES: dict[str, tuple[PathFacts, str, str]] = {
    "healthy": (b.healthy(), "ok", "ok: 3 of 3 requests were answered"),
    "no such name": (
        b.facts(addresses=(), route=Route("missing"), records=[]),
        "dns",
        f"the name {b.HOST} does not resolve",
    ),
    "a port that the sidecar does not know": (
        b.facts(route=Route("missing", ports=(8001,)), records=b.answers(0)),
        "route",
        f"the sidecar has no route for {b.HOST}:8000",
    ),
    "blocked": (
        b.facts(route=Route("blocked"), records=b.answers(502)),
        "route",
        "BlackHoleCluster",
    ),
    "out of the mesh, in vain": (
        b.facts(route=Route("passthrough"), records=FAILED),
        "route",
        "PassthroughCluster",
    ),
    "out of the mesh": (b.facts(route=Route("passthrough")), "ok", "ok: 3 of 3"),
    "a subset that is not defined": (
        b.facts(b.cluster_hop(upstream=None), records=FAILED),
        "endpoints",
        "which the sidecar does not have",
    ),
    "no endpoint": (
        b.facts(b.cluster_hop(), records=b.answers(503, body="no healthy upstream")),
        "endpoints",
        "has no endpoint",
    ),
    "a gateway whose host name does not resolve": (
        b.facts(
            b.cluster_hop(
                upstream=EnvoyCluster(
                    b.CLUSTER, "STRICT_DNS", "mtls", b.SNI, (), ("lb.example.com",)
                )
            ),
            records=FAILED,
        ),
        "endpoints",
        "cannot resolve the address of the endpoints: lb.example.com",
    ),
    "all ejected": (
        b.facts(b.cluster_hop(b.endpoint(b.behind(), health="ejected")), records=FAILED),
        "endpoints",
        "none of 1 endpoint can be used: ejected",
    ),
    "the gateway has no pods": (
        b.facts(
            b.cluster_hop(b.endpoint(b.replicas(), new_connections=9, failed_connections=9)),
            records=FAILED,
        ),
        "gateway",
        "no gateway pod that is ready is behind 192.0.2.1:15443",
    ),
    "the gateway is drained": (dead_end(drained=True), "gateway", "drained"),
    "the gateway exposes nothing": (
        dead_end(listens=False, server_names=(), chosen=""),
        "gateway",
        "nothing listens at port 15443",
    ),
    "the host is not exposed": (
        dead_end(server_names=("outbound_.5000_._.other.sample.svc.cluster.local",), chosen=""),
        "gateway",
        f"the gateway does not expose {b.HOST}",
    ),
    "the port is not exposed": (
        dead_end(server_names=(f"outbound_.9000_._.{b.HOST}",), chosen=""),
        "gateway",
        f"the gateway does not pass on port 8000 of {b.HOST}, only 9000",
    ),
    "connections do not arrive at the gateway": (
        b.facts(
            b.cluster_hop(
                b.endpoint(b.behind(new_connections=0), new_connections=3, failed_connections=3)
            ),
            records=FAILED,
        ),
        "gateway",
        "do not arrive at the gateway",
    ),
    "nobody behind the gateway": (
        dead_end(),
        "server",
        "the gateway knows the service but has no endpoint for it",
    ),
    "from outside: the connection is ended": (unseen(), "gateway", "ends before TLS is up"),
    "from outside: refused": (
        unseen("delayed_connect_error:_Connection_refused"),
        "gateway",
        "no gateway listens at this address",
    ),
    "from outside: timeout": (
        unseen(grown={"upstream_cx_connect_timeout": 3}),
        "gateway",
        "connections time out",
    ),
    "from outside: unknown root, counted": (
        unseen(grown={"ssl.fail_verify_error": 9}),
        "tls",
        "the client does not know the server's root",
    ),
    "from outside: unknown root, logged": (
        unseen("TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED"),
        "tls",
        "the client does not know the server's root",
    ),
    "from outside: wrong identity": (
        unseen(grown={"ssl.fail_verify_san": 9}),
        "tls",
        "the server's identity is not one that is accepted",
    ),
    "from outside: turned away, counted": (
        client_cert_rejected(grown={"ssl.connection_error": 3, "ssl.handshake": 3}),
        "tls",
        "the server does not accept the client's certificate",
    ),
    "from outside: turned away, logged": (
        client_cert_rejected(
            "TLS_error:|268436504:SSL_routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA"
        ),
        "tls",
        "the server does not accept the client's certificate",
    ),
    "from outside: cut off, nobody says why": (
        client_cert_rejected(),
        "server",
        "the server ends the connection before it answers",
    ),
    "two roots": (
        handshake({"trusted": "one", "root": "one"}, {"trusted": "two", "root": "two"}, LOCAL),
        "tls",
        "client and server do not know each other's root",
    ),
    "the server's bundle lacks the client's root": (
        handshake({"trusted": "one two", "root": "one"}, {"trusted": "two", "root": "two"}, LOCAL),
        "tls",
        "the server does not know the client's root",
    ),
    "the client's bundle lacks the server's root": (
        handshake({"trusted": "one", "root": "one"}, {"trusted": "one two", "root": "two"}, LOCAL),
        "tls",
        "the client does not know the server's root",
    ),
    "a trust domain without alias": (
        handshake({}, {"domain": "west.local"}, WEST),
        "tls",
        "the client is of trust domain cluster.local, the server of west.local, and the client",
    ),
    "a trust domain without alias on the server's side": (
        handshake({"domain": "east.local"}, {}, LOCAL),
        "tls",
        "of trust domain east.local, the server of cluster.local, and the server does not",
    ),
    "plain text for a gateway": (
        b.facts(
            b.cluster_hop(
                b.endpoint(b.behind(), mtls=False, new_connections=3, failed_connections=3)
            ),
            records=FAILED,
        ),
        "tls",
        "the client sends plain text to the gateway",
    ),
    "plain text for a strict server": (
        b.facts(
            b.cluster_hop(
                b.endpoint(b.server(), mtls=False, new_connections=3, failed_connections=3)
            ),
            records=FAILED,
        ),
        "tls",
        "the server wants mTLS (STRICT)",
    ),
    "mTLS for a server that takes plain text": (
        local(b.server(inbound=Inbound(False, True)), new_connections=3, failed_connections=3),
        "tls",
        "the server takes plain text only",
    ),
    "mTLS for a pod without sidecar": (
        local(b.server(has_sidecar=False), new_connections=3, failed_connections=3),
        "tls",
        "the server has no sidecar",
    ),
    "a drained server": (
        local(b.server(drained=True), new_connections=3, failed_connections=3),
        "server",
        "drained",
    ),
    "no listener at the port": (
        local(b.server(inbound=None), new_connections=3, failed_connections=3),
        "server",
        "nothing listens at port 8080",
    ),
    "a pod that does not accept connections": (
        local(b.server(cluster="east"), new_connections=3, failed_connections=3),
        "server",
        "does not accept connections",
    ),
    "the same behind a gateway": (
        b.facts(
            b.cluster_hop(
                b.endpoint(b.behind(failed_connections=1), new_connections=3, failed_connections=3)
            ),
            records=FAILED,
        ),
        "server",
        "does not accept connections",
    ),
    "the app says 404": (answered(404, "not here"), "server", "the app answers 404"),
    "the app is not there": (answered(503, ""), "server", "gets no answer from the app"),
    "too slow": (answered(504, "upstream request timeout"), "server", "no answer in time (504)"),
    "a full connection pool": (
        b.facts(
            b.cluster_hop(b.endpoint(b.behind())),
            records=b.answers(
                503,
                body="upstream connect error or disconnect/reset before headers. reset reason: overflow",
            ),
        ),
        "endpoints",
        "connection pool is full",
    ),
    "denied": (answered(403, "RBAC: access denied"), "server", "denies access"),
}


@pytest.mark.parametrize(("facts", "outcome", "words"), CASES.values(), ids=CASES)
def test_first_failing_hop(facts: PathFacts, outcome: str, words: str) -> None:
    verdict = evaluate(facts)
    assert verdict.outcome == outcome, verdict.text
    assert words in verdict.text
    if verdict.failing is not None and outcome != "ok":
        assert verdict.failing.advice, "a failing hop says what would mend it"
        assert verdict.as_dict()["failing_hop"] == outcome


@pytest.mark.parametrize(("facts", "outcome"), [case[:2] for case in CASES.values()], ids=CASES)
def test_hops_before_the_failing_one_do_not_fail(facts: PathFacts, outcome: str) -> None:
    verdict = evaluate(facts)
    names = [hop.hop for hop in verdict.hops]
    order = ["dns", "route", "endpoints", "gateway", "tls", "server"]
    assert names == sorted(names, key=order.index)
    assert {"dns", "route", "endpoints", "tls", "server"} <= set(names)
    before = [
        hop
        for hop in verdict.hops
        if outcome != "ok" and order.index(hop.hop) < order.index(outcome)
    ]
    assert not [hop for hop in before if hop.ok is False]


def _said(verdict: Verdict, hop: str) -> str:
    return " | ".join(each.detail for each in verdict.hops if each.hop == hop)


def test_after_tls_the_server_is_not_to_blame() -> None:
    roots = {"trusted": "two", "root": "two"}
    facts = handshake({"trusted": "one two", "root": "one"}, roots, LOCAL)
    facts.cluster_hops[0].endpoints[0].after = b.status(
        "192.0.2.1", 15443, requests=3, new_connections=3
    )
    hops = {hop.hop: hop for hop in evaluate(facts).hops}
    assert hops["tls"].ok is False
    assert (hops["server"].ok, hops["server"].detail) == (None, "no request gets this far")


def test_a_new_connection_would_fail() -> None:
    """Requests over a connection that existed before do not hide what is wrong now."""
    broken = b.gateway(chosen="", server_names=("outbound_.1_._.other",))
    verdict = evaluate(b.facts(b.cluster_hop(b.endpoint(broken, requests=3))))
    assert verdict.outcome == "gateway"
    assert (
        "3 of 3 requests were answered all the same: over connections that existed" in verdict.text
    )


def test_other_endpoints_answer_meanwhile() -> None:
    good = b.endpoint(
        b.server(cluster="east", pod="sample/httpbin-9"), requests=3, new_connections=3
    )
    bad = b.endpoint(b.gateway(), "192.0.2.9", new_connections=2, failed_connections=2)
    verdict = evaluate(b.facts(b.cluster_hop(good, bad)))
    assert verdict.outcome == "server"
    assert "3 of 3 requests were answered all the same: by other endpoints" in verdict.text


def test_the_same_of_several_places_is_said_once() -> None:
    pods = [b.server(cluster="east", pod=f"sample/httpbin-{number}") for number in (1, 2)]
    ends = [
        b.endpoint(pod, f"10.10.0.{n}", requests=1, new_connections=1) for n, pod in enumerate(pods)
    ]
    verdict = evaluate(b.facts(b.cluster_hop(*ends)))
    tls = [hop for hop in verdict.hops if hop.hop == "tls"]
    assert [hop.where for hop in tls] == ["east sample/httpbin-1, east sample/httpbin-2"]


def test_a_gateway_that_cannot_be_looked_into() -> None:
    """Then what the client sees has to do."""
    silent = b.gateway(error="may not run commands", chosen="", server_names=())
    verdict = evaluate(
        b.facts(
            b.cluster_hop(b.endpoint(silent, new_connections=3, failed_connections=3)),
            records=FAILED,
        )
    )
    assert verdict.outcome == "gateway"
    assert "ends before TLS is up" in verdict.text
    assert "may not run commands" in next(h for h in verdict.hops if h.ok is False).evidence


def test_nobody_knows_why() -> None:
    """Then the first hop that nobody can vouch for is to blame, not the last that works."""
    verdict = evaluate(b.facts(b.cluster_hop(b.endpoint(None)), records=FAILED))
    assert verdict.outcome == "gateway"
    assert "requests fail, and no request went this way" in verdict.text


NOT_EXPOSED = {"chosen": "", "server_names": ("outbound_.1_._.other",)}
FIRST, SECOND, THIRD = (f"west istio-system/istio-eastwestgateway-{n}" for n in (1, 2, 3))
GATEWAYS: dict[str, tuple[list[dict[str, t.Any]], list[tuple[bool | None, str, str]]]] = {
    "all work": (
        [{}, {}],
        [(True, f"{FIRST}, {SECOND}", "the gateway passes the server name on")],
    ),
    "one is drained": (
        [{}, {"drained": True}],
        [
            (True, FIRST, "the gateway passes the server name on"),
            (False, SECOND, "1 of 2 pods: the gateway is drained: it accepts nothing"),
        ],
    ),
    "two of three do not expose the host": (
        [NOT_EXPOSED, {}, NOT_EXPOSED],
        [
            (False, f"{FIRST}, {THIRD}", f"2 of 3 pods: the gateway does not expose {b.HOST}"),
            (True, SECOND, "the gateway passes the server name on"),
        ],
    ),
    "each has its own trouble": (
        [{"drained": True}, {"listens": False, **NOT_EXPOSED}],
        [
            (False, FIRST, "1 of 2 pods: the gateway is drained: it accepts nothing"),
            (
                False,
                SECOND,
                "1 of 2 pods: nothing listens at port 15443: the gateway exposes nothing there",
            ),
        ],
    ),
    "all have the same": (
        [{"drained": True}, {"drained": True}],
        [(False, f"{FIRST}, {SECOND}", "the gateway is drained: it accepts nothing")],
    ),
}


@pytest.mark.parametrize(("pods", "expected"), GATEWAYS.values(), ids=GATEWAYS)
def test_every_pod_of_a_gateway(
    pods: list[dict[str, t.Any]], expected: list[tuple[bool | None, str, str]]
) -> None:
    end = b.endpoint(
        b.replicas(*pods, new_connections=1), new_connections=3, failed_connections=1, requests=2
    )
    hops = evaluate(b.facts(b.cluster_hop(end))).hops
    found = [(hop.ok, hop.where, hop.detail) for hop in hops if hop.hop == "gateway"]
    assert found == expected


def test_one_bad_pod_of_a_gateway_hides_behind_the_others() -> None:
    gateway = b.replicas({}, {"drained": True}, new_connections=1)
    end = b.endpoint(gateway, new_connections=3, failed_connections=1, requests=2)
    verdict = evaluate(b.facts(b.cluster_hop(end), records=b.answers(200, 503, 200)))
    assert verdict.outcome == "gateway"
    assert verdict.text == (
        f"gateway fails: 1 of 2 pods: the gateway is drained: it accepts nothing ({SECOND}); "
        "2 of 3 requests were answered all the same: through other pods of the gateway"
    )
    assert [(hop.ok, hop.detail) for hop in verdict.hops if hop.hop == "server"] == [
        (True, "the app answers")
    ]


@pytest.mark.parametrize(
    ("passed", "lost"), [((0, 0), True), ((0, 1), False)], ids=["nobody", "one of them"]
)
def test_connections_are_lost_before_a_gateway_if_none_of_its_pods_gets_them(
    passed: tuple[int, int], lost: bool
) -> None:
    gateway = b.replicas({}, {})
    for replica, new_connections in zip(gateway.replicas, passed, strict=True):
        replica.endpoints = [
            b.endpoint(b.server(), "10.30.0.5", 8080, mtls=None, new_connections=new_connections)
        ]
    verdict = evaluate(
        b.facts(
            b.cluster_hop(b.endpoint(gateway, new_connections=3, failed_connections=3)),
            records=FAILED,
        )
    )
    assert ("do not arrive at the gateway" in verdict.text) is lost


def test_what_was_not_looked_into_is_said() -> None:
    seen = b.endpoint(b.server(), "10.10.0.1", 8080, requests=3, new_connections=1)
    ends = [b.endpoint(None, f"10.10.0.{number}", 8080) for number in (2, 3)]
    for end in ends:
        end.inspected = False
    verdict = evaluate(b.facts(b.cluster_hop(seen, *ends), skipped_endpoints=2))
    assert verdict.text == "ok: 3 of 3 requests were answered; 2 endpoints not looked into"
    assert [hop.where for hop in verdict.hops if hop.hop == "server"] == ["west sample/httpbin-1"]


@pytest.mark.parametrize(
    ("grown", "outcome", "words"),
    [
        ({"requests": 3, "new_connections": 1}, "ok", "ok: 3 of 3"),
        (
            {"new_connections": 3, "failed_connections": 3},
            "gateway",
            "one of too many to be looked into",
        ),
    ],
    ids=["it works", "it fails"],
)
def test_an_endpoint_that_was_not_looked_into_is_judged_by_the_clients_counters(
    grown: dict[str, int], outcome: str, words: str
) -> None:
    end = b.endpoint(None, "10.10.0.2", 8080, **grown)
    end.inspected = False
    records = b.answers(200, 200, 200) if outcome == "ok" else FAILED
    verdict = evaluate(b.facts(b.cluster_hop(end), records=records, skipped_endpoints=1))
    assert verdict.outcome == outcome
    assert words in verdict.text


def test_two_gateways_in_a_row() -> None:
    inner = b.gateway(b.endpoint(b.server(), "10.30.0.5", 8080, mtls=None), chosen="", name="x/in")
    outer = b.gateway(
        b.endpoint(inner, "192.0.2.7", mtls=None, new_connections=3), cluster="east", name="x/out"
    )
    verdict = evaluate(
        b.facts(
            b.cluster_hop(b.endpoint(outer, new_connections=3, failed_connections=3)),
            records=FAILED,
        )
    )
    assert verdict.outcome == "gateway"
    assert [(hop.where, hop.ok) for hop in verdict.hops if hop.hop == "gateway"] == [
        ("east x/out", True),
        ("west x/in", False),
    ]


def test_names_that_nobody_could_look_up() -> None:
    verdict = evaluate(b.facts(*b.healthy().cluster_hops, addresses=None))
    assert verdict.outcome == "ok"
    assert "get an answer" in _said(verdict, "dns")


def test_who_of_several_gave_the_errors() -> None:
    pods = [b.server(cluster="east", pod=f"sample/httpbin-{number}") for number in (1, 2)]
    ends = [
        b.endpoint(pods[0], "10.10.0.1", requests=2, new_connections=1),
        b.endpoint(pods[1], "10.10.0.2", requests=1, new_connections=1, errors=1),
    ]
    records = [*b.answers(200, 200), *b.answers(500, body="oops")]
    verdict = evaluate(b.facts(b.cluster_hop(*ends), records=records))
    assert verdict.failing is not None
    assert verdict.failing.where == "east sample/httpbin-2"
    assert "2 of 3 requests were answered all the same: by other endpoints" in verdict.text


def test_text() -> None:
    verdict = evaluate(CASES["two roots"][0])
    assert verdict.failing is not None
    lines = verdict.as_dict()["text"].splitlines()
    assert lines[1] == f"✔ route      the sidecar sends this to {b.CLUSTER}"
    place = lines.index(f"✘ tls        {verdict.failing.detail}")
    assert lines[place + 1] == "             at west sample/httpbin-1"
    assert lines[place + 2].startswith("             - the client does not trust")
    assert f"             → {verdict.failing.advice}" in lines
    assert [line[0] for line in lines if line[0] != " "] == ["✔", "✔", "✔", "✔", "✘", "?"]


def test_text_says_which_of_several_is_meant() -> None:
    pods = [b.server(cluster="east", pod=f"sample/httpbin-{number}") for number in (1, 2)]
    ends = [
        b.endpoint(pods[0], "10.10.0.1", requests=3, new_connections=1),
        b.endpoint(pods[1], "10.10.0.2"),
    ]
    lines = evaluate(b.facts(b.cluster_hop(*ends))).as_dict()["text"].splitlines()
    assert lines[-2:] == [
        "✔ server     the app answers (east sample/httpbin-1)",
        "? server     no request went here (east sample/httpbin-2)",
    ]
