# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of the requests to a service port a route sends to one destination."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import ServiceTarget
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import (
    Route,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.matches import (
    described,
)

_POLICIES = ("timeout", "retries", "fault", "rewrite", "mirror", "mirrors")


@dataclass(frozen=True, slots=True)
class RoutePart:
    """A route, tried as the ``number``-th, and one of its destinations.

    ``share`` is of the route's requests that no fault injection answers. ``place`` is the host and
    the server of a gateway's route, in words; elsewhere requests are for the ``asked`` service.
    """

    route: Route
    number: int
    asked: ServiceTarget
    share: float = 1.0
    place: str = ""

    @property
    def requests(self) -> str:
        """The requests of the route, in words."""
        return described(self.route.match)

    @property
    def _origin(self) -> str:
        return self.route.origin.object if self.route.origin else ""

    def as_dict(self) -> dict[str, t.Any]:
        """Return what a document says of it."""
        return {
            "object": self._origin,
            "place": self.place,
            "name": self.route.name,
            "number": self.number,
            "requests": self.requests,
            "part": round(self.share, 6),
            "aborted": round(self.route.aborted, 6),
            "answer": self.route.own_answer,
            **{key: self.route.spec[key] for key in _POLICIES if self.route.spec.get(key)},
        }

    def lines(self) -> t.Iterator[Line]:
        """Yield what a text says of it."""
        name = f" {self.route.name}" if self.route.name else ""
        place = self.place or f"{self.asked.service.host}:{self.asked.port.number}"
        of = f" of {self._origin}" if self._origin else ""
        yield Line(f"  route {self.number}{name}{of} for {place}: {self.requests}")
        if self.route.own_answer:
            yield Line(f"  the proxy answers itself: {self.route.own_answer}")
        elif self.share < 1:
            yield Line(f"  {self.share:.1%} of these requests go here".replace("%", " %"))
        for key in _POLICIES:
            if self.route.spec.get(key):
                yield Line(f"  {key}: {_short(self.route.spec[key])}")


def _short(value: t.Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(each)}" for key, each in value.items())
    if isinstance(value, list):
        return "; ".join(_short(each) for each in value)
    return str(value)
