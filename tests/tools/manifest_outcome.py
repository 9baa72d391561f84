# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of istiod's answer to whole manifests is compared: small, and in the words of the model."""

from __future__ import annotations

import typing as t

Case: t.TypeAlias = dict[str, t.Any]

_NOT_OF_SERVICES = ("BlackHoleCluster", "PassthroughCluster", "InboundPassthroughCluster")
# of Kubernetes Services: the listeners of others are joined with those of their port
_SERVICE_ADDRESSES = ("10.90.", "10.91.")
_TCP_PORTS = ("_9000", "_443")
_OF_ACTIONS = (
    *("cluster", "weightedClusters", "timeout", "retryPolicy", "prefixRewrite", "regexRewrite"),
    *("hostRewriteLiteral", "hashPolicy"),
)
_DURATIONS = (("", "timeout"), ("retryPolicy", "perTryTimeout"))
_PLUGINS = ("retryHostPredicate", "retryPriority")
_ALGORITHMS = {"RING_HASH": "CONSISTENT_HASH", "MAGLEV": "CONSISTENT_HASH", None: "ROUND_ROBIN"}
_UNSET = {"UNKNOWN": "HEALTHY"}


def object_name(obj: Case) -> str:
    """Name an object as the oracle does."""
    meta = obj["metadata"]
    return f"{obj['kind']} {meta.get('namespace') or 'default'}/{meta['name']}"


def locality_name(text: str) -> str:
    """Return what Envoy knows of a locality: three parts at most, empty ones left out at the end."""
    return "/".join(text.split("/")[:3]).rstrip("/")


def outcome(answer: Case) -> Case:
    """Reduce the oracle's answer."""
    if answer.get("error"):
        return {"error": answer["error"]}
    return {
        "refused": {
            each["object"]: each["error"] for each in answer["validation"] if "error" in each
        },
        "proxies": {each["name"]: _proxy(each) for each in answer["proxies"]},
    }


def _proxy(proxy: Case) -> Case:
    endpoints = proxy["endpoints"]
    clusters = {
        name: _cluster(each, endpoints.get(name) or [])
        for name, each in proxy["clusters"].items()
        if name not in _NOT_OF_SERVICES and not name.startswith(("inbound|", "outbound_."))
    }
    connections = {
        name: _connections(each)
        for name, each in (proxy.get("listeners") or {}).items()
        if name.startswith(_SERVICE_ADDRESSES) and name.endswith(_TCP_PORTS)
    }
    return {
        "clusters": clusters,
        "routes": _routes(proxy["routes"], clusters) | _gateway_routes(proxy["routes"]),
        "connections": connections,
    }


def _connections(listener: Case) -> list[list[t.Any]]:
    """Return the clusters with weights of the first chain that a listener of one address has."""
    chains = [*listener.get("filterChains", ()), listener.get("defaultFilterChain") or {}]
    for chain in chains:
        if (chain.get("filterChainMatch") or {}).get("prefixRanges"):
            continue
        for each in chain.get("filters", ()):
            config = each.get("typedConfig") or {}
            if each["name"] == "envoy.filters.network.tcp_proxy":
                weighted = config.get("weightedClusters")
                if weighted is None:
                    return [[config["cluster"], 1]]
                return [[one["name"], one["weight"]] for one in weighted["clusters"]]
    return []


def _routes(tables: Case, clusters: Case) -> Case:
    """Return, by virtual host, the routes of a sidecar for the services that it knows."""
    found: Case = {}
    for name, table in tables.items():
        # the others are of a gateway, of an inbound port, or of a port without a declared protocol
        hosts = table.get("virtualHosts") or ()
        if name.isdecimal() or name.rpartition(":")[2].isdecimal():
            for host in hosts:
                name, _colon, port = host["name"].rpartition(":")
                if f"outbound|{port}||{name}" in clusters:
                    found[host["name"]] = [comparable_route(each) for each in host["routes"]]
    return found


def _gateway_routes(tables: Case) -> Case:
    """Return, by host and port, the routes of a gateway's servers without TLS."""
    found: Case = {}
    for name, table in tables.items():
        kind, _dot, port = name.partition(".")
        for host in table.get("virtualHosts") or () if kind == "http" and port.isdecimal() else ():
            # without any route, istiod makes a host called blackhole
            for domain in host["domains"] if host.get("routes") else ():
                found[f"{domain}:{port}"] = [comparable_route(each) for each in host["routes"]]
    return found


def comparable_route(route: Case) -> Case:
    """Return what decides where the requests of a route go, and how often they are tried."""
    found = {key: route[key] for key in ("match", "redirect", "directResponse") if key in route}
    if "redirect" in found:
        found["redirect"] = {key: value for key, value in found["redirect"].items() if value != ""}
    action = route.get("route") or {}
    found |= {key: value for key, value in action.items() if key in _OF_ACTIONS}
    for part, key in _DURATIONS:
        holder = found if not part else found.get(part) or {}
        if key in holder:
            holder[key] = float(holder[key].removesuffix("s"))
    if "weightedClusters" in found:
        found["weightedClusters"] = [
            [each["name"], each.get("weight", 0)]
            for each in found["weightedClusters"].get("clusters", ())
        ]
    if "retryPolicy" in found:
        found["retryPolicy"] = _retries(found["retryPolicy"])
    fault = (route.get("typedPerFilterConfig") or {}).get("envoy.filters.http.fault")
    if fault:
        found["fault"] = {key: value for key, value in fault.items() if key != "@type"}
    return found


def _retries(policy: Case) -> Case:
    found = {key: value for key, value in policy.items() if key not in _PLUGINS}
    # a number of 64 bits is text in JSON
    found["hostSelectionRetryMaxAttempts"] = int(found["hostSelectionRetryMaxAttempts"])
    found["hosts"] = [each["name"] for each in policy.get("retryHostPredicate", ())]
    base = (found.get("retryBackOff") or {}).get("baseInterval")
    if base:
        found["retryBackOff"] = float(base.removesuffix("s"))
    found["priority"] = policy.get("retryPriority", {}).get("name", "")
    return found


def camel_case(value: t.Any) -> t.Any:
    """Return a message with its fields named as JSON has them."""
    if isinstance(value, list):
        return [camel_case(each) for each in value]
    if isinstance(value, dict):
        return {_camel(key): camel_case(each) for key, each in value.items()}
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _cluster(cluster: Case, localities: t.Sequence[Case]) -> Case:
    if cluster["type"] == "ORIGINAL_DST":
        return {"type": "ORIGINAL_DST"}
    common = cluster.get("commonLbConfig") or {}
    policy = cluster.get("lbPolicy")
    return {
        "type": cluster["type"],
        "algorithm": _ALGORITHMS.get(policy, policy),
        "weighted": "localityWeightedLbConfig" in common,
        "outlier_detection": "outlierDetection" in cluster,
        "panic": (common.get("healthyPanicThreshold") or {}).get("value", 0.0),
        "endpoints": [_locality(each) for each in localities],
    }


def _locality(locality: Case) -> list[t.Any]:
    hosts = sorted(
        [each["address"], each["weight"], _UNSET.get(each["health"], each["health"])]
        for each in locality["endpoints"]
    )
    return [locality_name(locality["locality"]), locality["priority"], locality["weight"], hosts]
