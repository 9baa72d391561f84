# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the loopback provider implements: kinds, versions, fields. Data only; documentation reads it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import HEALTH_PORT
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import envoy_filters
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import supported_routes
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.field_schema import (
    FLAG,
    LABELS,
    NO_EFFECT,
    NUMBER,
    PORT,
    TEXT,
    TEXTS,
    Field,
    Schema,
    one_of,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: the fields beside ``apiVersion``, ``kind`` and ``metadata``."""

    versions: tuple[str, ...]
    fields: t.Mapping[str, Schema]
    # the only objects of the kind that mean something, as namespace/name
    only: tuple[str, ...] = ()


_NETWORKING = (
    "networking.istio.io/v1",
    "networking.istio.io/v1beta1",
    "networking.istio.io/v1alpha3",
)
_SECURITY = ("security.istio.io/v1", "security.istio.io/v1beta1")
_METALLB = ("metallb.io/v1beta1",)

METADATA: t.Mapping[str, Schema] = {
    "name": TEXT,
    "namespace": TEXT,
    "labels": LABELS,
    "annotations": LABELS,
    "finalizers": NO_EFFECT,
    "ownerReferences": NO_EFFECT,
}

CONTAINER: t.Mapping[str, Schema] = {
    "name": TEXT,
    # SERVICE_VERSION and a proxy's ISTIO_META_ variables are read, others go nowhere
    "env": [{"name": TEXT, "value": TEXT, "valueFrom": NO_EFFECT}],
    "ports": [
        {
            "name": TEXT,
            "containerPort": NUMBER,
            "protocol": one_of("TCP"),
        }
    ],
    "args": NO_EFFECT,
    "command": NO_EFFECT,
    "envFrom": NO_EFFECT,
    "image": NO_EFFECT,
    "imagePullPolicy": NO_EFFECT,
    "lifecycle": NO_EFFECT,
    "livenessProbe": NO_EFFECT,
    "readinessProbe": NO_EFFECT,
    "resources": NO_EFFECT,
    "securityContext": NO_EFFECT,
    "startupProbe": NO_EFFECT,
    "stdin": NO_EFFECT,
    "terminationMessagePath": NO_EFFECT,
    "terminationMessagePolicy": NO_EFFECT,
    "tty": NO_EFFECT,
    "volumeMounts": NO_EFFECT,
    "workingDir": NO_EFFECT,
}

DEPLOYMENT: t.Mapping[str, Schema] = {
    "replicas": NUMBER,
    "selector": {"matchLabels": LABELS},
    "template": {
        "metadata": {"labels": LABELS, "annotations": LABELS, "creationTimestamp": NO_EFFECT},
        "spec": {
            "containers": [CONTAINER],
            "nodeName": TEXT,
            "nodeSelector": LABELS,
            "serviceAccountName": TEXT,
            "tolerations": [
                {
                    "key": TEXT,
                    "operator": one_of("Equal", "Exists"),
                    "value": TEXT,
                    "effect": one_of("NoSchedule", "NoExecute", "PreferNoSchedule"),
                    "tolerationSeconds": NO_EFFECT,
                }
            ],
            "automountServiceAccountToken": NO_EFFECT,
            "dnsPolicy": one_of("ClusterFirst"),
            "enableServiceLinks": NO_EFFECT,
            "hostAliases": [{"ip": TEXT, "hostnames": TEXTS}],
            "imagePullSecrets": NO_EFFECT,
            "restartPolicy": one_of("Always"),
            "schedulerName": one_of("default-scheduler"),
            "securityContext": NO_EFFECT,
            "terminationGracePeriodSeconds": NO_EFFECT,
            "volumes": NO_EFFECT,
        },
    },
    "minReadySeconds": NO_EFFECT,
    "progressDeadlineSeconds": NO_EFFECT,
    "revisionHistoryLimit": NO_EFFECT,
    "strategy": NO_EFFECT,
}

SERVICE: t.Mapping[str, Schema] = {
    "type": one_of("ClusterIP", "LoadBalancer"),
    "selector": LABELS,
    "ports": [
        {
            "name": TEXT,
            "port": NUMBER,
            "targetPort": PORT,
            "protocol": one_of("TCP"),
            "appProtocol": TEXT,
            "nodePort": NO_EFFECT,
        }
    ],
    "clusterIP": TEXT,
    "clusterIPs": TEXTS,
    "loadBalancerIP": TEXT,
    "publishNotReadyAddresses": FLAG,
    "trafficDistribution": one_of("PreferClose", "PreferSameZone", "PreferSameNode"),
    "allocateLoadBalancerNodePorts": NO_EFFECT,
    "externalTrafficPolicy": one_of("Cluster"),
    "internalTrafficPolicy": one_of("Cluster"),
    "ipFamilies": [one_of("IPv4")],
    "ipFamilyPolicy": one_of("SingleStack"),
    "sessionAffinity": one_of("None"),
}
# An unnamed protocol would be guessed from the first bytes, HTTP/2 has no upstream yet.
PORT_PROTOCOLS = ("http", "tcp", "tls", "https", "mongo", "mysql", "redis")
# The health port of gateways carries no traffic of the mesh, whatever it is called.
UNCHECKED_PORTS = (HEALTH_PORT,)

PROXY_METADATA: t.Mapping[str, Schema] = {
    "ISTIO_META_DNS_CAPTURE": Field(),
    "ISTIO_META_REQUESTED_NETWORK_VIEW": TEXT,
    "ISTIO_META_NETWORK": TEXT,
    "ISTIO_META_CLUSTER_ID": NO_EFFECT,
    "ISTIO_META_DNS_AUTO_ALLOCATE": NO_EFFECT,
    "ISTIO_META_ROUTER_MODE": NO_EFFECT,
}
PROXY_CONFIG: t.Mapping[str, Schema] = {"proxyMetadata": PROXY_METADATA}

LOCALITY_SETTING: t.Mapping[str, Schema] = {
    "enabled": FLAG,
    "distribute": [{"from": TEXT, "to": {"*": NUMBER}}],
    "failover": [{"from": TEXT, "to": TEXT}],
    "failoverPriority": TEXTS,
}

MESH_CONFIG: t.Mapping[str, Schema] = {
    "accessLogFile": TEXT,
    "defaultConfig": {"meshId": TEXT, **PROXY_CONFIG},
    "enableAutoMtls": FLAG,
    "localityLbSetting": LOCALITY_SETTING,
    "outboundTrafficPolicy": {
        "mode": one_of("REGISTRY_ONLY", note="a loopback lab reaches nothing outside itself")
    },
    "rootNamespace": TEXT,
    "serviceSettings": [{"settings": {"clusterLocal": FLAG}, "hosts": TEXTS}],
    "trustDomain": TEXT,
    "trustDomainAliases": TEXTS,
}

ENTRY: t.Mapping[str, Schema] = {
    "address": TEXT,
    "ports": {"*": NUMBER},
    "labels": LABELS,
    "network": TEXT,
    "locality": TEXT,
    "weight": NUMBER,
    "serviceAccount": TEXT,
}

SERVICE_ENTRY: t.Mapping[str, Schema] = {
    "hosts": TEXTS,
    "addresses": TEXTS,
    "ports": [{"number": NUMBER, "name": TEXT, "protocol": TEXT, "targetPort": NUMBER}],
    "location": one_of("MESH_EXTERNAL", "MESH_INTERNAL"),
    "resolution": one_of(
        "STATIC",
        "DNS",
        note="names of endpoints are looked up when the lab is configured, not again and again",
    ),
    "endpoints": [ENTRY],
    "workloadSelector": {"labels": LABELS},
    "exportTo": TEXTS,
    "subjectAltNames": TEXTS,
}

_POLICY: t.Mapping[str, Schema] = {
    "loadBalancer": {
        "simple": one_of("UNSPECIFIED", "LEAST_REQUEST", "LEAST_CONN", "ROUND_ROBIN", "RANDOM"),
        "localityLbSetting": LOCALITY_SETTING,
    },
    "connectionPool": {
        "tcp": {"maxConnections": NUMBER, "connectTimeout": TEXT, "maxConnectionDuration": TEXT},
        "http": {
            "http1MaxPendingRequests": NUMBER,
            "http2MaxRequests": NUMBER,
            "idleTimeout": TEXT,
            "maxRequestsPerConnection": NUMBER,
            "maxRetries": NUMBER,
        },
    },
    "outlierDetection": {
        "baseEjectionTime": TEXT,
        "consecutive5xxErrors": NUMBER,
        "consecutiveGatewayErrors": NUMBER,
        "consecutiveLocalOriginFailures": NUMBER,
        "interval": TEXT,
        "maxEjectionPercent": NUMBER,
        "minHealthPercent": NUMBER,
        "splitExternalLocalOriginErrors": FLAG,
    },
    "tls": {"mode": one_of("DISABLE", "ISTIO_MUTUAL")},
}
TRAFFIC_POLICY: t.Mapping[str, Schema] = {
    **_POLICY,
    "portLevelSettings": [{"port": {"number": NUMBER}, **_POLICY}],
}

DESTINATION_RULE: t.Mapping[str, Schema] = {
    "host": TEXT,
    "exportTo": TEXTS,
    "trafficPolicy": TRAFFIC_POLICY,
    "subsets": [{"name": TEXT, "labels": LABELS, "trafficPolicy": TRAFFIC_POLICY}],
}

GATEWAY: t.Mapping[str, Schema] = {
    "selector": LABELS,
    "servers": [
        {
            "name": TEXT,
            "port": {"number": NUMBER, "name": TEXT, "protocol": one_of("TLS", "tls")},
            "tls": {
                "mode": one_of(
                    "AUTO_PASSTHROUGH", note="gateways forward mTLS by its server name only"
                )
            },
            "hosts": TEXTS,
        }
    ],
}

_INBOUND_HTTP = "limits of the HTTP connections that a sidecar takes are all that can be patched"
ENVOY_FILTER: t.Mapping[str, Schema] = {
    "workloadSelector": {"labels": LABELS},
    "configPatches": [
        {
            "applyTo": one_of("NETWORK_FILTER", note=_INBOUND_HTTP),
            "match": {
                "context": one_of("SIDECAR_INBOUND", note=_INBOUND_HTTP),
                "listener": {
                    "filterChain": {
                        "filter": {"name": one_of(envoy_filters.HTTP_MANAGER, note=_INBOUND_HTTP)}
                    }
                },
            },
            "patch": {
                "operation": one_of("MERGE"),
                "value": {
                    "typed_config": {
                        "@type": one_of(envoy_filters.HTTP_MANAGER_TYPE),
                        envoy_filters.OPTIONS: {
                            "max_requests_per_connection": NUMBER,
                            "max_connection_duration": TEXT,
                        },
                    }
                },
            },
        }
    ],
}

_MTLS: Schema = {"mode": one_of("STRICT", "PERMISSIVE", "DISABLE", "UNSET")}

KINDS: t.Mapping[str, Kind] = {
    "Namespace": Kind(("v1",), {"spec": {"finalizers": NO_EFFECT}}),
    "Node": Kind(
        ("v1",),
        {
            "spec": {
                "taints": [{"key": TEXT, "value": TEXT, "effect": TEXT, "timeAdded": NO_EFFECT}],
                "unschedulable": FLAG,
                "podCIDR": NO_EFFECT,
                "podCIDRs": NO_EFFECT,
                "providerID": NO_EFFECT,
            }
        },
    ),
    "ServiceAccount": Kind(
        ("v1",),
        {
            "automountServiceAccountToken": NO_EFFECT,
            "imagePullSecrets": NO_EFFECT,
            "secrets": NO_EFFECT,
        },
    ),
    "Secret": Kind(
        ("v1",), {"type": TEXT, "data": LABELS, "stringData": LABELS, "immutable": NO_EFFECT}
    ),
    "ConfigMap": Kind(
        ("v1",),
        {"data": {"mesh": TEXT, "meshNetworks": TEXT}, "immutable": NO_EFFECT},
        only=("istio-system/istio",),
    ),
    "Service": Kind(("v1",), {"spec": SERVICE}),
    "Deployment": Kind(("apps/v1",), {"spec": DEPLOYMENT}),
    "IPAddressPool": Kind(
        _METALLB,
        {
            "spec": {
                "addresses": TEXTS,
                "autoAssign": FLAG,
                "avoidBuggyIPs": one_of(
                    True, note="addresses that end in .0 or .255 are never given"
                ),
            }
        },
    ),
    "L2Advertisement": Kind(_METALLB, {"spec": {"ipAddressPools": TEXTS}}),
    "Gateway": Kind(_NETWORKING, {"spec": GATEWAY}),
    "DestinationRule": Kind(_NETWORKING, {"spec": DESTINATION_RULE}),
    "EnvoyFilter": Kind(("networking.istio.io/v1alpha3",), {"spec": ENVOY_FILTER}),
    "ServiceEntry": Kind(_NETWORKING, {"spec": SERVICE_ENTRY}),
    "Sidecar": Kind(_NETWORKING, {"spec": supported_routes.SIDECAR}),
    "VirtualService": Kind(_NETWORKING, {"spec": supported_routes.VIRTUAL_SERVICE}),
    "WorkloadEntry": Kind(_NETWORKING, {"spec": ENTRY}),
    "PeerAuthentication": Kind(
        _SECURITY,
        {
            "spec": {
                "selector": {"matchLabels": LABELS},
                "mtls": _MTLS,
                "portLevelMtls": {"*": _MTLS},
            }
        },
    ),
}

MESH_NETWORKS: t.Mapping[str, Schema] = {
    "networks": {
        "*": {
            "endpoints": [{"fromRegistry": TEXT, "fromCidr": TEXT}],
            "gateways": [{"address": TEXT, "registryServiceName": TEXT, "port": NUMBER}],
        }
    }
}

# Kinds that people try, and what to do instead.
ADVICE: t.Mapping[str, str] = {
    "Pod": "pods are made from Deployments, so apply a Deployment",
    "ReplicaSet": "apply a Deployment",
    "StatefulSet": "apply a Deployment",
    "DaemonSet": "apply a Deployment",
    "EndpointSlice": "endpoints are made from pods and WorkloadEntries",
    "Endpoints": "endpoints are made from pods and WorkloadEntries",
}

# Labels and annotations with a meaning that loopback does not give them; others are kept as they are.
REFUSED_MARKS: t.Mapping[str, str] = {
    "istio.io/dataplane-mode": "there is no ambient mode",
    "istio.io/use-waypoint": "there is no ambient mode",
    "istio.io/persistent-session": "there are no persistent sessions",
    "istio.io/connect-strategy": "nothing resolves names",
    "metallb.io/allow-shared-ip": "each Service has an address of its own",
    "metallb.universe.tf/allow-shared-ip": "each Service has an address of its own",
    "traffic.istio.io/nodeSelector": "nodes have no addresses",
    "traffic.sidecar.istio.io/excludeInboundPorts": "all traffic goes through the sidecar",
    "traffic.sidecar.istio.io/excludeOutboundPorts": "all traffic goes through the sidecar",
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": "all traffic goes through the sidecar",
    "traffic.sidecar.istio.io/includeInboundPorts": "all traffic goes through the sidecar",
    "traffic.sidecar.istio.io/includeOutboundPorts": "all traffic goes through the sidecar",
    "traffic.sidecar.istio.io/includeOutboundIPRanges": "all traffic goes through the sidecar",
}
# inject.istio.io/templates: the templates that injection knows
INJECTION_TEMPLATES = ("sidecar", "gateway")
