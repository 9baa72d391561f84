# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What istiod refuses about mesh settings and PeerAuthentications."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_settings import (
    locality_violations,
    zone_aware_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.traffic_policies import (
    connection_pool_violations,
    outlier_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    below,
    dns_label,
    host_name,
    host_pattern,
    ip_or_host,
    ip_or_subnet,
    is_dns_label,
    missing,
    port,
    selector,
)


def peer_authentication(obj: Raw) -> Violations:
    spec: Raw = obj.get("spec") or {}
    selects: Raw | None = spec.get("selector")
    match_labels = (selects or {}).get("matchLabels") or {}
    if selects is not None:
        yield from selector(match_labels, "spec.selector.matchLabels")
    ports = spec.get("portLevelMtls")
    if ports == {}:
        yield Violation("empty", "spec.portLevelMtls", "is empty", "leave it out")
    if ports and not match_labels:
        message = "needs spec.selector.matchLabels"
        yield Violation(
            "missing", "spec.portLevelMtls", message, "it is for workloads, and none is selected"
        )
    for number in ports or ():
        if str(number).isdecimal():
            yield from port(int(number), f"spec.portLevelMtls.{number}")
        else:
            message = f"{number!r:.80} is not a port number"
            yield Violation("port", "spec.portLevelMtls", message, "write the port's number")


def mesh_config(settings: Raw) -> Violations:
    """Check the mesh's own settings, whose locality settings count for rules that eject hosts."""
    for key, check in (
        ("localityLbSetting", locality_violations),
        ("zoneAwareLbSetting", zone_aware_violations),
    ):
        yield from below(key, check(settings.get(key), outlier_detection=True))
    for index, setting in enumerate(settings.get("serviceSettings") or ()):
        for place, host in enumerate(setting.get("hosts") or ()):
            yield from host_pattern(host, f"serviceSettings[{index}].hosts[{place}]")
    domains = {"trustDomain": settings.get("trustDomain")}
    for index, alias in enumerate(settings.get("trustDomainAliases") or ()):
        domains[f"trustDomainAliases[{index}]"] = alias
    for path, domain in domains.items():
        if domain is not None and not is_trust_domain(domain):
            message = f"{domain!r:.80} is not a trust domain"
            yield Violation("trust-domain", path, message, "write a domain name such as east.local")
    defaults: Raw = settings.get("defaultTrafficPolicy") or {}
    path = "defaultTrafficPolicy"
    yield from connection_pool_violations(defaults.get("connectionPool"), f"{path}.connectionPool")
    yield from outlier_violations(defaults.get("outlierDetection"), f"{path}.outlierDetection")


def mesh_networks(settings: Raw) -> Violations:
    """Check the networks' ways in; a gateway's address may be a host name, which istiod resolves."""
    for name, network in (settings.get("networks") or {}).items():
        for index, each in enumerate((network or {}).get("endpoints") or ()):
            path = f"networks.{name}.endpoints[{index}]"
            if each.get("fromCidr"):
                yield from ip_or_subnet(each["fromCidr"], f"{path}.fromCidr")
            if each.get("fromRegistry"):
                yield from dns_label(each["fromRegistry"], f"{path}.fromRegistry")
        for index, each in enumerate((network or {}).get("gateways") or ()):
            path = f"networks.{name}.gateways[{index}]"
            if each.get("registryServiceName"):
                yield from host_name(each["registryServiceName"], f"{path}.registryServiceName")
            if each.get("address"):
                yield from ip_or_host(each["address"], f"{path}.address")
            yield from missing(each, "port", path)
            if each.get("port") is not None:
                yield from port(each["port"], f"{path}.port")


def is_trust_domain(text: str) -> bool:
    *labels, last = text.split(".")
    return bool(text) and all(map(is_dns_label, labels)) and (not last or is_dns_label(last))
