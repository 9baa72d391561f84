# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the API server has the objects of each kind. Private to this collection."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotSupported


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object. ``versions``: those that this collection can read, best first."""

    name: str
    group: str
    plural: str
    versions: tuple[str, ...] = ("v1",)
    namespaced: bool = True


_ISTIO = ("v1", "v1beta1", "v1alpha3")
_SECURITY = ("v1", "v1beta1")
_SAIL = ("v1", "v1alpha1")

_KINDS = {
    kind.name: kind
    for kind in (
        Kind("ConfigMap", "", "config_map"),
        Kind("Endpoints", "", "endpoints"),
        Kind("Event", "", "event"),
        Kind("Namespace", "", "namespace", namespaced=False),
        Kind("Node", "", "node", namespaced=False),
        Kind("Pod", "", "pod"),
        Kind("Secret", "", "secret"),
        Kind("Service", "", "service"),
        Kind("ServiceAccount", "", "service_account"),
        Kind("DaemonSet", "apps", "daemonsets"),
        Kind("Deployment", "apps", "deployments"),
        Kind("ReplicaSet", "apps", "replicasets"),
        Kind("StatefulSet", "apps", "statefulsets"),
        Kind("EndpointSlice", "discovery.k8s.io", "endpointslices"),
        Kind(
            "CustomResourceDefinition",
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            namespaced=False,
        ),
        Kind("DestinationRule", "networking.istio.io", "destinationrules", _ISTIO),
        Kind("EnvoyFilter", "networking.istio.io", "envoyfilters", ("v1alpha3",)),
        Kind("Gateway", "networking.istio.io", "gateways", _ISTIO),
        Kind("ProxyConfig", "networking.istio.io", "proxyconfigs", ("v1beta1",)),
        Kind("ServiceEntry", "networking.istio.io", "serviceentries", _ISTIO),
        Kind("Sidecar", "networking.istio.io", "sidecars", _ISTIO),
        Kind("VirtualService", "networking.istio.io", "virtualservices", _ISTIO),
        Kind("WorkloadEntry", "networking.istio.io", "workloadentries", _ISTIO),
        Kind("WorkloadGroup", "networking.istio.io", "workloadgroups", _ISTIO),
        Kind("AuthorizationPolicy", "security.istio.io", "authorizationpolicies", _SECURITY),
        Kind("PeerAuthentication", "security.istio.io", "peerauthentications", _SECURITY),
        Kind("RequestAuthentication", "security.istio.io", "requestauthentications", _SECURITY),
        Kind("Telemetry", "telemetry.istio.io", "telemetries", ("v1", "v1alpha1")),
        Kind("IPAddressPool", "metallb.io", "ipaddresspools", ("v1beta1",)),
        Kind("L2Advertisement", "metallb.io", "l2advertisements", ("v1beta1",)),
        Kind("Istio", "sailoperator.io", "istios", _SAIL, namespaced=False),
        Kind("IstioCNI", "sailoperator.io", "istiocnis", _SAIL, namespaced=False),
        Kind("IstioRevision", "sailoperator.io", "istiorevisions", _SAIL, namespaced=False),
    )
}


def find_kind(name: str) -> Kind:
    try:
        return _KINDS[name]
    except KeyError:
        raise NotSupported(f"kind {name} is not read from Kubernetes") from None
