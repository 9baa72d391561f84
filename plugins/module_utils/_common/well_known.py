# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, labels, annotations and ports to which Kubernetes and Istio give a meaning."""

from __future__ import annotations

# the release of Istio that everything is computed as
MODELLED_ISTIO = "1.31"
ROOT_NAMESPACE = "istio-system"
DOMAIN_SUFFIX = "cluster.local"
SERVICE_SUFFIX = f"svc.{DOMAIN_SUFFIX}"
CONTROL_PLANE_ROLE = "node-role.kubernetes.io/control-plane"

# where a node, a pod or an endpoint is
REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
SUBZONE = "topology.istio.io/subzone"
# in the order in which a locality is written
LOCALITY_LABELS = (REGION, ZONE, SUBZONE)
LEGACY_REGION = "failure-domain.beta.kubernetes.io/region"
LEGACY_ZONE = "failure-domain.beta.kubernetes.io/zone"
LOCALITY = "topology.istio.io/locality"
LEGACY_LOCALITY = "istio-locality"
CLUSTER = "topology.istio.io/cluster"
NETWORK = "topology.istio.io/network"
HOSTNAME = "kubernetes.io/hostname"

# how a workload or a Service is reached
TLS_MODE = "security.istio.io/tlsMode"
TLS_MODE_ISTIO = "istio"
GATEWAY_PORT = "networking.istio.io/gatewayPort"
NODE_SELECTOR = "traffic.istio.io/nodeSelector"
EXPORT_TO = "networking.istio.io/exportTo"
TRAFFIC_DISTRIBUTION = "networking.istio.io/traffic-distribution"
AUTO_ALLOCATION = "networking.istio.io/enable-autoallocate-ip"
REMOTE_CLUSTERS = "istio/multiCluster"
SLICE_SERVICE = "kubernetes.io/service-name"

# the Gateway API, whose proxies istiod deploys
GATEWAY_API = "gateway.networking.k8s.io"
GATEWAY_API_GATEWAY = f"{GATEWAY_API}/Gateway"
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
# of Istio before 1.22
LEGACY_GATEWAY_NAME = "istio.io/gateway-name"
LISTENER_PROTOCOL = "gateway.istio.io/listener-protocol"

# the sidecar and its injection
PROXY_CONTAINER = "istio-proxy"
PROXY_CONFIG = "proxy.istio.io/config"
INJECT = "sidecar.istio.io/inject"
INJECT_TEMPLATES = "inject.istio.io/templates"
NAMESPACE_INJECTION = "istio-injection"
REVISION = "istio.io/rev"
CANONICAL_NAME = "service.istio.io/canonical-name"
CANONICAL_REVISION = "service.istio.io/canonical-revision"
NETWORK_VIEW_VARIABLE = "ISTIO_META_REQUESTED_NETWORK_VIEW"
NETWORK_VARIABLE = "ISTIO_META_NETWORK"

OUTBOUND_CAPTURE_PORT = 15001
INBOUND_CAPTURE_PORT = 15006
HEALTH_PORT = 15021
# where east-west gateways take mutual TLS
GATEWAY_MTLS_PORT = 15443
# of the template that a ReplicaSet makes its pods from
TEMPLATE_HASH = "pod-template-hash"

# The API group of a kind that is asked for by its name alone; names repeat in other groups
GROUPS = {
    kind: group
    for group, kinds in {
        "": "ConfigMap Endpoints Event Namespace Node Pod Secret Service ServiceAccount",
        "apps": "DaemonSet Deployment ReplicaSet StatefulSet",
        "discovery.k8s.io": "EndpointSlice",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        # its Gateway is called GATEWAY_API_GATEWAY, as Istio has a kind of that name, too
        "gateway.networking.k8s.io": "GatewayClass GRPCRoute HTTPRoute ReferenceGrant",
        "networking.istio.io": "DestinationRule EnvoyFilter Gateway ProxyConfig ServiceEntry"
        " Sidecar VirtualService WorkloadEntry WorkloadGroup",
        "security.istio.io": "AuthorizationPolicy PeerAuthentication RequestAuthentication",
        "telemetry.istio.io": "Telemetry",
        "metallb.io": "IPAddressPool L2Advertisement",
        "sailoperator.io": "Istio IstioCNI IstioRevision",
    }.items()
    for kind in kinds.split()
}
# kinds without a namespace, of those that are read here
CLUSTER_SCOPED = frozenset({"Namespace", "Node", "GatewayClass"})
# kinds whose objects have pods
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
