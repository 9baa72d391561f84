# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of workloads: a few by their names alone, any other by what a workload says of it."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.apps import RESPONSE_ANNOTATION
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Object,
    Variables,
    provider,
)

_PROBES = {"readiness": "readinessProbe", "liveness": "livenessProbe", "startup": "startupProbe"}
_MOST_DELAY_S = 60


@dataclass(frozen=True, slots=True)
class App:
    """A program: its ports, the path of its readiness probe, its command, its environment."""

    ports: tuple[int, ...] = ()
    ready_path: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    environment: t.Mapping[str, str] | None = None
    grace_seconds: int | None = None
    # whether it goes on serving while its pod ends, until clients know that it does
    drains: bool = False


APPS = {
    "helloworld": App((5000,), "/health", drains=True),
    # nothing to finish, and sleep as a container's first process ignores SIGTERM
    "sleep": App(command=("sleep", "infinity"), grace_seconds=1),
    # else all pods answer /hostname with the same made-up name
    "httpbin": App((8080,), "/status/200", environment={"USE_REAL_HOSTNAME": "true"}),
    "fortio": App((8080,), "/fortio/"),
}


def app_of(workload: Variables) -> App:
    """Return the workload's program: what it says of it, else what its name stands for."""
    app = APPS.get(workload["app"], App())
    version = {"SERVICE_VERSION": version_of(workload)} if workload["app"] == "helloworld" else {}
    own = {str(name): _text(value) for name, value in (workload.get("env") or {}).items()}
    ports = tuple(int(port) for port in workload.get("ports") or ())
    return replace(
        app,
        ports=ports or app.ports,
        # a path of the program that it stands for says nothing about another one's ports
        ready_path=str(workload.get("ready_path") or app.ready_path),
        command=_texts(workload.get("command")) or app.command,
        args=_texts(workload.get("args")) or app.args,
        environment={**version, **(app.environment or {}), **own},
    )


def version_of(workload: Variables) -> str:
    return str(workload.get("version") or workload["name"])


def probes(workload: Variables) -> Object:
    """Return the probes of the workload's container, as Kubernetes has them."""
    app = app_of(workload)
    given = workload.get("probes") or {}
    found: Object = {_PROBES[name]: dict(probe) for name, probe in given.items() if probe}
    if app.ports and app.ready_path:
        path = {"httpGet": {"path": app.ready_path, "port": app.ports[0]}, "periodSeconds": 1}
        found.setdefault(_PROBES["readiness"], path)
    return found


def stand_in(workload: Variables) -> dict[str, str]:
    """Return the annotation that says how Envoy answers for the workload; none for known programs."""
    response = workload.get("response")
    if workload["app"] in APPS and not response:
        return {}
    return {RESPONSE_ANNOTATION: json.dumps(response or {}, sort_keys=True)}


def stand_ins(workloads: t.Iterable[Variables]) -> list[str]:
    """Name the programs that Envoy answers for on loopback, by what the inventory says of them."""
    return list(dict.fromkeys(str(each["app"]) for each in workloads if stand_in(each)))


def stand_in_notice(cluster: str, names: t.Sequence[str]) -> list[str]:
    """Say of ``stand_ins`` that Envoy answers for them; empty where there are none."""
    if not names:
        return []
    return [
        f"{cluster}: No image runs on loopback: Envoy answers for {', '.join(names)}, as the inventory"
        " describes their responses"
    ]


def app_problems(host: Variables) -> t.Iterator[str]:
    """Describe workloads whose program is not known well enough to run it."""
    images = host["workload_images"]
    for workload in host["workload_list"]:
        where = f"workload_list: workload {workload['name']}"
        own = provider(host)
        if workload.get("existing"):
            if own != "existing":
                yield (
                    f"{where}: existing is true, but there is none before the lab makes its clusters:"
                    f" mesh_provider is {own}, and this goes with existing"
                )
            continue
        app = app_of(workload)
        if own != "loopback" and not (workload.get("image") or images.get(workload["app"])):
            yield (
                f"{where}: no image is known of the app '{workload['app']}'; give the workload an"
                f" image, or workload_images one for the app. It has {', '.join(sorted(images))}"
            )
        if workload.get("service") and not app.ports:
            yield (
                f"{where}: it has a service and no ports; list the ports at which the app"
                f" '{workload['app']}' listens, such as ports: [8080]"
            )
        yield from (f"{where}: {problem}" for problem in _response_problems(workload))


def _response_problems(workload: Variables) -> t.Iterator[str]:
    response = workload.get("response") or {}
    status = int(response.get("status", 200))
    if not 200 <= status <= 599:
        yield f"response.status is {status}; write 200 to 599"
    delay = float(response.get("delay", 0))
    if delay > _MOST_DELAY_S:
        yield f"response.delay is {delay:g}; write seconds, at most {_MOST_DELAY_S}"


def _texts(values: t.Iterable[t.Any] | None) -> tuple[str, ...]:
    return tuple(_text(value) for value in values or ())


def _text(value: t.Any) -> str:
    """Return a value of an environment or an argument; flags as YAML and most programs write them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
