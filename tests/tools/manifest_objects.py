# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of made-up clusters, and the EndpointSlices that a real one would have for its Services."""

from __future__ import annotations

import typing as t

Manifest: t.TypeAlias = dict[str, t.Any]
_Ports: t.TypeAlias = tuple[tuple[str, int, str], ...]


def manifest(
    version: str,
    kind: str,
    namespace: str,
    name: str,
    *,
    labels: t.Mapping[str, str] | None = None,
    annotations: t.Mapping[str, str] | None = None,
    created: str = "",
    **fields: t.Any,
) -> Manifest:
    """Return one object; empty metadata is left out."""
    meta: Manifest = {"name": name}
    for key, value in (
        ("namespace", namespace),
        ("labels", labels),
        ("annotations", annotations),
        ("creationTimestamp", created),
    ):
        if value:
            meta[key] = value
    return {"apiVersion": version, "kind": kind, "metadata": meta, **fields}


def endpoint_slices(objects: t.Sequence[Manifest]) -> t.Iterator[Manifest]:
    """Return the slices that the controller makes: one for each set of port numbers."""
    pods = [each for each in objects if each["kind"] == "Pod"]
    for service in objects:
        if service["kind"] != "Service":
            continue
        by_ports: dict[_Ports, list[Manifest]] = {}
        for pod in pods:
            if _selected(service, pod):
                by_ports.setdefault(_ports(service, pod), []).append(pod)
        for number, (ports, members) in enumerate(by_ports.items()):
            yield _slice(service, number, ports, members)


def _selected(service: Manifest, pod: Manifest) -> bool:
    labels = pod["metadata"]["labels"].items()
    same = service["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return bool(same and service["spec"]["selector"].items() <= labels)


def _ports(service: Manifest, pod: Manifest) -> _Ports:
    named = {
        port["name"]: port["containerPort"]
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or ()
    }
    found = []
    for port in service["spec"]["ports"]:
        target = port.get("targetPort", port["port"])
        number = named.get(target) if isinstance(target, str) else target
        if number:
            found.append((port.get("name", ""), number, port.get("protocol", "TCP")))
    return tuple(found)


def _slice(service: Manifest, number: int, ports: _Ports, pods: t.Iterable[Manifest]) -> Manifest:
    meta = service["metadata"]
    return manifest(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        meta["namespace"],
        f"{meta['name']}-{number}",
        labels={"kubernetes.io/service-name": meta["name"]},
        addressType="IPv4",
        endpoints=[_endpoint(service, pod) for pod in pods],
        ports=[{"name": name, "port": port, "protocol": how} for name, port, how in ports],
    )


def _endpoint(service: Manifest, pod: Manifest) -> Manifest:
    meta = pod["metadata"]
    serving = pod["status"]["conditions"][0]["status"] == "True"
    terminating = "deletionTimestamp" in meta
    ready = serving and not terminating
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": ready or bool(service["spec"].get("publishNotReadyAddresses")),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"]},
    }
