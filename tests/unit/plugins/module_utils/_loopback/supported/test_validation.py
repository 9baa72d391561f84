# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.supported import check

CONTAINER = "spec/template/spec/containers/0"
POLICY = "spec/trafficPolicy"
TYPED = "spec/configPatches/0/patch/value/typed_config"
APP = ("spec", "template", "metadata", "annotations", "eastwest.mesh/app")


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (
            "Namespace",
            {"metadata/name": "Sample"},
            r"Namespace Sample: metadata\.name is 'Sample'; it must be low",
        ),
        ("Namespace", {"metadata/name": "a" * 254}, "253"),
        ("Deployment", {"spec/replicas": -1}, r"spec\.replicas is -1; it must be 0 or more"),
        (
            "Deployment",
            {"spec/selector/matchLabels": {"app": "other"}},
            r"matchLabels: app=other does not select the pods, whose labels are app=hello",
        ),
        ("Deployment", {"spec/selector": {}}, r"selector is missing"),
        ("Deployment", {"spec/template/spec/containers": []}, r"spec\.containers is missing"),
        ("Deployment", {f"{CONTAINER}/name": None}, r"containers\[0\]\.name is missing"),
        ("Deployment", {f"{CONTAINER}/ports/0/containerPort": 0}, "0 is not a port"),
        (
            "Deployment",
            {"spec/template/spec/containers": [{"name": "a"}, {"name": "a"}]},
            "name a is there more than once",
        ),
        ("Deployment", {APP: "nginx"}, "it is 'nginx'; there are: helloworld, httpbin"),
        ("Deployment", {APP: None}, r"annotation eastwest\.mesh/app .*it is missing"),
        ("Service", {"spec/ports": []}, r"spec\.ports is missing"),
        ("Service", {"spec/ports/0/port": 70000}, r"spec\.ports\[0\]\.port: 70000 is not a port"),
        ("Service", {"spec/ports/0/targetPort": 0}, "targetPort: 0"),
        ("Service", {"spec/ports/1/name": None}, r"spec\.ports\[1\]\.name is missing"),
        ("Service", {"spec/ports/1/name": "http"}, "name http is there more than once"),
        ("Service", {"spec/ports/0/port": 15021}, r"port 15021 \(TCP\) is there more than once"),
        ("Secret", {"data/ca-cert.pem": "not base64!"}, r"data\.ca-cert\.pem is not base64"),
        ("IPAddressPool", {"spec/addresses": []}, r"spec\.addresses is missing"),
        ("IPAddressPool", {"spec/addresses/0": "127.9"}, r"spec\.addresses\[0\]: '127.9'"),
        ("Gateway", {"spec/servers": []}, r"spec\.servers is missing"),
        ("Gateway", {"spec/servers/0/hosts": []}, r"servers\[0\]\.hosts is missing"),
        ("Gateway", {"spec/servers/0/port/number": 0}, "0 is not a port"),
        ("Gateway", {"spec/servers/0/tls": None}, r"servers\[0\]\.tls is missing"),
        (
            "PeerAuthentication",
            {"spec/portLevelMtls": {"80": {"mode": "STRICT"}}},
            r"needs spec\.selector\.matchLabels",
        ),
        (
            "PeerAuthentication",
            {
                "spec/selector": {"matchLabels": {"a": "b"}},
                "spec/portLevelMtls": {"http": {"mode": "STRICT"}},
            },
            "'http' is not a port number",
        ),
        ("EnvoyFilter", {"spec/configPatches": []}, r"spec\.configPatches is missing"),
        (
            "EnvoyFilter",
            {f"{TYPED}/common_http_protocol_options/max_requests_per_connection": -1},
            "max_requests_per_connection is -1",
        ),
        ("WorkloadEntry", {"spec/address": "", "spec/network": ""}, r"spec\.address is missing"),
        ("WorkloadEntry", {"spec/address": "gw.example.com"}, "'gw.example.com' is not an IP add"),
        ("WorkloadEntry", {"spec/ports/http": 0}, r"spec\.ports\.http: 0"),
        ("WorkloadEntry", {"spec/weight": -1}, r"spec\.weight is -1"),
        ("ServiceEntry", {"spec/hosts": []}, r"spec\.hosts is missing"),
        ("ServiceEntry", {"spec/ports/0/number": 0}, "0 is not a port"),
        ("ServiceEntry", {"spec/addresses": ["10.0.0.0/33"]}, r"addresses\[0\]: '10.0.0.0/33'"),
        (
            "ServiceEntry",
            {"spec/workloadSelector": {"labels": {"a": "b"}}},
            "exclude each other",
        ),
        ("ServiceEntry", {"spec/endpoints/0/address": "x"}, r"spec\.endpoints\[0\]\.address"),
        (
            "ServiceEntry",
            {"spec/resolution": "DNS", "spec/endpoints": []},
            r"spec\.endpoints must say what to look up",
        ),
        ("DestinationRule", {"spec/host": ""}, r"spec\.host is missing"),
        ("DestinationRule", {"spec/subsets/0/name": ""}, r"subsets\[0\]\.name is missing"),
        ("DestinationRule", {"spec/exportTo": ["*", "a"]}, r"\* stands for all"),
        ("DestinationRule", {"spec/exportTo": ["a", "a"]}, "more than once"),
        ("DestinationRule", {POLICY: {}}, r"spec\.trafficPolicy sets nothing"),
        (
            "DestinationRule",
            {f"{POLICY}/portLevelSettings/0/tls": None},
            r"portLevelSettings\[0\] sets nothing",
        ),
        (
            "DestinationRule",
            {f"{POLICY}/portLevelSettings/0/port": None},
            r"portLevelSettings\[0\]\.port is missing",
        ),
        (
            "DestinationRule",
            {f"{POLICY}/connectionPool": {}},
            "connectionPool is empty; it needs tcp or http",
        ),
        (
            "DestinationRule",
            {f"{POLICY}/connectionPool/http/maxRequestsPerConnection": -1},
            "maxRequestsPerConnection is -1",
        ),
        (
            "DestinationRule",
            {f"{POLICY}/connectionPool/tcp": {"connectTimeout": "10"}},
            r"tcp\.connectTimeout: '10' is not a duration",
        ),
        (
            "DestinationRule",
            {f"{POLICY}/connectionPool/tcp": {"maxConnectionDuration": "10"}},
            r"tcp\.maxConnectionDuration: '10' is not a duration",
        ),
        (
            "DestinationRule",
            {f"{POLICY}/outlierDetection/maxEjectionPercent": 101},
            "maxEjectionPercent is 101; it must be 0 to 100",
        ),
        ("DestinationRule", {f"{POLICY}/outlierDetection/interval": "0s"}, "shorter than 1ms"),
        (
            "DestinationRule",
            {f"{POLICY}/outlierDetection/consecutiveLocalOriginFailures": 1},
            "needs splitExternalLocalOriginErrors",
        ),
        (
            "DestinationRule",
            {f"{POLICY}/loadBalancer/localityLbSetting/failover/0/to": "east"},
            r"spec\.trafficPolicy\.loadBalancer\.localityLbSetting\.failover\[0\]: .*'east'",
        ),
        (
            "DestinationRule",
            {
                f"{POLICY}/loadBalancer/localityLbSetting": {
                    "distribute": [{"from": "east/*", "to": {"east/*": 50, "west/*": 40}}]
                }
            },
            r"distribute\[0\]\.to: the weights add up to 90",
        ),
        (
            "ConfigMap",
            {"data/mesh": "localityLbSetting: {failover: [{from: a/b, to: c}]}"},
            r"key mesh: localityLbSetting\.failover\[0\]\.from: a/b is more than a region",
        ),
        ("ConfigMap", {"data/mesh": "- a"}, "key mesh must be a mapping"),
    ],
)
def test_what_no_cluster_would_take_is_refused(manifests, kind, changes, message):
    with pytest.raises(InvalidInput, match=message):
        check(manifests.changed(kind, changes))


def test_a_gateway_needs_no_app(manifests):
    template = ("spec", "template", "metadata", "annotations", "inject.istio.io/templates")
    check(manifests.changed("Deployment", {APP: manifests.ABSENT, template: "gateway"}))


def test_a_failover_rule_without_outlier_detection_is_only_useless(manifests):
    check(manifests.changed("DestinationRule", {f"{POLICY}/outlierDetection": manifests.ABSENT}))
