# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leave out of the text of a pod what nothing reads: parsing it takes most of the time of a dump."""

from __future__ import annotations

import re

_FIELDS = (
    *("volumes", "volumeMounts", "tolerations", "resources", "securityContext", "lifecycle"),
    *("livenessProbe", "readinessProbe", "startupProbe", "affinity", "imagePullSecrets"),
    *("image", "imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy"),
    *("dnsPolicy", "restartPolicy", "schedulerName", "preemptionPolicy", "priority"),
    *("enableServiceLinks", "terminationGracePeriodSeconds", "valueFrom"),
    *("containerStatuses", "initContainerStatuses", "hostIPs", "qosClass", "startTime"),
    *("lastProbeTime", "lastTransitionTime"),
)
# a key of block style with all lines that are deeper, or items of its list
_BLOCK = re.compile(
    rf"^( +)(?:{'|'.join(_FIELDS)}):[^\n]*\n(?:\1(?: |- )[^\n]*\n| *\n)*", re.MULTILINE
)
# keys, of which those of the objects are in the column of the first one
_KEY = re.compile(r"^([ -]*)[\w\"']", re.MULTILINE)
_KIND = re.compile(r"^([ -]*)kind: *(\S*) *$", re.MULTILINE)
_SPEC = re.compile(r"^ *spec: *$", re.MULTILINE)


def pruned(text: str) -> str:
    """Return the text of a pod with empty lines for such fields; any other text as it is."""
    if not _is_one_pod(text):
        return text
    spec = _SPEC.search(text)
    if spec is None:
        return text
    start = spec.end()
    return text[:start] + _BLOCK.sub(_empty_lines, text[start:])


def _is_one_pod(text: str) -> bool:
    """Tell a pod from objects that name pods, and from several objects in one text."""
    first = _KEY.search(text)
    if first is None:
        return False
    return [kind for space, kind in _KIND.findall(text) if len(space) == len(first[1])] == ["Pod"]


def _empty_lines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")
