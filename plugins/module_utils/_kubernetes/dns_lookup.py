# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve host names inside a container, with the resolver of its programs."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_TIMEOUT_S = 15.0
_CURL_CANNOT_RESOLVE = "6"

# $1: the name. Each line of output begins with the word that identifies it.
# curl prints the address of its connection, or 6 for a name that does not resolve.
SCRIPT = r"""
if command -v getent >/dev/null 2>&1; then
  { getent ahostsv4 "$1" || getent hosts "$1"; } 2>/dev/null |
    while read -r address rest; do echo "address $address"; done
  echo resolved
elif command -v curl >/dev/null 2>&1; then
  curl -q -s -o /dev/null -m 5 -w 'curl %{exitcode} %{remote_ip}\n' "http://$1/"
fi
"""


def dns_lookup(api: KubernetesClient, container: pod_exec.Container, host: str) -> tuple[str, ...]:
    """Return the host's addresses. Raises MeshError where the container cannot resolve names."""
    if is_ip_address(host):
        return (host,)
    result = pod_exec.run(api, container, ("sh", "-c", SCRIPT, "names", host), _TIMEOUT_S)
    found = parse(result.stdout)
    if found is None:
        error = result.message or result.stderr or "it has neither getent nor curl"
        raise MeshError(
            f"cluster {api.name}: {container} cannot look {host} up: {error.strip()[:200]}"
        )
    return found


def parse(text: str) -> tuple[str, ...] | None:
    """Return the addresses in the script's output; None where it could not resolve names."""
    found, resolved = [], False
    for words in map(str.split, text.splitlines()):
        if words[:1] == ["address"]:
            found += words[1:2]
        elif words == ["resolved"]:
            resolved = True
        elif words[:1] == ["curl"]:
            found += words[2:3]
            resolved = resolved or words[1:2] == [_CURL_CANNOT_RESOLVE]
    known = tuple(dict.fromkeys(each for each in found if is_ip_address(each)))
    return known if known or resolved else None
