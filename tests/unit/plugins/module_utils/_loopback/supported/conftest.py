# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests that the loopback provider takes, to be changed by tests."""

from __future__ import annotations

import copy
import typing as t

import pytest
import yaml

MANIFESTS = """
apiVersion: v1
kind: Namespace
metadata: {name: sample, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/zone: zone1}}
spec: {taints: [{key: a, effect: NoSchedule}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: hello, namespace: sample}
---
apiVersion: v1
kind: Secret
metadata: {name: cacerts, namespace: istio-system}
type: Opaque
data: {ca-cert.pem: YWJj}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    trustDomain: east.local
    trustDomainAliases: [west.local]
    accessLogFile: /dev/stdout
    defaultConfig: {meshId: east-mesh, proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}}
    localityLbSetting: {failover: [{from: east, to: west}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: hello, namespace: sample}
spec:
  hosts: [hello]
  http:
    - match: [{uri: {prefix: /new}, headers: {x: {exact: a}}, sourceLabels: {app: sleep}}]
      route: [{destination: {host: hello, subset: v2}, weight: 10}, {destination: {host: hello}, weight: 90}]
      timeout: 2s
      retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx}
      fault: {abort: {httpStatus: 503, percentage: {value: 12.5}}}
    - directResponse: {status: 418, body: {string: tea}}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: sample}
spec:
  workloadSelector: {labels: {app: hello}}
  egress: [{hosts: ["./*", "istio-system/*"]}]
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: limit, namespace: sample}
spec:
  workloadSelector: {labels: {app: hello}}
  configPatches:
    - applyTo: NETWORK_FILTER
      match:
        context: SIDECAR_INBOUND
        listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}
      patch:
        operation: MERGE
        value:
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            common_http_protocol_options: {max_requests_per_connection: 10}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello, namespace: sample}
spec:
  replicas: 1
  selector: {matchLabels: {app: hello}}
  strategy: {type: Recreate}
  template:
    metadata:
      labels: {app: hello}
      annotations: {eastwest.mesh/app: helloworld}
    spec:
      serviceAccountName: hello
      nodeSelector: {topology.kubernetes.io/zone: zone1}
      containers:
        - name: app
          image: hello:1
          env: [{name: SERVICE_VERSION, value: v1}]
          ports: [{containerPort: 5000}]
          readinessProbe: {httpGet: {path: /health, port: 5000}}
---
apiVersion: v1
kind: Service
metadata: {name: hello, namespace: sample}
spec:
  type: LoadBalancer
  selector: {app: hello}
  ports: [{name: http, port: 5000, targetPort: 5000}, {name: status-port, port: 15021}]
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: pool, namespace: metallb-system}
spec: {addresses: [127.9.240.0/24]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: l2, namespace: metallb-system}
spec: {ipAddressPools: [pool]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gateway, namespace: istio-system}
spec:
  selector: {istio: eastwestgateway}
  servers:
    - port: {number: 15443, name: tls, protocol: TLS}
      tls: {mode: AUTO_PASSTHROUGH}
      hosts: ["*.local"]
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: west, namespace: sample}
spec:
  address: 127.9.240.1
  ports: {http: 15443}
  labels: {app: hello, security.istio.io/tlsMode: istio}
  locality: west/zone3
  network: west-network
  weight: 2
---
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: remote, namespace: sample}
spec:
  hosts: [remote.sample.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 8000, name: http, protocol: HTTP}]
  endpoints: [{address: 127.9.240.1, ports: {http: 15443}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: hello, namespace: sample}
spec:
  host: hello
  trafficPolicy:
    loadBalancer:
      simple: ROUND_ROBIN
      localityLbSetting: {failover: [{from: east, to: west}]}
    connectionPool: {http: {maxRequestsPerConnection: 1}}
    outlierDetection:
      consecutive5xxErrors: 1
      interval: 1s
      baseEjectionTime: 1m
      maxEjectionPercent: 100
    portLevelSettings: [{port: {number: 5000}, tls: {mode: ISTIO_MUTUAL}}]
  subsets: [{name: v1, labels: {version: v1}}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
"""
_BY_KIND = {manifest["kind"]: manifest for manifest in yaml.safe_load_all(MANIFESTS)}
_ABSENT = object()


class Manifests:
    """Fresh copies of the manifests above, with single fields changed."""

    kinds = tuple(_BY_KIND)
    ABSENT = _ABSENT

    @staticmethod
    def changed(kind: str, changes: dict[str, t.Any]) -> dict[str, t.Any]:
        """``changes`` has paths such as ``spec/ports/0/name``; keys with slashes go in tuples."""
        manifest: dict[str, t.Any] = copy.deepcopy(_BY_KIND[kind])
        for path, value in changes.items():
            *parents, last = path.split("/") if isinstance(path, str) else path
            place: t.Any = manifest
            for part in parents:
                if isinstance(place, list):
                    place = place[int(part)]
                else:
                    place = place.setdefault(part, {})
            key = int(last) if isinstance(place, list) else last
            if value is _ABSENT:
                del place[key]
            else:
                place[key] = value
        return manifest


@pytest.fixture(scope="session")
def manifests() -> Manifests:
    return Manifests()
