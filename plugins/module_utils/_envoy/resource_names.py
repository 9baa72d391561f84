# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that Istio gives to Envoy's resources, and Envoy's type URLs. Private to this collection."""

from __future__ import annotations

import hashlib
import typing as t

Config: t.TypeAlias = dict[str, t.Any]

TYPE = "type.googleapis.com/"
CLUSTER_TYPE = TYPE + "envoy.config.cluster.v3.Cluster"
ENDPOINT_TYPE = TYPE + "envoy.config.endpoint.v3.ClusterLoadAssignment"
LISTENER_TYPE = TYPE + "envoy.config.listener.v3.Listener"
ROUTE_TYPE = TYPE + "envoy.config.route.v3.RouteConfiguration"
SECRET_TYPE = TYPE + "envoy.extensions.transport_sockets.tls.v3.Secret"


def outbound_cluster(port: int, subset: str, host: str) -> str:
    """The cluster in which a sidecar holds a service port's endpoints."""
    return f"outbound|{port}|{subset}|{host}"


def sni(port: int, subset: str, host: str) -> str:
    """The server name of mTLS between proxies, and a gateway's cluster for it."""
    return f"outbound_.{port}_.{subset}_.{host}"


def typed(name: str, type_name: str, **fields: t.Any) -> Config:
    """An extension with its typed configuration."""
    return {"name": name, "typed_config": {"@type": TYPE + type_name, **fields}}


def file_name(resource: str) -> str:
    """A file name for a resource: readable, without the characters that paths give a meaning.

    A long resource name is cut and told apart by a digest, because a file name has 255 bytes.
    """
    plain = resource.replace("|", "~").replace("/", "~")
    if len(plain) > 200:
        plain = plain[:180] + "~" + hashlib.sha256(resource.encode()).hexdigest()[:16]
    return plain + ".json"


def from_file(path: str) -> Config:
    """The config source of a file that Envoy watches; ``path`` is relative to its directory."""
    return {"path_config_source": {"path": path}, "resource_api_version": "V3"}
