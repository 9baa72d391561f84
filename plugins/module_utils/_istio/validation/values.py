# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of single values, each with the path of the field and what would be right."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import typing as t
from collections import Counter

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import protocols

Raw: t.TypeAlias = t.Mapping[str, t.Any]

PORTS = range(1, 65536)

_LABEL = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
_PATTERN_LABEL = re.compile(rf"\*|(\*-?)?{_LABEL.pattern}")
_NUMBER = re.compile(r"[+-]?\d+")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_LENGTH = 63
_NAME_LENGTH = 253
_HOST_LENGTH = 255
_PROTOCOLS = protocols.NAMES - {"hbone"}
_AS_HOST = "write a host name, such as web.shop.svc.cluster.local"


class Violation(t.NamedTuple):
    """One thing for which the webhook or the API server refuses an object."""

    code: str
    # path in the object, such as spec.trafficPolicy.loadBalancer
    field: str
    message: str
    advice: str
    # the webhook lets it pass, with a warning
    warning: bool = False
    # the webhook takes keys in random order: it refuses this only now and then
    by_chance: bool = False

    def __str__(self) -> str:
        # "spec.host is missing", but "spec.hosts[0]: 'a b' is not a host name"
        joint = " " if self.message.startswith(("is ", "sets ", "needs ")) else ": "
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.field}{joint}{self.message}{advice}"


Violations: t.TypeAlias = t.Iterator[Violation]


def below(path: str, violations: t.Iterable[Violation]) -> Violations:
    """Put the path of the parent before every field."""
    return (each._replace(field=f"{path}.{each.field}") for each in violations)


def missing(mapping: Raw, key: str, path: str, advice: str = "") -> Violations:
    """Report a field that is absent or empty."""
    if mapping.get(key) in (None, "", [], {}):
        yield Violation("missing", f"{path}.{key}", "is missing", advice)


def port(number: t.Any, path: str) -> Violations:
    if number not in PORTS:
        yield Violation("port", path, f"{number} is not a port", "write a number from 1 to 65535")


def in_range(
    mapping: Raw, key: str, path: str, *, low: int = 0, high: int | None = None
) -> Violations:
    number = mapping.get(key)
    if number is None:
        return
    if number < low or (high is not None and number > high):
        right = f"{low} to {high}" if high is not None else f"{low} or more"
        yield Violation("range", f"{path}.{key}", f"is {number}", f"it must be {right}")


def unique(values: t.Iterable[t.Any], path: str, what: str) -> Violations:
    for value, count in Counter(values).items():
        if count > 1:
            message = f"{what} {value} is there more than once"
            yield Violation("repeated", path, message, f"give each a {what} of its own")


def duration(text: str | None, path: str) -> Violations:
    """Report what is no duration, or none of whole milliseconds, as Istio takes them."""
    if text is None:
        return
    try:
        length = durations.seconds(text)
    except InvalidInput as exc:
        message, _semicolon, advice = str(exc).partition("; ")
        yield Violation("duration", path, message, advice)
        return
    advice = "write whole milliseconds, 1ms or more"
    if length < 0.001:
        yield Violation("duration", path, f"{text} is shorter than 1ms", advice)
    elif round(length * 1e9) % 1_000_000:
        yield Violation("duration", path, f"{text} is finer than milliseconds", advice)


def port_protocol(text: str, path: str) -> Violations:
    if protocols.parse(text) not in _PROTOCOLS:
        message = f"{text!r:.80} is not a protocol"
        advice = f"write one of {', '.join(sorted(_PROTOCOLS)).upper()}"
        yield Violation("protocol", path, message, advice)


def dns_label(text: str, path: str) -> Violations:
    if not is_dns_label(text):
        advice = f"write letters, digits and -, {_LABEL_LENGTH} characters at most"
        yield Violation("name", path, f"{text!r} is not a DNS label", advice)


def is_dns_label(text: str) -> bool:
    return len(text) <= _LABEL_LENGTH and bool(_LABEL.fullmatch(text))


def object_name(text: str, path: str) -> Violations:
    if not _SUBDOMAIN.fullmatch(text) or len(text) > _NAME_LENGTH:
        advice = (
            "it must be lower-case letters, digits, - and ., with a letter or digit at both ends "
            f"of each part ({_NAME_LENGTH} characters at most)"
        )
        yield Violation("name", path, f"is {text!r:.80}", advice)


def host_name(text: str, path: str) -> Violations:
    """Report what is no fully qualified domain name."""
    if not _is_host_name(text):
        yield Violation("host", path, f"{text!r:.80} is not a host name", _AS_HOST)


def host_pattern(text: str, path: str) -> Violations:
    """Report what is neither a host name nor one with an asterisk in its first label."""
    first, dot, rest = text.partition(".")
    fine = len(text) <= _HOST_LENGTH and len(first) <= _LABEL_LENGTH
    fine = fine and bool(_PATTERN_LABEL.fullmatch(first)) and (not dot or _is_domain(rest))
    if not fine:
        advice = (
            "an asterisk stands at the beginning only, as in *.example.com"
            if "*" in text
            else _AS_HOST
        )
        yield Violation("host", path, f"{text!r:.80} is not a host name or pattern", advice)


def partial_wildcard(text: str, path: str, *, warning: bool = False) -> Violations:
    if text.startswith("*") and text[1:2] not in ("", "."):
        message = f"{text!r:.80}: the asterisk stands for a part of a label"
        yield Violation("partial-wildcard", path, message, "write *.example.com", warning=warning)


def _is_host_name(text: str) -> bool:
    return 0 < len(text) <= _HOST_LENGTH and _is_domain(text)


def _is_domain(text: str) -> bool:
    *labels, last = text.split(".")
    if _NUMBER.fullmatch(last):
        return False
    return all(map(is_dns_label, labels)) and (not last or is_dns_label(last))


def ip_or_host(text: str, path: str) -> Violations:
    if not is_ip_address(text) and not _is_host_name(text):
        message = f"{text!r:.80} is neither an IP address nor a host name"
        yield Violation("address", path, message, "write 10.0.0.1 or gateway.example.com")


def ip_or_subnet(text: str, path: str) -> Violations:
    try:
        (ipaddress.ip_interface if "/" in text else ipaddress.ip_address)(text)
    except ValueError:
        message = f"{text!r:.80} is neither an IP address nor a subnet"
        yield Violation("address", path, message, "write 10.0.0.1 or 10.0.0.0/24")


def labels(mapping: Raw | None, path: str) -> Violations:
    for key, value in (mapping or {}).items():
        prefix, slash, name = str(key).rpartition("/")
        fine = len(name) <= _LABEL_LENGTH and bool(_QUALIFIED.fullmatch(name))
        if slash:
            fine = (
                fine and len(prefix) <= _NAME_LENGTH and all(map(is_dns_label, prefix.split(".")))
            )
        if not fine:
            advice = (
                "write letters, digits, -, _ and ., with a domain and a slash before it or without"
            )
            yield Violation("label", f"{path}.{key}", f"{key!r:.80} is not a label's name", advice)
        text = str(value or "")
        if len(text) > _LABEL_LENGTH or (text and not _QUALIFIED.fullmatch(text)):
            advice = f"write letters, digits, -, _ and ., {_LABEL_LENGTH} characters at most"
            yield Violation(
                "label", f"{path}.{key}", f"{text!r:.80} is not a label's value", advice
            )


def selector(mapping: Raw | None, path: str) -> Violations:
    """Check the labels of a workload selector: no wildcards, and at least one of them."""
    if mapping is None:
        return
    for key, value in mapping.items():
        if not key or "*" in f"{key}{value}":
            message = f"'{key}={value}' has {'a wildcard' if key else 'no name'}"
            yield Violation("selector", path, message, "write labels as the pods have them")
    if not mapping:
        message = "it selects by no label"
        yield Violation("selector", path, message, "write labels, or leave it out", warning=True)


def export_to(spec: Raw, namespace: str, *, service_entry: bool = False) -> Violations:
    """Check ``exportTo``: namespaces, ``.`` for the own one, ``*`` for all, ``~`` for none."""
    path = "spec.exportTo"
    entries = [namespace if each == "." else each for each in spec.get("exportTo") or ()]
    yield from unique(entries, path, "namespace")
    for index, entry in enumerate(entries):
        if entry == "*" or (entry == "~" and service_entry) or is_dns_label(entry):
            continue
        message = f"{entry!r:.80} is not a namespace"
        yield Violation("export", f"{path}[{index}]", message, "write namespaces, . or *")
    for mark, means in (("*", "all"), ("~", "none")):
        if mark in entries and len(entries) > 1:
            message = f"{mark} stands for {means}, with others beside it"
            yield Violation("export", path, message, "leave the others out")


def gateway_names(names: t.Iterable[str] | None, path: str) -> Violations:
    """Check names of Gateways: ``namespace/name``, or ``mesh``, or a name of old."""
    for index, each in enumerate(names or ()):
        namespace, slash, name = str(each).partition("/")
        parts = (namespace, name)
        if not (all(map(is_dns_label, parts)) if slash else _is_host_name(namespace)):
            message = f"{each!r:.80} is no name of a Gateway"
            yield Violation("name", f"{path}[{index}]", message, "write namespace/name, or mesh")


def base64_text(text: str, path: str) -> Violations:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        yield Violation("base64", path, f"{path} is not base64", "plain text goes into stringData")
