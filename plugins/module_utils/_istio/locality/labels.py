# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels that failoverPriority compares."""

from __future__ import annotations

import typing as t
from functools import partial

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    CLUSTER,
    HOSTNAME,
    LOCALITY_LABELS,
    NETWORK,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
)


def client_labels(client: Client) -> dict[str, str]:
    """Return all labels of a client: its own, and those that istiod derives from where it runs."""
    # istiod derives them from the locality as it prints it, which stops at a missing part
    text = str(parse_locality(client.locality))
    return _complete(client.labels, text, client.cluster, client.node, client.network)


def endpoint_labels(endpoint: Endpoint) -> dict[str, str]:
    """Return all labels of an endpoint: its own, and those that istiod derives from where it runs."""
    locality = "" if endpoint.gateway else endpoint.locality
    return _complete(endpoint.labels, locality, endpoint.cluster, endpoint.node, endpoint.network)


def _complete(
    own: t.Mapping[str, str], locality: str, cluster: str, node: str, network: str
) -> dict[str, str]:
    labels = dict(own)
    derived = dict(zip(LOCALITY_LABELS, parse_locality(locality), strict=True))
    derived |= {CLUSTER: cluster, HOSTNAME: node}
    labels.update({name: value for name, value in derived.items() if value})
    if network and not labels.get(NETWORK):
        labels[NETWORK] = network
    return labels


def label_reader(name: str) -> t.Callable[[Endpoint], str]:
    """Return a function that reads one label of an endpoint without building all of them."""
    if name in LOCALITY_LABELS:
        return partial(_locality_label, name, LOCALITY_LABELS.index(name))
    if name == CLUSTER:
        return lambda endpoint: endpoint.cluster or endpoint.labels.get(CLUSTER, "")
    if name == HOSTNAME:
        return lambda endpoint: endpoint.node or endpoint.labels.get(HOSTNAME, "")
    if name == NETWORK:
        return lambda endpoint: endpoint.labels.get(NETWORK) or endpoint.network
    return lambda endpoint: endpoint.labels.get(name, "")


def _locality_label(name: str, part: int, endpoint: Endpoint) -> str:
    if endpoint.gateway:
        return ""
    return parse_locality(endpoint.locality)[part] or endpoint.labels.get(name, "")
