# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects whose fate istiod's own webhook decided: refused, with the reason, or accepted."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    schema_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import (
    shape_of,
)

GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: w, namespace: istio-system}}
spec: {{selector: {{istio: eastwestgateway}}, servers: [{0}]}}
"""
SERVER = (
    "{{port: {{number: {1}, {0}protocol: TLS}}, tls: {{mode: AUTO_PASSTHROUGH}}, hosts: ['{2}']}}"
)
ENTRY = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: w, namespace: sample}}
spec: {{location: MESH_INTERNAL, {0}}}
"""
PORT = "ports: [{number: 80, name: a, protocol: HTTP}]"
TCP = "ports: [{number: 80, name: a, protocol: TCP}]"
ONE = "endpoints: [{address: 1.2.3.4}]"
STATIC = "resolution: STATIC"


def entry(*parts: str) -> str:
    return ENTRY.format(", ".join(parts))


def gateway(*servers: tuple[str, int, str]) -> str:
    return GATEWAY.format(", ".join(SERVER.format(*server) for server in servers))


def refusals(text: str) -> list[str]:
    return [str(each) for each in violations(yaml.safe_load(text)) if not each.warning]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (gateway(("name: tls, ", 15443, "a.*.local")), "'a.*.local' is not a host name or pattern"),
        (gateway(("name: tls, ", 15443, "web")), "'web' is a short name"),
        (gateway(("name: tls, ", 15443, "*a.example.com")), "a part of a label"),
        (gateway(("name: tls, ", 15443, "a_b/*.local")), "'a_b' is not a DNS label"),
        (
            gateway(("name: tls, ", 15443, "*.a"), ("name: tls, ", 15444, "*.b")),
            "port name tls is there more than once",
        ),
        (gateway(("", 15443, "*.a")), "spec.servers[0].port.name is missing"),
        (
            entry(STATIC, "hosts: [a.g]", PORT, "endpoints: [{address: 1.2.3.4, ports: {b: 1}}]"),
            "the entry has no port b",
        ),
        (entry(STATIC, "hosts: [a.g]", "exportTo: ['.', '*']", PORT, ONE), "* stands for all"),
        (entry(STATIC, "hosts: [a.g]", "exportTo: ['.', sample]", PORT, ONE), "more than once"),
        (entry(STATIC, "hosts: ['*']", PORT, ONE), "* would take every host"),
        (entry(STATIC, "hosts: [a.g, b.g]", TCP, ONE), "neither HTTP nor TLS"),
        (
            entry(STATIC, "hosts: [a.g]", PORT, ONE, "workloadSelector: {labels: {a: b}}"),
            "exclude each other",
        ),
        (entry("hosts: [a.g]", PORT, ONE), "resolution NONE"),
        (
            entry(
                "resolution: DNS_ROUND_ROBIN",
                "hosts: [a.g]",
                PORT,
                "endpoints: [{address: a.b}, {address: a.c}]",
            ),
            "DNS_ROUND_ROBIN takes one at most",
        ),
        (entry("resolution: DNS", "hosts: ['*.g']", PORT), "is not a host name"),
        (
            entry("resolution: DNS", "hosts: [a.g]", "addresses: [10.0.0.0/8]", PORT, ONE),
            "is a subnet",
        ),
        (
            "{apiVersion: networking.istio.io/v1, kind: WorkloadEntry,"
            " metadata: {name: w, namespace: sample}, spec: {labels: {app: w}}}",
            "spec.address is missing",
        ),
    ],
)
def test_the_webhook_refuses(text: str, reason: str) -> None:
    found = refusals(text)
    assert [each for each in found if reason in each], found


@pytest.mark.parametrize(
    "text",
    [
        # a subnet among the addresses, a wildcard host, a name that is looked up
        entry(STATIC, "hosts: [a.g]", "addresses: [10.1.0.0/16]", PORT, ONE),
        entry(STATIC, "hosts: ['*.g']", PORT, ONE),
        entry("resolution: DNS_ROUND_ROBIN", "hosts: [a.g]", PORT, "endpoints: [{address: a.b}]"),
        entry(STATIC, "hosts: [a.g]", "exportTo: ['~']", PORT, ONE),
        entry("hosts: [a.g, b.g]", TCP),
        entry(STATIC, "hosts: [a.g]", PORT, "endpoints: [{address: 'unix:///run/a'}]"),
        gateway(("name: a, ", 15443, "./*.a"), ("name: b, ", 15444, "1.2.3.4")),
        gateway(("name: a, ", 15443, "*")),
    ],
)
def test_the_webhook_accepts(text: str) -> None:
    assert refusals(text) == []


def rule(policy: str) -> str:
    return (
        "{apiVersion: networking.istio.io/v1, kind: DestinationRule,"
        " metadata: {name: w, namespace: sample}, spec: {host: w, trafficPolicy: " + policy + "}}"
    )


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("{loadBalancer: {consistentHash: {httpCookie: {ttl: 1s}}}}", "httpCookie.name is missing"),
        ("{loadBalancer: {consistentHash: {maglev: {tableSize: 100}}}}", "prime"),
        ("{loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}", "exclude"),
        ("{loadBalancer: {warmup: {minimumPercent: 101}}}", "warmup.duration is missing"),
        ("{tls: {mode: MUTUAL}}", "clientCertificate is missing"),
        ("{tls: {mode: SIMPLE, credentialName: a, caCertificates: b}}", "exclude each other"),
        ("{connectionPool: {http: {idleTimeout: 1500us}}}", "finer than milliseconds"),
        ("{connectionPool: {http: {http2KeepAlive: {interval: 1s}}}}", "timeout is missing"),
        ("{tunnel: {}, proxyProtocol: {}}", "exclude each other"),
    ],
)
def test_policies_that_the_webhook_refuses(policy: str, reason: str) -> None:
    found = refusals(rule(policy))
    assert [each for each in found if reason in each], found


@pytest.mark.parametrize(
    "policy",
    [
        # presence is what counts, not content
        "{connectionPool: {http: {}}}",
        "{outlierDetection: {}}",
        "{portLevelSettings: [{port: {}, tls: {}}, {port: {number: 99999}, tls: {}}]}",
        "{portLevelSettings: [{port: {number: 80}, connectionPool: {tcp: {idleTimeout: 0s}}}]}",
        "{loadBalancer: {consistentHash: {maglev: {tableSize: 65537}}}}",
        "{tls: {mode: SIMPLE, credentialName: a}}",
    ],
)
def test_policies_that_the_webhook_accepts(policy: str) -> None:
    assert refusals(rule(policy)) == []


def mesh(**data: t.Any) -> dict[str, t.Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": "istio-system"},
        "data": {key: yaml.safe_dump(value) for key, value in data.items()},
    }


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"mesh": {"trustDomain": "A B"}}, "key mesh: trustDomain: 'A B' is not a trust domain"),
        ({"mesh": {"trustDomainAliases": ["a", ""]}}, "trustDomainAliases[1]"),
        ({"mesh": {"serviceSettings": [{"hosts": ["a.*"]}]}}, "serviceSettings[0].hosts[0]"),
        (
            {"mesh": {"defaultTrafficPolicy": {"outlierDetection": {"maxEjectionPercent": 101}}}},
            "must be 0 to 100",
        ),
        (
            {"meshNetworks": {"networks": {"n": {"gateways": [{"address": "a b", "port": 1}]}}}},
            "neither an IP address nor a host name",
        ),
        (
            {"meshNetworks": {"networks": {"n": {"endpoints": [{"fromCidr": "10.0.0.0/40"}]}}}},
            "neither an IP address nor a subnet",
        ),
    ],
)
def test_mesh_settings_that_istiod_refuses(settings: dict[str, t.Any], reason: str) -> None:
    found = [str(each) for each in violations(mesh(**settings))]
    assert [each for each in found if reason in each], found


def http_route(rule: str, kind: str = "HTTPRoute") -> str:
    return (
        f"{{apiVersion: gateway.networking.k8s.io/v1, kind: {kind},"
        " metadata: {name: w, namespace: sample}, spec: {rules: [" + rule + "]}}"
    )


TO_W = "backendRefs: [{name: w, port: 80}]"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("{backendRefs: [{name: w}]}", "backendRefs[0].port is missing"),
        ("{matches: [{path: {value: a}}], " + TO_W + "}", "no absolute path"),
        ("{matches: [{path: {value: /a/../b}}], " + TO_W + "}", "parts that no path"),
        ("{timeouts: {request: 1.5s}, " + TO_W + "}", "'1.5s' is no duration"),
        ("{retry: {backoff: 1 s}, " + TO_W + "}", "retry.backoff: '1 s' is no duration"),
        ("{timeouts: {request: 1s, backendRequest: 2s}, " + TO_W + "}", "longer than the request"),
        ("{filters: [{type: RequestRedirect}], " + TO_W + "}", "RequestRedirect and backendRefs"),
        ("{filters: [{type: RequestRedirect}, {type: URLRewrite}]}", "and URLRewrite exclude"),
        ("{filters: [{type: CORS}, {type: CORS}], " + TO_W + "}", "more than once"),
        (
            "{matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite, urlRewrite:"
            " {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], " + TO_W + "}",
            "not exactly one match by prefix",
        ),
    ],
)
def test_the_api_server_refuses_a_route(rule: str, reason: str) -> None:
    found = refusals(http_route(rule))
    assert [each for each in found if reason in each], found


def test_a_match_of_a_grpc_route_names_a_service_or_a_method() -> None:
    (found,) = refusals(
        http_route("{matches: [{method: {type: Exact}}], " + TO_W + "}", "GRPCRoute")
    )
    assert found.startswith("spec.rules[0].matches[0].method needs a service or a method")


@pytest.mark.parametrize(
    "rule",
    [
        "{}",
        "{" + TO_W + "}",
        "{timeouts: {request: 0s, backendRequest: 2s}, " + TO_W + "}",
        "{filters: [{type: RequestMirror}, {type: RequestMirror}], " + TO_W + "}",
        "{backendRefs: [{name: w, group: x.example, kind: Bucket}]}",
        "{matches: [{path: {type: RegularExpression, value: a.*}}], " + TO_W + "}",
        "{filters: [{type: New}], sessionPersistence: {}, unknown: 1, " + TO_W + "}",
    ],
)
def test_the_api_server_accepts_a_route(rule: str) -> None:
    assert refusals(http_route(rule)) == []


@pytest.mark.parametrize(
    ("hosts", "fine"),
    [
        (["a.example.test", "*.example.test", "1.2.3.4"], True),
        (["A.example.test"], False),
        (["a..b"], False),
        (["*"], False),
        ([f"h{number}.test" for number in range(17)], False),
    ],
)
@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
def test_host_names_of_a_route(hosts: list[str], fine: bool, kind: str) -> None:
    route = yaml.safe_load(http_route("{}", kind))
    route["spec"]["hostnames"] = hosts
    assert (_all_violations(route) == []) is fine


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([{}] * 17, "spec.rules is a list of 17"),
        ([{"matches": [{}] * 65}], "matches is a list of 65"),
        ([{"matches": [{}] * 64}, {"matches": [{}] * 64}, {"matches": [{}]}], "129 matches"),
        ([{"matches": [{"method": "get"}]}], "write GET"),
        ([{"matches": [{}] * 64}] * 2, ""),
    ],
)
def test_how_much_a_route_may_have(rules: list[t.Any], reason: str) -> None:
    route = yaml.safe_load(http_route("{}"))
    route["spec"]["rules"] = rules
    found = _all_violations(route)
    assert [each for each in found if reason in each] if reason else not found


def _all_violations(route: dict[str, t.Any]) -> list[str]:
    """What the definition's schema and its rules refuse."""
    shape = shape_of("gateway.networking.k8s.io", route["kind"])
    assert shape
    found = (*schema_violations(shape, route, ""), *violations(route))
    return [str(each) for each in found]


def virtual(match: str = "{}", **spec: t.Any) -> dict[str, t.Any]:
    route = {"match": [yaml.safe_load(match)], "route": [{"destination": {"host": "w"}}]}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "w", "namespace": "sample"},
        "spec": {"hosts": ["w"], "http": [route], **spec},
    }


@pytest.mark.parametrize(
    ("obj", "reason"),
    [
        (virtual(hosts=["*"], gateways=["edge/gate", "mesh"]), "every host of the mesh"),
        (virtual(gateways=["edge/a_b"]), "'edge/a_b' is no name of a Gateway"),
        (virtual(gateways=["/gate"]), "no name of a Gateway"),
        (virtual("{gateways: [a/b/c]}"), "match[0].gateways[0]"),
        (virtual("{uri: {regex: '*'}}"), "* repeats nothing"),
        (virtual("{headers: {x: {regex: '(?!a)'}}}"), "(?!a is not supported"),
        (virtual("{withoutHeaders: {x: {regex: '+'}}}"), "+ repeats nothing"),
        (virtual("{queryParams: {x: {regex: '(a)\\1'}}}"), "is a backreference"),
        (virtual("{uri: {regex: ''}}"), "is empty"),
    ],
)
def test_virtual_services_that_the_webhook_refuses(obj: dict[str, t.Any], reason: str) -> None:
    found = [str(each) for each in violations(obj)]
    assert [each for each in found if reason in each], found


@pytest.mark.parametrize(
    "obj",
    [
        virtual(hosts=["*"], gateways=["edge/gate"]),
        virtual(gateways=["mesh", "gate", "gate.edge.svc.cluster.local", "edge/gate"]),
        virtual("{uri: {prefix: ''}, withoutHeaders: {x: {regex: '*'}, y: {}}}"),
        virtual("{uri: {regex: '/a(/.*)?'}, headers: {x: {}}}"),
    ],
)
def test_virtual_services_that_the_webhook_accepts(obj: dict[str, t.Any]) -> None:
    assert [str(each) for each in violations(obj) if not each.warning] == []
