# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose endpoints are only used inside their own cluster. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.hosts import covers

_DEFAULTS = (
    f"*.kube-system.svc.{well_known.DOMAIN_SUFFIX}",
    f"kubernetes.default.svc.{well_known.DOMAIN_SUFFIX}",
)


class ClusterLocalHosts:
    """The mesh settings' ``serviceSettings`` over Istio's defaults; the longest pattern decides."""

    def __init__(self, config: t.Mapping[str, t.Any]) -> None:
        self._patterns: dict[str, bool] = dict.fromkeys(_DEFAULTS, True)
        for setting in config.get("serviceSettings") or ():
            local = bool((setting.get("settings") or {}).get("clusterLocal"))
            for host in setting.get("hosts") or ():
                self._patterns[host] = local

    def contains(self, host: str) -> bool:
        matching = [pattern for pattern in self._patterns if covers(pattern, host)]
        return bool(matching) and self._patterns[max(matching, key=len)]
