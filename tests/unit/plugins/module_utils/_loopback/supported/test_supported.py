# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.field_schema import listing
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.supported import check
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.supported_fields import (
    DEPLOYMENT,
    KINDS,
)

TEMPLATE = "spec/template/spec"
CONTAINER = f"{TEMPLATE}/containers/0"
POLICY = "spec/trafficPolicy"


def test_there_is_a_manifest_of_every_supported_kind(manifests):
    assert set(manifests.kinds) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_labs_need_is_taken(manifests, kind):
    check(manifests.changed(kind, {}))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("Deployment", {f"{TEMPLATE}/terminationGracePeriodSeconds": 0}),
        ("Deployment", {f"{CONTAINER}/resources": {"requests": {"cpu": "1"}}}),
        ("Deployment", {f"{TEMPLATE}/affinity": None}),
        ("Deployment", {("spec", "template", "metadata", "annotations", "any/thing"): "x"}),
        ("Service", {"spec/trafficDistribution": "PreferClose"}),
        ("Service", {"spec/ports/0/name": "tcp-x"}),
        ("Service", {"spec/ports/0/appProtocol": "http", "spec/ports/0/name": "web"}),
        ("Secret", {"type": "kubernetes.io/tls"}),
        ("DestinationRule", {f"{POLICY}/loadBalancer/simple": "LEAST_REQUEST"}),
        ("DestinationRule", {f"{POLICY}/outlierDetection": {}}),
        ("PeerAuthentication", {"spec": {}}),
        (
            "PeerAuthentication",
            {
                "spec/selector": {"matchLabels": {"a": "b"}},
                "spec/portLevelMtls": {8080: {"mode": "DISABLE"}},
            },
        ),
        ("WorkloadEntry", {"spec/address": "", "spec/network": "n"}),
        ("Gateway", {"apiVersion": "networking.istio.io/v1alpha3"}),
    ],
)
def test_variants_are_taken(manifests, kind, changes):
    check(manifests.changed(kind, changes))


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (
            "Deployment",
            {f"{CONTAINER}/envFrom": [], f"{CONTAINER}/restartPolicy": "Always"},
            r"Deployment sample/hello: spec\.template\.spec\.containers\[0\]\.restartPolicy is not "
            r"supported by provider loopback; below spec\.template\.spec\.containers\[0\] it "
            r"supports: args, command, env",
        ),
        ("Deployment", {f"{TEMPLATE}/affinity": {}}, r"spec\.template\.spec\.affinity"),
        ("Deployment", {f"{TEMPLATE}/hostNetwork": True}, "hostNetwork"),
        ("Deployment", {f"{TEMPLATE}/initContainers": []}, "initContainers"),
        ("Deployment", {"spec/paused": True}, r"spec\.paused"),
        ("Deployment", {"spec/selector/matchExpressions": []}, "matchExpressions"),
        ("Deployment", {f"{CONTAINER}/ports/0/protocol": "UDP"}, "'UDP' .* it supports: TCP"),
        ("Deployment", {"metadata/generateName": "x-"}, r"metadata\.generateName"),
        ("Deployment", {"apiVersion": "apps/v1beta1"}, r"apiVersion apps/v1beta1 .*apps/v1$"),
        (
            "Deployment",
            {("spec", "template", "metadata", "annotations", "inject.istio.io/templates"): "grpc"},
            "templates 'grpc' .*sidecar, gateway",
        ),
        (
            "Deployment",
            {
                (
                    "spec",
                    "template",
                    "metadata",
                    "annotations",
                    "proxy.istio.io/config",
                ): "concurrency: 1"
            },
            r"annotation proxy\.istio\.io/config: concurrency .*proxyMetadata",
        ),
        (
            "Deployment",
            {f"{CONTAINER}/env": [{"name": "ISTIO_META_TLS_CLIENT_KEY", "value": "x"}]},
            "env of container app: ISTIO_META_TLS_CLIENT_KEY",
        ),
        (
            "Deployment",
            {
                (
                    "spec",
                    "template",
                    "metadata",
                    "annotations",
                    "traffic.sidecar.istio.io/includeInboundPorts",
                ): "80"
            },
            r"spec\.template\.metadata\.annotations\.traffic\.sidecar.*all traffic goes through",
        ),
        (
            "Namespace",
            {("metadata", "labels", "istio.io/dataplane-mode"): "ambient"},
            "metadata.labels.istio.io/dataplane-mode .*no ambient mode",
        ),
        ("ConfigMap", {"metadata/name": "other"}, "supports only istio-system/istio"),
        ("ConfigMap", {"data/values": "x"}, r"data\.values .*: mesh, meshNetworks"),
        (
            "ConfigMap",
            {"data/mesh": "enableTracing: true"},
            "key mesh: enableTracing .*trustDomain",
        ),
        (
            "ConfigMap",
            {"data/mesh": "outboundTrafficPolicy: {mode: ALLOW_ANY}"},
            r"outboundTrafficPolicy\.mode 'ALLOW_ANY' .*REGISTRY_ONLY \(a loopback lab",
        ),
        (
            "ConfigMap",
            {"data/mesh": "defaultConfig: {proxyMetadata: {ISTIO_META_X: 1}}"},
            r"defaultConfig\.proxyMetadata\.ISTIO_META_X",
        ),
        (
            "ConfigMap",
            {"data/meshNetworks": "networks: {n: {gateways: [{address: gw.example, port: 1}]}}"},
            r"networks\.n\.gateways\[0\]\.address: .*does not look up the host name gw\.example",
        ),
        ("Service", {"spec/type": "NodePort"}, r"spec\.type 'NodePort' .*ClusterIP, LoadBalancer"),
        ("Service", {"spec/type": "ExternalName"}, r"spec\.type 'ExternalName'"),
        ("Service", {"spec/clusterIP": "None"}, "headless"),
        ("Service", {"spec/sessionAffinity": "ClientIP"}, "ClientIP"),
        ("Service", {"spec/externalIPs": ["1.1.1.1"]}, r"spec\.externalIPs"),
        ("Service", {"spec/ports/0/protocol": "UDP"}, r"spec\.ports\[0\]\.protocol"),
        ("Service", {"spec/ports/0/name": "web"}, r"spec\.ports\[0\] \(5000\).*'web' names no pro"),
        ("Service", {"spec/ports/0/name": "grpc"}, "'grpc' means grpc"),
        ("Service", {"spec/ports/0/appProtocol": "kubernetes.io/h2c"}, "means http2"),
        (
            "Service",
            {("metadata", "annotations"): {"metallb.io/allow-shared-ip": "x"}},
            "allow-shared-ip .*address of its own",
        ),
        ("IPAddressPool", {"spec/avoidBuggyIPs": False}, r"\.0 or \.255"),
        ("IPAddressPool", {"spec/serviceAllocation": {}}, "serviceAllocation"),
        ("L2Advertisement", {"spec/interfaces": ["eth0"]}, r"spec\.interfaces"),
        (
            "Gateway",
            {"spec/servers/0/tls/mode": "SIMPLE"},
            r"spec\.servers\[0\]\.tls\.mode 'SIMPLE' .*AUTO_PASSTHROUGH",
        ),
        ("Gateway", {"spec/servers/0/port/protocol": "HTTP"}, "'HTTP' .*TLS"),
        ("Gateway", {"apiVersion": "gateway.networking.k8s.io/v1"}, "apiVersion gateway"),
        ("EnvoyFilter", {"spec/configPatches/0/applyTo": "CLUSTER"}, "'CLUSTER' .*NETWORK_FILTER"),
        ("EnvoyFilter", {"spec/configPatches/0/match": None}, r"without match\.context"),
        ("ServiceEntry", {"spec/resolution": "DNS_ROUND_ROBIN"}, r"ROBIN' .*STATIC, DNS \(names"),
        ("ServiceEntry", {"spec/ports/0/protocol": "GRPC"}, r"ports\[0\]\.protocol 'GRPC'"),
        ("ServiceEntry", {"spec/addresses": ["10.0.0.0/8"]}, r"addresses\[0\]: the subnet 10"),
        ("WorkloadEntry", {"spec/foo": 1}, r"spec\.foo"),
        ("DestinationRule", {"spec/workloadSelector": {}}, r"spec\.workloadSelector"),
        ("DestinationRule", {f"{POLICY}/loadBalancer/simple": "PASSTHROUGH"}, "PASSTHROUGH"),
        ("DestinationRule", {f"{POLICY}/loadBalancer/consistentHash": {}}, "consistentHash"),
        ("DestinationRule", {f"{POLICY}/loadBalancer/warmup": {}}, "warmup"),
        ("DestinationRule", {f"{POLICY}/connectionPool/tcp": {"tcpKeepalive": {}}}, "tcpKeepalive"),
        ("DestinationRule", {f"{POLICY}/tls": {"mode": "SIMPLE"}}, "DISABLE, ISTIO_MUTUAL"),
        ("DestinationRule", {f"{POLICY}/outlierDetection/consecutiveErrors": 1}, "consecutiveErr"),
        ("DestinationRule", {f"{POLICY}/proxyProtocol": {}}, "proxyProtocol"),
        (
            "DestinationRule",
            {"spec/subsets/0/trafficPolicy": {"tunnel": {}}},
            r"spec\.subsets\[0\]\.trafficPolicy\.tunnel",
        ),
        ("PeerAuthentication", {"spec/mtls/mode": "MUTUAL"}, "MUTUAL"),
    ],
)
def test_what_is_not_implemented_is_refused(manifests, kind, changes, message):
    with pytest.raises(NotSupported, match=message):
        check(manifests.changed(kind, changes))


def test_resolution_that_is_left_out_means_none(manifests):
    with pytest.raises(NotSupported, match="resolution is NONE when it is left out"):
        check(manifests.changed("ServiceEntry", {"spec/resolution": manifests.ABSENT}))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("Pod", "kind Pod is not supported .*apply a Deployment; it supports: ConfigMap, Depl"),
        ("Telemetry", "kind Telemetry is not supported by provider loopback; it supports"),
    ],
)
def test_other_kinds_are_refused(kind, message):
    metadata = {"name": "x", "namespace": "sample"}
    with pytest.raises(NotSupported, match=message):
        check({"apiVersion": "v1", "kind": kind, "metadata": metadata})


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("Deployment", {"spec/replicas": "2"}, r"spec\.replicas must be a whole number, .* '2'"),
        ("Deployment", {"spec/replicas": True}, "must be a whole number"),
        (
            "Deployment",
            {"spec/template/metadata/labels/version": 1.0},
            r"labels\.version must be text, it is 1\.0; quote it",
        ),
        ("Deployment", {"spec/template/spec/containers": {}}, "must be a list"),
        ("Deployment", {"spec/template": []}, r"spec\.template must be a mapping"),
        ("Service", {"spec/publishNotReadyAddresses": "yes"}, "must be true or false"),
        ("Service", {"spec/ports/0/targetPort": 1.5}, "must be a whole number or text"),
    ],
)
def test_wrong_types_are_refused(manifests, kind, changes, message):
    with pytest.raises(InvalidInput, match=message):
        check(manifests.changed(kind, changes))


def test_fields_without_effect_can_be_listed():
    fields = dict(listing(DEPLOYMENT, "spec"))
    idle = {path for path, field in fields.items() if not field.effect}
    assert "spec.template.spec.containers[].image" in idle
    assert "spec.strategy" in idle
    assert "spec.replicas" not in idle
    assert "spec.template.metadata.labels.*" in fields
