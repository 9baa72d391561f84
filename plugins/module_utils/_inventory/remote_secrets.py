# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the addresses and names by which control planes read each other's clusters."""

from __future__ import annotations

import ipaddress
import typing as t
import urllib.parse

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Variables,
    provider,
)

# names that every machine, and every pod, takes for itself
_OF_THIS_MACHINE = ("localhost", "kubernetes.docker.internal")


def remote_secret_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe unknown clusters, and an API that pods of the others cannot reach."""
    host = lab.clusters[name]
    others = host["remote_secret_clusters"]
    unknown = [str(other) for other in others if other not in lab.clusters]
    if unknown:
        yield (
            f"remote_secret_clusters of {name} names {', '.join(unknown)};"
            f" there are {', '.join(lab.clusters)}"
        )
    url = api_url(host)
    if provider(host) != "loopback" and others and url and not _reachable(url):
        yield (
            f"remote_secret_server of {name} is '{url}'; give the https URL at which the pods of the"
            " other clusters reach its API, in its host_vars or in the kubeconfig"
        )


def api_url(host: Variables) -> str:
    """Return how pods of other clusters are to reach this one, as far as it is known."""
    seen = host.get("_remote_secret_seen") or {}
    return str(host.get("remote_secret_server") or seen.get("api") or "")


def _reachable(url: str) -> bool:
    parts = urllib.parse.urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or not host or host in _OF_THIS_MACHINE:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return not host.endswith(".localhost")
    return not (address.is_loopback or address.is_unspecified)
