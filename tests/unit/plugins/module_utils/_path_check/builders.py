# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths to evaluate: east's sleep asks for httpbin, which runs in west behind a gateway."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    keys,
    pem,
    workload,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.cluster_status import (
    EndpointStatus,
    ServicePort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ClusterHop,
    Endpoint,
    EnvoyCluster,
    Gateway,
    Identity,
    Inbound,
    Matcher,
    PathFacts,
    Replica,
    Request,
    Route,
    Server,
)

HOST = "httpbin.sample.svc.cluster.local"
CLUSTER = f"outbound|8000||{HOST}"
SNI = f"outbound_.8000_._.{HOST}"
UNAVAILABLE = (
    "upstream connect error or disconnect/reset before headers. retried and the latest reset"
    " reason: remote connection failure"
)


@functools.cache
def authority(name: str) -> builder.Authority:
    spec = CertificateSpec(
        kind="root",
        organization="Istio",
        common_name=name,
        locality="",
        key_type="ec",
        key_size=256,
        days=30,
    )
    key = keys.generate_key("ec", 256)
    return builder.Authority(builder.build(spec, key), key)


@functools.cache
def identity(
    account: str, *, domain: str = "cluster.local", root: str = "root", trusted: str = "root"
) -> Identity:
    """``trusted`` are the roots of the trust bundle, by name."""
    ca = authority(root)
    chain, _key = workload.issue_workload_certificate(
        pem.certificate_pem(ca.certificate),
        keys.key_pem(ca.key),
        "",
        domain,
        "sample",
        account,
        days=1,
    )
    return Identity(chain, pem.join(authority(name).certificate for name in trusted.split()))


def status(address: str, port: int, *, health: str = "healthy", **counters: int) -> EndpointStatus:
    return EndpointStatus(
        cluster=CLUSTER,
        service=ServicePort(HOST, 8000),
        address=address,
        port=port,
        region="west",
        zone="zone3",
        subzone="",
        priority=0,
        weight=1,
        health=health,
        reasons=(),
        requests=counters.get("requests", 0),
        errors=counters.get("errors", 0),
        connections=counters.get("new_connections", 0),
        failed_connections=counters.get("failed_connections", 0),
    )


def endpoint(
    target: Gateway | Server | None,
    address: str = "192.0.2.1",
    port: int = 15443,
    *,
    mtls: bool | None = True,
    health: str = "healthy",
    **grown: int,
) -> Endpoint:
    """``grown``: opened, refused, requests, errors."""
    return Endpoint(
        status(address, port, health=health),
        after=status(address, port, health=health, **grown),
        mtls=mtls,
        target=target,
    )


def server(**changes: t.Any) -> Server:
    fields: dict[str, t.Any] = {
        "cluster": "west",
        "pod": "sample/httpbin-1",
        "port": 8080,
        "inbound": Inbound(True, False, (Matcher("prefix", "spiffe://cluster.local/"),)),
        "identity": identity("httpbin"),
    }
    return Server(**{**fields, **changes})


def gateway(*endpoints: Endpoint, **changes: t.Any) -> Gateway:
    """With one pod. Changes: of the pod, but for cluster and name."""
    cluster = changes.pop("cluster", "west")
    name = changes.pop("name", "istio-system/istio-eastwestgateway")
    pod = replica(*endpoints, **{"where": f"{cluster} {name}", **changes})
    return Gateway(cluster, name, 15443, [pod])


def replica(*endpoints: Endpoint, **changes: t.Any) -> Replica:
    fields: dict[str, t.Any] = {
        "where": "west istio-system/istio-eastwestgateway-1",
        "listens": True,
        "server_names": (SNI,),
        "chosen": SNI,
        "endpoints": list(endpoints),
    }
    return Replica(**{**fields, **changes})


def replicas(*changes: dict[str, t.Any], **grown: int) -> Gateway:
    """A gateway with a pod for each of the changes, behind all of which the same server is."""
    pods = []
    for number, change in enumerate(changes, start=1):
        onward = endpoint(server(), "10.30.0.5", 8080, mtls=None, **grown)
        fields = {"where": f"west istio-system/istio-eastwestgateway-{number}", **change}
        pods.append(replica(*([onward] if fields.get("chosen", SNI) else []), **fields))
    return Gateway("west", "istio-system/istio-eastwestgateway", 15443, pods)


def behind(end: Server | None = None, **grown: int) -> Gateway:
    """A gateway that works, with one server."""
    passed = {"new_connections": 1, **grown}
    return gateway(endpoint(end or server(), "10.30.0.5", 8080, mtls=None, **passed))


UPSTREAM = EnvoyCluster(
    CLUSTER,
    "EDS",
    "matched",
    SNI,
    (Matcher("exact", "spiffe://cluster.local/ns/sample/sa/httpbin"),),
)


def cluster_hop(*endpoints: Endpoint, **changes: t.Any) -> ClusterHop:
    fields: dict[str, t.Any] = {
        "name": CLUSTER,
        "upstream": UPSTREAM,
        "endpoints": list(endpoints),
    }
    return ClusterHop(**{**fields, **changes})


def answers(*statuses: int, body: str = "") -> list[Record]:
    texts = {503: UNAVAILABLE}
    return [Record(0, 1, status, body or texts.get(status, "hello")) for status in statuses]


def facts(*found: ClusterHop, **changes: t.Any) -> PathFacts:
    names = (HOST,)
    base = PathFacts(
        request=Request(f"http://{HOST}:8000/headers", "http", HOST, 8000, "/headers", names),
        cluster="east",
        pod="sleep/sleep-1",
        addresses=("240.240.0.1",),
        route=Route("cluster", (CLUSTER,), "0.0.0.0_8000", f"{HOST}:8000", (8000,)),
        cluster_hops=list(found),
        identity=identity("sleep"),
        records=answers(200, 200, 200),
    )
    return dataclasses.replace(base, **changes)


def healthy() -> PathFacts:
    return facts(cluster_hop(endpoint(behind(), requests=3, new_connections=1)))
