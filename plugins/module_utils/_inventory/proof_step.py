# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of a proof: the sample that it takes, and what is drained after it."""

from __future__ import annotations

import typing as t
import urllib.parse
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import is_true
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import DRAIN, SCALE

Values: t.TypeAlias = dict[str, t.Any]

# of the options of traffic_sample: those that a step may have, and else the proof has
_LOAD = ("concurrency", "keepalive")
# those of its option expect
_JUDGED = ("model", "tolerance", "distinct", "count_errors_as")


@dataclass(frozen=True, slots=True)
class ProofStep:
    """A step of a proof.

    ``fields`` are those of an entry of ``proof_steps``; ``defaults`` are the variables of the role proof, by their
    names without ``proof_``; ``drained`` are the workloads that are drained when the step begins.
    """

    fields: t.Mapping[str, t.Any]
    defaults: t.Mapping[str, t.Any]
    drained: t.Sequence[str]

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def restored(self) -> list[str]:
        """The workloads that the step brings back."""
        return list(self.fields.get("restore") or ())

    @property
    def client(self) -> Values:
        return dict(self._value("client") or {})

    @property
    def url(self) -> str:
        return str(self._value("url") or "")

    @property
    def expects_failures(self) -> bool:
        return self._number("failed", 0) > 0

    def still_drained(self) -> list[str]:
        """Return the workloads that are drained during the step, without those that it drains."""
        return [each for each in self.drained if each not in self.restored]

    def drained_after(self) -> list[str]:
        """Return the workloads that are drained after the step."""
        return list(dict.fromkeys([*self.still_drained(), *(self.fields.get("drain") or ())]))

    def sample_options(self) -> Values:
        """Return the options of the module traffic_sample. Raises InvalidInput for fields that are no numbers."""
        options = {
            "name": self.name,
            "namespace": self.client.get("namespace"),
            "workload": self.client.get("workload"),
            "clients": self._value("clients", 1),
            "url": self.url,
            "timeout": self.defaults["timeout"],
            "identify": self.defaults["identify"],
            "servers": self.fields.get("servers"),
            **{name: self._value(name) for name in _LOAD},
            **self._length(),
        }
        for name in ("rate", "settle_ms"):
            if self._number(name, self.defaults[name]) > 0:
                options[name] = self._value(name)
        if events := self.events():
            options["events"] = events
        if self._from_forecast() or self.fields.get("expect") or self.expects_failures:
            options["expect"] = self._expectation()
        return _given(options)

    def forecast_options(self) -> Values:
        """Return the options of the module locality_info that ask for the step's client and service."""
        target = urllib.parse.urlsplit(self.url)
        return {
            "clients": [self.client],
            "services": [{"host": target.hostname, "port": target.port or 80}],
        }

    def events(self) -> list[Values]:
        """Return the events of the sample: the short forms first, then the step's own.

        The role brings back what the short forms change; what events change, the module takes back.
        """
        due = {
            "namespace": self.defaults["namespace"],
            "at": self.defaults["drain_at"],
            "after_ms": self.defaults["drain_after_ms"],
        }
        short: list[Values] = []
        if self.fields.get("drain"):
            short.append({"action": DRAIN, "workloads": list(self.fields["drain"])})
        if self.fields.get("scale"):
            short.append({**self.fields["scale"], "action": SCALE})
        own = ({**due, "kept": False, **event} for event in self.fields.get("events") or ())
        return [*({**event, **due} for event in short), *own]

    def _length(self) -> Values:
        if self._number("duration", self.defaults["duration"]) > 0:
            return {"duration": self._value("duration")}
        return {"requests": self._value("requests")}

    def _expectation(self) -> Values:
        return _given(
            {
                "by": self._value("by"),
                "shares": self.fields.get("expect") or None,
                "failed": self.fields.get("failed"),
                "from_forecast": self._from_forecast(),
                "drained": [
                    {"workload": each, "namespace": self.defaults["namespace"]}
                    for each in self.still_drained()
                ],
                "method": self._value("method", "auto"),
                "significance": self._value("significance"),
                "max_errors": self._value("max_errors"),
                **{name: self.fields.get(name) for name in _JUDGED},
            }
        )

    def _from_forecast(self) -> bool:
        return is_true(self._value("from_forecast"))

    def _value(self, name: str, default: t.Any = None) -> t.Any:
        value = self.fields.get(name)
        return self.defaults.get(name, default) if value is None else value

    def _number(self, name: str, default: t.Any) -> float:
        value = self.fields.get(name)
        value = default if value is None else value
        try:
            return float(value)
        except (TypeError, ValueError):
            raise InvalidInput(
                f"proof_steps: {name} of step '{self.name}' is {value!r}; write a number"
            ) from None


def _given(options: t.Mapping[str, t.Any]) -> Values:
    return {name: value for name, value in options.items() if value is not None}
