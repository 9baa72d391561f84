# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse and validate the options of mesh_certs."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import layout
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.keys import (
    DEFAULT_SIZES,
    EC_SIZES,
    validate_key_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.renewal import (
    DEFAULT_DAYS,
    with_root_defaults,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
    DirectorySpec,
    EntrySpec,
    Kind,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.workload import (
    workload_spec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

Options: t.TypeAlias = t.Mapping[str, t.Any]

MAXIMUM_DAYS = 36500
# The limits of RFC 5280: many programs refuse certificates with longer texts.
_LONGEST = {"organization": 64, "common_name": 64, "locality": 128}
_SUBJECT_AND_KEY = (*_LONGEST, "dns_names", "key_type", "key_size", "days")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_RESERVED = ("root-cert.pem", "root-key.pem")
_DNS_NAME = re.compile(r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?")


def read_options(params: Options) -> DirectorySpec:
    """Parse the options; raise InvalidInput before any file changes."""
    directory = Path(params["directory"])
    root_options = params.get("root") or {}
    root = _root_spec(root_options)
    intermediates = _intermediates(directory, params.get("intermediates") or [], root)
    names = {each.name for each in intermediates}
    if params["renew_before"] < 0:
        raise InvalidInput(f"renew_before: {params['renew_before']} is not a number of days >= 0")
    return DirectorySpec(
        directory=directory,
        root=root,
        root_file=_path(root_options.get("certificate")),
        issuer=_existing(params.get("issuer") or {}, "issuer"),
        intermediates=intermediates,
        workloads=_workloads(directory, params.get("workloads") or [], names),
        trust_bundle=tuple(Path(path) for path in params.get("trust_bundle") or ()),
        force_root=params["force_root"],
        renew_before=params["renew_before"],
    )


def _root_spec(options: Options) -> CertificateSpec:
    spec = _read_spec("root", options, "root")
    complete = with_root_defaults(spec)
    validate_key_options(str(complete.key_type), int(complete.key_size or 0), "root")
    if not (complete.organization or complete.common_name or complete.locality):
        raise InvalidInput("root: a CA needs a subject; give it an organization or a common_name")
    return spec


def _intermediates(
    directory: Path, options: list[Options], root: CertificateSpec
) -> tuple[EntrySpec, ...]:
    specs: dict[str, EntrySpec] = {}
    for each in options:
        name = each["name"]
        where = f"intermediates: {name}"
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise InvalidInput(
                f"{where}: cannot name a directory;"
                " use letters, digits, dots, dashes and underscores"
            )
        if name in specs:
            raise InvalidInput(f"{where}: is there twice; names must differ")
        spec = _read_spec("intermediate", each, where)
        if spec.days and root.days and spec.days > root.days:
            raise InvalidInput(
                f"{where}: days={spec.days} is longer than the root's own days={root.days};"
                " nothing outlives its root"
            )
        spec = spec.with_defaults(
            organization="Istio",
            common_name="Intermediate CA",
            locality=name,
            dns_names=("istiod.istio-system.svc",),
            key_type="ec",
            days=root.days or DEFAULT_DAYS,
        )
        spec = spec.with_defaults(key_size=DEFAULT_SIZES[str(spec.key_type)])
        validate_key_options(str(spec.key_type), int(spec.key_size or 0), where)
        if not (spec.organization or spec.common_name or spec.locality):
            raise InvalidInput(f"{where}: a CA needs a subject; give it a common_name")
        specs[name] = EntrySpec(
            name=name,
            issuer="",
            spec=spec,
            entry=layout.intermediate_entry(directory, name),
            existing=_existing(each, where),
        )
    return tuple(specs.values())


def _workloads(directory: Path, options: list[Options], issuers: set[str]) -> tuple[EntrySpec, ...]:
    specs: dict[Path, EntrySpec] = {}
    for each in options:
        parts = (each["trust_domain"], each["namespace"], each["service_account"])
        where = f"workloads: {'/'.join(parts)}"
        if each["issuer"] not in issuers:
            raise InvalidInput(
                f"{where}: its issuer {each['issuer']!r} is none of the intermediates"
                f" ({', '.join(sorted(issuers)) or 'there are none'})"
            )
        entry = layout.workload_entry(directory, each["issuer"], *parts)
        if entry.directory in specs:
            raise InvalidInput(f"{where}: is there twice for the issuer {each['issuer']!r}")
        _validate_days(each["days"], where)
        spec = workload_spec(*parts, each["days"])
        specs[entry.directory] = EntrySpec(
            name=(spec.uris or ("",))[0], issuer=each["issuer"], spec=spec, entry=entry
        )
    return tuple(specs.values())


def _read_spec(kind: Kind, options: Options, where: str) -> CertificateSpec:
    """Parse the options of one certificate, without defaults."""
    for name, longest in _LONGEST.items():
        if len(options.get(name) or "") > longest:
            raise InvalidInput(f"{where}: {name} has at most {longest} characters")
    names = options.get("dns_names")
    for name in names or ():
        if not _DNS_NAME.fullmatch(name):
            raise InvalidInput(f"{where}: {name!r} in dns_names is not a DNS name")
    _validate_days(options.get("days"), where)
    key_type, key_size = options.get("key_type"), options.get("key_size")
    if key_size is not None and key_type is None:
        key_type = "ec" if key_size in EC_SIZES else "rsa"
    return CertificateSpec(
        kind=kind,
        organization=options.get("organization"),
        common_name=options.get("common_name"),
        locality=options.get("locality"),
        dns_names=None if names is None else tuple(names),
        key_type=key_type,
        key_size=key_size,
        days=options.get("days"),
    )


def _existing(options: Options, where: str) -> layout.CertificateFiles | None:
    """Return the files of an existing CA, which leaves nothing else to specify."""
    paths = [options.get("certificate"), options.get("key")]
    if not any(paths):
        return None
    if not all(paths):
        raise InvalidInput(f"{where}: an existing CA needs both certificate and key")
    others = sorted({name for name in _SUBJECT_AND_KEY if options.get(name) is not None})
    if others:
        raise InvalidInput(
            f"{where}: certificate and key are an existing CA, which is used as it is; leave out"
            f" {', '.join(others)}"
        )
    return layout.CertificateFiles(*(Path(str(path)) for path in paths))


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _validate_days(days: int | None, where: str) -> None:
    if days is not None and not 1 <= days <= MAXIMUM_DAYS:
        raise InvalidInput(f"{where}: days is a number from 1 to {MAXIMUM_DAYS}, not {days}")
