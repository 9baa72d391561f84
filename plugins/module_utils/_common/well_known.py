# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels, annotations and names that Kubernetes and Istio give a meaning.

Private to this collection.
"""

from __future__ import annotations

ROOT_NAMESPACE = "istio-system"
DOMAIN_SUFFIX = "cluster.local"

REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
SUBZONE = "topology.istio.io/subzone"
LEGACY_REGION = "failure-domain.beta.kubernetes.io/region"
LEGACY_ZONE = "failure-domain.beta.kubernetes.io/zone"
LOCALITY = "topology.istio.io/locality"
LEGACY_LOCALITY = "istio-locality"
CLUSTER = "topology.istio.io/cluster"
NETWORK = "topology.istio.io/network"
HOSTNAME = "kubernetes.io/hostname"

TLS_MODE = "security.istio.io/tlsMode"
TLS_MODE_ISTIO = "istio"
GATEWAY_PORT = "networking.istio.io/gatewayPort"
NODE_SELECTOR = "traffic.istio.io/nodeSelector"
EXPORT_TO = "networking.istio.io/exportTo"
TRAFFIC_DISTRIBUTION = "networking.istio.io/traffic-distribution"
REMOTE_CLUSTERS = "istio/multiCluster"
SLICE_SERVICE = "kubernetes.io/service-name"

PROXY_CONTAINER = "istio-proxy"
PROXY_CONFIG = "proxy.istio.io/config"
INJECT_TEMPLATES = "inject.istio.io/templates"
NETWORK_VIEW_VARIABLE = "ISTIO_META_REQUESTED_NETWORK_VIEW"
NETWORK_VARIABLE = "ISTIO_META_NETWORK"
