# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of the kinds that the mesh reads, as Kubernetes and Istio publish them.

Fields that nothing here reads are not listed, and not checked: observed objects may have any.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.connection_pool_shapes import (
    CONNECTION_POOL,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.gateway_api_shapes import (
    GATEWAY_API_SHAPES,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.routing_shapes import (
    SIDECAR,
    VIRTUAL_SERVICE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    COUNT,
    DURATION,
    FLAG,
    INT32,
    INT_OR_TEXT,
    LABELS,
    NUMBER,
    TEXT,
    TEXTS,
    UINT32,
    List,
    Map,
    Mapping,
    Schema,
    Value,
    one_of,
)

METADATA = Mapping(
    {
        "name": TEXT,
        "namespace": TEXT,
        "labels": LABELS,
        "annotations": LABELS,
        "ownerReferences": List(Mapping({"kind": TEXT, "name": TEXT})),
    }
)
_ENABLED = {"enabled": FLAG}
# nobody has more regions, and every rule is compared with every other
_MOST_RULES = 256
_FAILOVER = List(Mapping({"from": TEXT, "to": TEXT}), _MOST_RULES)
_FAILOVER_PRIORITY = List(TEXT, _MOST_RULES)
# its range is the webhook's business, which tells what would be right
_WEIGHT = Value((int,))
LOCALITY_SETTING = Mapping(
    {
        **_ENABLED,
        "distribute": List(Mapping({"from": TEXT, "to": Map(_WEIGHT)}), _MOST_RULES),
        "failover": _FAILOVER,
        "failoverPriority": _FAILOVER_PRIORITY,
    }
)
ZONE_AWARE_SETTING = Mapping(
    {
        **_ENABLED,
        "failover": _FAILOVER,
        "failoverPriority": _FAILOVER_PRIORITY,
        "minClusterSize": UINT32,
    }
)

OUTLIER_DETECTION = Mapping(
    {
        "splitExternalLocalOriginErrors": FLAG,
        "consecutiveLocalOriginFailures": UINT32,
        "consecutiveGatewayErrors": UINT32,
        "consecutive5xxErrors": UINT32,
        "consecutiveErrors": INT32,
        "interval": DURATION,
        "baseEjectionTime": DURATION,
        "maxEjectionPercent": INT32,
        "minHealthPercent": INT32,
    }
)
_CONSISTENT_HASH = Mapping(
    {
        "httpHeaderName": TEXT,
        "httpQueryParameterName": TEXT,
        "useSourceIp": FLAG,
        "httpCookie": Mapping({"name": TEXT, "path": TEXT, "ttl": DURATION}),
        "minimumRingSize": COUNT,
        "ringHash": Mapping({"minimumRingSize": COUNT}),
        "maglev": Mapping({"tableSize": COUNT}),
    }
)
_LOAD_BALANCER = Mapping(
    {
        "simple": one_of(
            "UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"
        ),
        "consistentHash": _CONSISTENT_HASH,
        "localityLbSetting": LOCALITY_SETTING,
        "zoneAwareLbSetting": ZONE_AWARE_SETTING,
        "warmupDurationSecs": DURATION,
        "warmup": Mapping({"duration": DURATION, "minimumPercent": NUMBER, "aggression": NUMBER}),
    }
)
_CLIENT_TLS = Mapping(
    {
        "mode": one_of("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"),
        "clientCertificate": TEXT,
        "privateKey": TEXT,
        "caCertificates": TEXT,
        "caCrl": TEXT,
        "credentialName": TEXT,
        "sni": TEXT,
        "subjectAltNames": TEXTS,
        "insecureSkipVerify": FLAG,
    }
)
_POLICY: t.Final[t.Mapping[str, Schema]] = {
    "loadBalancer": _LOAD_BALANCER,
    "connectionPool": CONNECTION_POOL,
    "outlierDetection": OUTLIER_DETECTION,
    "tls": _CLIENT_TLS,
}
_PORT_NUMBER = Mapping({"number": UINT32})
TRAFFIC_POLICY = Mapping(
    {
        **_POLICY,
        "portLevelSettings": List(Mapping({"port": _PORT_NUMBER, **_POLICY})),
        "tunnel": Mapping(),
        "proxyProtocol": Mapping(),
        "retryBudget": Mapping(),
    }
)
_SELECTS_LABELS = Mapping({"labels": LABELS})
_MATCHES_LABELS = Mapping({"matchLabels": LABELS})
_DESTINATION_RULE = Mapping(
    {
        "host": TEXT,
        "trafficPolicy": TRAFFIC_POLICY,
        "subsets": List(
            Mapping({"name": TEXT, "labels": LABELS, "trafficPolicy": TRAFFIC_POLICY}, ("name",))
        ),
        "exportTo": TEXTS,
        "workloadSelector": _MATCHES_LABELS,
    },
    ("host",),
)

_ENTRY_FIELDS: t.Final[t.Mapping[str, Schema]] = {
    "address": TEXT,
    "ports": Map(UINT32),
    "labels": LABELS,
    "network": TEXT,
    "locality": TEXT,
    "weight": UINT32,
    "serviceAccount": TEXT,
}
_SERVICE_ENTRY = Mapping(
    {
        "hosts": TEXTS,
        "addresses": TEXTS,
        "ports": List(
            Mapping(
                {"number": UINT32, "name": TEXT, "protocol": TEXT, "targetPort": UINT32},
                ("number", "name"),
            )
        ),
        "location": one_of("MESH_EXTERNAL", "MESH_INTERNAL"),
        "resolution": one_of("NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"),
        "endpoints": List(Mapping(_ENTRY_FIELDS)),
        "workloadSelector": _SELECTS_LABELS,
        "exportTo": TEXTS,
        "subjectAltNames": TEXTS,
    },
    ("hosts",),
)
_GATEWAY = Mapping(
    {
        "selector": LABELS,
        "servers": List(
            Mapping(
                {
                    "name": TEXT,
                    "bind": TEXT,
                    "port": Mapping(
                        {"number": UINT32, "name": TEXT, "protocol": TEXT}, ("number", "protocol")
                    ),
                    "hosts": TEXTS,
                    "tls": Mapping(
                        {
                            "mode": one_of(
                                "PASSTHROUGH",
                                "SIMPLE",
                                "MUTUAL",
                                "AUTO_PASSTHROUGH",
                                "ISTIO_MUTUAL",
                                "OPTIONAL_MUTUAL",
                            ),
                            "credentialName": TEXT,
                            "credentialNames": TEXTS,
                            "serverCertificate": TEXT,
                            "privateKey": TEXT,
                            "caCertificates": TEXT,
                            "tlsCertificates": List(Mapping()),
                        }
                    ),
                },
                ("port", "hosts"),
            )
        ),
    }
)
_MTLS = Mapping({"mode": one_of("UNSET", "DISABLE", "PERMISSIVE", "STRICT")})
_PEER_AUTHENTICATION = Mapping(
    {"selector": _MATCHES_LABELS, "mtls": _MTLS, "portLevelMtls": Map(_MTLS)}
)
_ENVOY_FILTER = Mapping(
    {
        "workloadSelector": _SELECTS_LABELS,
        "configPatches": List(
            Mapping({"applyTo": TEXT, "match": Mapping({"context": TEXT}), "patch": Mapping()})
        ),
    }
)

_CONTAINER = Mapping(
    {
        "name": TEXT,
        "env": List(Mapping({"name": TEXT, "value": TEXT})),
        "ports": List(
            Mapping({"name": TEXT, "containerPort": INT32, "protocol": TEXT}, ("containerPort",))
        ),
        "command": TEXTS,
        "args": TEXTS,
    },
    ("name",),
)
_NODE_TERMS = Mapping(
    {
        "requiredDuringSchedulingIgnoredDuringExecution": Mapping(
            {"nodeSelectorTerms": List(Mapping())}
        )
    }
)
_POD = Mapping(
    {
        "containers": List(_CONTAINER),
        "initContainers": List(_CONTAINER),
        "nodeName": TEXT,
        "nodeSelector": LABELS,
        "affinity": Mapping({"nodeAffinity": _NODE_TERMS}),
        "serviceAccountName": TEXT,
        "serviceAccount": TEXT,
        "tolerations": List(
            Mapping({"key": TEXT, "operator": TEXT, "value": TEXT, "effect": TEXT})
        ),
        "hostAliases": List(Mapping({"ip": TEXT, "hostnames": TEXTS})),
    },
    ("containers",),
)
_CONDITIONS = List(Mapping({"type": TEXT, "status": TEXT}))
_POD_STATUS = Mapping({"podIP": TEXT, "phase": TEXT, "conditions": _CONDITIONS})
_TEMPLATE = Mapping({"metadata": METADATA, "spec": _POD}, ("spec",))
_WORKLOAD = Mapping(
    {"replicas": COUNT, "selector": _MATCHES_LABELS, "template": _TEMPLATE}, ("template",)
)
_SERVICE = Mapping(
    {
        "type": one_of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
        "selector": LABELS,
        "ports": List(
            Mapping(
                {
                    "name": TEXT,
                    "port": INT32,
                    "targetPort": INT_OR_TEXT,
                    "nodePort": INT32,
                    "protocol": one_of("TCP", "UDP", "SCTP"),
                    "appProtocol": TEXT,
                },
                ("port",),
            )
        ),
        "clusterIP": TEXT,
        "clusterIPs": TEXTS,
        "externalIPs": TEXTS,
        "loadBalancerIP": TEXT,
        "publishNotReadyAddresses": FLAG,
        "internalTrafficPolicy": one_of("Cluster", "Local"),
        "trafficDistribution": TEXT,
    }
)
_INGRESS = Mapping({"ingress": List(Mapping({"ip": TEXT, "hostname": TEXT}))})
_SLICE_ENDPOINT = Mapping(
    {
        "addresses": TEXTS,
        "conditions": Mapping({"ready": FLAG, "serving": FLAG, "terminating": FLAG}),
        "targetRef": Mapping({"kind": TEXT, "name": TEXT, "namespace": TEXT}),
    }
)
_NODE = Mapping(
    {
        "taints": List(Mapping({"key": TEXT, "value": TEXT, "effect": TEXT})),
        "unschedulable": FLAG,
    }
)
_ADDRESSES = Mapping({"addresses": List(Mapping({"type": TEXT, "address": TEXT}))})
_ALLOCATED = Mapping(
    {
        "addresses": List(Mapping({"host": TEXT, "value": TEXT}, ("value",))),
        "conditions": _CONDITIONS,
    }
)

NETWORKING = "networking.istio.io"
# by API group and kind, the fields beside apiVersion, kind and metadata
SHAPES: t.Final[t.Mapping[tuple[str, str], Mapping]] = {
    ("", "ConfigMap"): Mapping({"data": LABELS}),
    ("", "Node"): Mapping({"spec": _NODE, "status": _ADDRESSES}),
    ("", "Pod"): Mapping({"spec": _POD, "status": _POD_STATUS}),
    ("", "Secret"): Mapping({"type": TEXT, "data": LABELS, "stringData": LABELS}),
    ("", "Service"): Mapping({"spec": _SERVICE, "status": Mapping({"loadBalancer": _INGRESS})}),
    ("apps", "DaemonSet"): Mapping({"spec": _WORKLOAD}, ("spec",)),
    ("apps", "Deployment"): Mapping({"spec": _WORKLOAD}, ("spec",)),
    ("apps", "StatefulSet"): Mapping({"spec": _WORKLOAD}, ("spec",)),
    ("apps", "ReplicaSet"): Mapping({"spec": Mapping({"replicas": COUNT})}),
    ("discovery.k8s.io", "EndpointSlice"): Mapping(
        {
            "endpoints": List(_SLICE_ENDPOINT),
            "ports": List(Mapping({"name": TEXT, "port": INT32, "protocol": TEXT})),
        }
    ),
    ("metallb.io", "IPAddressPool"): Mapping({"spec": Mapping({"addresses": TEXTS})}, ("spec",)),
    (NETWORKING, "DestinationRule"): Mapping({"spec": _DESTINATION_RULE}, ("spec",)),
    (NETWORKING, "EnvoyFilter"): Mapping({"spec": _ENVOY_FILTER}),
    (NETWORKING, "Gateway"): Mapping({"spec": _GATEWAY}),
    (NETWORKING, "Sidecar"): Mapping({"spec": SIDECAR}),
    (NETWORKING, "VirtualService"): Mapping({"spec": VIRTUAL_SERVICE}),
    (NETWORKING, "ServiceEntry"): Mapping(
        {"spec": _SERVICE_ENTRY, "status": _ALLOCATED}, ("spec",)
    ),
    (NETWORKING, "WorkloadEntry"): Mapping(
        {"spec": Mapping(_ENTRY_FIELDS), "status": Mapping({"conditions": _CONDITIONS})}
    ),
    ("security.istio.io", "PeerAuthentication"): Mapping({"spec": _PEER_AUTHENTICATION}),
    **GATEWAY_API_SHAPES,
}

# kinds of these names of any other group, such as those of the Gateway API or of Knative
_OTHER_GROUP: t.Final[t.Mapping[str, Mapping]] = {
    kind: shape if group in ("", "apps") else Mapping({"spec": Mapping()})
    for (group, kind), shape in SHAPES.items()
}


def shape_of(group: str, kind: str) -> Mapping | None:
    """Return the shape of a kind; None where nothing here reads the kind."""
    return SHAPES.get((group, kind)) or _OTHER_GROUP.get(kind)


MESH_CONFIG = Mapping(
    {
        "trustDomain": TEXT,
        "trustDomainAliases": TEXTS,
        "rootNamespace": TEXT,
        "enableAutoMtls": FLAG,
        "localityLbSetting": LOCALITY_SETTING,
        "zoneAwareLbSetting": ZONE_AWARE_SETTING,
        "outboundTrafficPolicy": Mapping({"mode": one_of("REGISTRY_ONLY", "ALLOW_ANY")}),
        "defaultConfig": Mapping({"meshId": TEXT, "proxyMetadata": Mapping()}),
        "defaultTrafficPolicy": Mapping(
            {"connectionPool": CONNECTION_POOL, "outlierDetection": OUTLIER_DETECTION}
        ),
        "serviceSettings": List(
            Mapping({"settings": Mapping({"clusterLocal": FLAG}), "hosts": TEXTS})
        ),
    }
)
MESH_NETWORKS = Mapping(
    {
        "networks": Map(
            Mapping(
                {
                    "endpoints": List(Mapping({"fromRegistry": TEXT, "fromCidr": TEXT})),
                    "gateways": List(
                        Mapping({"address": TEXT, "registryServiceName": TEXT, "port": UINT32})
                    ),
                }
            )
        )
    }
)
MESH_KEYS: t.Final[t.Mapping[str, Schema]] = {"mesh": MESH_CONFIG, "meshNetworks": MESH_NETWORKS}
