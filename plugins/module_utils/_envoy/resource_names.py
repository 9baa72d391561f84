# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Istio's names of Envoy's resources, and Envoy's type URLs."""

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
    """Return the name of a sidecar's cluster for a service port."""
    return f"outbound|{port}|{subset}|{host}"


def sni(port: int, subset: str, host: str) -> str:
    """Return the server name of mTLS between proxies, which is also the name of a gateway's cluster."""
    return f"outbound_.{port}_.{subset}_.{host}"


def typed(name: str, type_name: str, **fields: t.Any) -> Config:
    """Return an extension with its typed configuration."""
    return {"name": name, "typed_config": {"@type": TYPE + type_name, **fields}}


def file_name(resource: str) -> str:
    """Return a readable file name for a resource.

    A long name ends with a digest, because file names are limited to 255 bytes.
    """
    plain = resource.replace("|", "~").replace("/", "~")
    if len(plain) > 200:
        plain = plain[:180] + "~" + hashlib.sha256(resource.encode()).hexdigest()[:16]
    return plain + ".json"


def from_file(path: str) -> Config:
    """Return the config source of a watched file; ``path`` is relative to Envoy's directory."""
    return {"path_config_source": {"path": path}, "resource_api_version": "V3"}
