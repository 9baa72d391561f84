# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks names up from inside a container, as its programs do. Private to this collection."""

from __future__ import annotations

import ipaddress

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_TIMEOUT_S = 15.0
_CURL_CANNOT_RESOLVE = "6"

# $1: the name. What each part writes begins with the word that tells it from noise.
# curl says to whom it is connected, and 6 for a name that does not resolve.
SCRIPT = r"""
if command -v getent >/dev/null 2>&1; then
  { getent ahostsv4 "$1" || getent hosts "$1"; } 2>/dev/null |
    while read -r address rest; do echo "address $address"; done
  echo asked
elif command -v curl >/dev/null 2>&1; then
  curl -q -s -o /dev/null -m 5 -w 'curl %{exitcode} %{remote_ip}\n' "http://$1/"
fi
"""


def addresses(api: KubernetesClient, container: pod_exec.Container, host: str) -> tuple[str, ...]:
    """The host's addresses; none if it has none. Raises MeshError where nobody can tell."""
    if _address(host):
        return (host,)
    outcome = pod_exec.run(api, container, ("sh", "-c", SCRIPT, "names", host), _TIMEOUT_S)
    found = read(outcome.stdout)
    if found is None:
        said = outcome.message or outcome.stderr or "it has neither getent nor curl"
        raise MeshError(
            f"cluster {api.name}: {container} cannot look {host} up: {said.strip()[:200]}"
        )
    return found


def read(text: str) -> tuple[str, ...] | None:
    """What the script found out; None: nothing."""
    found, asked = [], False
    for words in map(str.split, text.splitlines()):
        if words[:1] == ["address"]:
            found += words[1:2]
        elif words == ["asked"]:
            asked = True
        elif words[:1] == ["curl"]:
            found += words[2:3]
            asked = asked or words[1:2] == [_CURL_CANNOT_RESOLVE]
    known = tuple(dict.fromkeys(each for each in found if _address(each)))
    return known if known or asked else None


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
