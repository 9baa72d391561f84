# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that a worker of a client's sidecar chooses for each attempt."""

from __future__ import annotations

import random
import typing as t
from collections import Counter

from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import ProxyModel

# how often a retry looks for another host: istiod's host_selection_retry_max_attempts, and once
_SELECTIONS = 6


class HostChoice:
    """Choose by shares: exactly where Envoy's scheduler keeps them, else by chance."""

    def __init__(self, proxy: ProxyModel, source: random.Random) -> None:
        self._proxy = proxy
        self._random = source
        # requests under way
        self.active: Counter[str] = Counter()
        # what a scheduler owes to the hosts; it begins anywhere
        self._credit = {host: source.random() for host in proxy.priorities}
        self._shares: dict[frozenset[str], tuple[list[tuple[str, float]], bool]] = {}

    def choose(self, unhealthy: frozenset[str], tried: t.Collection[str]) -> str | None:
        """Return a host, one that was not tried if it comes up; None where there is none."""
        shares, exact = self._known(unhealthy)
        host = None
        for _unused in range(_SELECTIONS):
            host = self._pick(shares, exact)
            if host not in tried or not self._proxy.retries.other_hosts:
                break
        return host

    def asked(self, unhealthy: frozenset[str]) -> list[str]:
        """Return the hosts that have a share."""
        return [host for host, _share in self._known(unhealthy)[0]]

    def _known(self, unhealthy: frozenset[str]) -> tuple[list[tuple[str, float]], bool]:
        if unhealthy not in self._shares:
            self._shares[unhealthy] = self._proxy.shares(unhealthy)
        return self._shares[unhealthy]

    def _pick(self, shares: t.Sequence[tuple[str, float]], exact: bool) -> str | None:
        if not shares:
            return None
        if exact:
            for host, share in shares:
                self._credit[host] += share
            host = max(shares, key=lambda each: self._credit[each[0]])[0]
            self._credit[host] -= 1
            return host
        names, weights = zip(*shares, strict=True)
        if self._proxy.assignment.load_balancer != "LEAST_REQUEST":
            return str(self._random.choices(names, weights)[0])
        first, second = self._random.choices(names, weights, k=2)
        return str(second if self.active[second] < self.active[first] else first)
