# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a forecast's courses: why requests are sent to hosts that cannot answer."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import (
        ProxyModel,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.request_simulation import (
        Simulation,
    )

_Courses: t.TypeAlias = "t.Sequence[t.Sequence[Simulation]]"


def held_back(
    proxy: ProxyModel,
    hosts: t.Collection[str],
    window: tuple[float, float],
    courses: _Courses,
) -> list[str]:
    """Return which ejections within the window, in ms, reach Envoy's workers late, as sentences."""
    late = (each.held_back for each in _likely(courses))
    if not (names := _names(proxy, hosts, window, late)):
        return []
    return [
        f"{names}: Envoy tells its workers of an ejection only 1 s later where one of the same"
        " service was less than 1 s before, whatever its priority, and requests are sent there"
        " until then"
    ]


def asked_again(
    proxy: ProxyModel,
    hosts: t.Collection[str],
    still: tuple[float, float],
    courses: _Courses,
) -> list[str]:
    """Return which ejections end while the event still has the hosts, in ms, as sentences."""
    back = (each.returns for each in _likely(courses))
    if not (names := _names(proxy, hosts, still, back)):
        return []
    return [
        f"the ejection ({proxy.policy.ejection_ms / 1000:g} s) ended while the event still had"
        f" {names}, and requests were sent there again; baseEjectionTime is shorter than the step"
    ]


def _likely(courses: _Courses) -> t.Iterator[Simulation]:
    """Yield the simulations of half of the courses and one: what none of them has is no median's reason."""
    for course in courses[: len(courses) // 2 + 1]:
        yield from course


def _names(
    proxy: ProxyModel,
    hosts: t.Collection[str],
    window: tuple[float, float],
    found: t.Iterable[t.Iterable[tuple[str, float]]],
) -> str:
    """Return the pods of those hosts to which it happened in the window."""
    which = {
        host for each in found for host, at in each if host in hosts and window[0] <= at < window[1]
    }
    return ", ".join(
        sorted({name for host in which for _cluster, _namespace, name in proxy.pods[host]})
    )
