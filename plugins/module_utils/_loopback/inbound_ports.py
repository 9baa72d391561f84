# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports on which a pod's proxy listens: its app's, or a gateway's."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import apps, listeners
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import (
    envoy_filters,
    gateways,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    annotations_of,
    labels_of,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
        PushContext,
    )

SocketAddress: t.TypeAlias = tuple[str, int]


def app_ports(push: PushContext, pod: KubernetesObject) -> list[listeners.InboundPort]:
    """Return the ports of the pod's app."""
    app = annotations_of(pod).get(apps.APP_ANNOTATION, "")
    http_options = envoy_filters.inbound_http_options(push.mesh.local, pod)
    ports = []
    for container in spec_of(pod).get("containers") or ():
        if container["name"] == well_known.PROXY_CONTAINER:
            continue
        environment = {e["name"]: str(e.get("value", "")) for e in container.get("env") or ()}
        instance = apps.AppInstance(
            name_of(pod),
            environment,
            labels_of(pod).get("version", ""),
            annotations_of(pod).get(apps.RESPONSE_ANNOTATION, ""),
        )
        app_routes = apps.app_routes(app, instance)
        greeting = apps.greeting(app, instance)
        for port in container.get("ports") or () if app_routes or greeting else ():
            number = port["containerPort"]
            mode = push.authentications.mode(namespace_of(pod), labels_of(pod), number)
            ports.append(listeners.InboundPort(number, mode, app_routes, greeting, http_options))
    return ports


def gateway_sockets(
    cluster: ClusterState, pod: KubernetesObject, number: int
) -> list[SocketAddress]:
    """Return the sockets of a gateway's server.

    The server's port is that of the gateway's Service, or the pod's own.
    """
    sockets: list[SocketAddress] = []
    own = number
    for service in cluster.objects("Service", namespace_of(pod)):
        selector = spec_of(service).get("selector") or {}
        if not selector or not matches_labels(selector, labels_of(pod)):
            continue
        for port in spec_of(service).get("ports") or ():
            if port["port"] == number:
                own = int(port.get("targetPort") or number)
                addresses = gateways.load_balancer_addresses(service)
                sockets += [(address, number) for address in addresses]
    return [(pod["status"]["podIP"], own), *sockets]
