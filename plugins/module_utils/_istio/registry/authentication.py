# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mTLS modes and the identities that peers must show."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    IstiodClusters,
    KubernetesObject,
    age_key,
    matches_labels,
    namespace_of,
    spec_of,
)

STRICT = "STRICT"
PERMISSIVE = "PERMISSIVE"
DISABLE = "DISABLE"
UNSET = "UNSET"


class PeerAuthentications:
    """The effective PeerAuthentication mode of any workload port."""

    def __init__(self, mesh: IstiodClusters) -> None:
        self._root = mesh.local.root_namespace
        # by namespace: the policies with and without a selector, oldest first
        self._selecting: dict[str, list[KubernetesObject]] = {}
        self._general: dict[str, KubernetesObject] = {}
        for obj in sorted(mesh.local.objects("PeerAuthentication"), key=age_key):
            namespace = namespace_of(obj)
            if _selector(obj):
                self._selecting.setdefault(namespace, []).append(obj)
            else:
                self._general.setdefault(namespace, obj)

    def mode(self, namespace: str, labels: t.Mapping[str, str], port: int | None = None) -> str:
        """Return STRICT, PERMISSIVE or DISABLE for a workload, or for one port that it listens on."""
        candidates: list[str] = []
        workload = self._workload_policy(namespace, labels)
        if workload is not None:
            ports = spec_of(workload).get("portLevelMtls") or {}
            if port is not None:
                # keys are strings in JSON, numbers in YAML that was never sent to an API server
                candidates.append(_mode(ports.get(str(port)) or ports.get(port)))
            candidates.append(_mode(spec_of(workload).get("mtls")))
        for scope in (namespace, self._root):
            policy = self._general.get(scope)
            candidates.append(_mode(spec_of(policy).get("mtls")) if policy else UNSET)
        return next((mode for mode in candidates if mode != UNSET), PERMISSIVE)

    def _workload_policy(
        self, namespace: str, labels: t.Mapping[str, str]
    ) -> KubernetesObject | None:
        for obj in self._selecting.get(namespace, ()):
            if matches_labels(_selector(obj), labels):
                return obj
        return None


def trust_domains(config: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return the mesh's own trust domain, then its aliases."""
    return (str(config["trustDomain"]), *(config.get("trustDomainAliases") or ()))


def expected_identities(
    config: t.Mapping[str, t.Any],
    service_accounts: t.Iterable[str],
    subject_alt_names: t.Iterable[str] = (),
) -> tuple[str, ...]:
    """Return the SANs that a client accepts: accounts (``namespace/name``) and names that entries list.

    SPIFFE identities count in every alias of the trust domain too. Nothing: no check.
    """
    own, *aliases = trust_domains(config)
    found = set(subject_alt_names)
    for account in service_accounts:
        namespace, slash, name = account.partition("/")
        if slash:
            found.add(f"spiffe://{own}/ns/{namespace}/sa/{name}")
    for identity in list(found):
        if identity.startswith("spiffe://"):
            path = identity.removeprefix("spiffe://").partition("/")[2]
            found.update(f"spiffe://{domain}/{path}" for domain in aliases)
    return tuple(sorted(found))


def _selector(obj: KubernetesObject) -> t.Mapping[str, str]:
    return (spec_of(obj).get("selector") or {}).get("matchLabels") or {}


def _mode(mtls: t.Mapping[str, t.Any] | None) -> str:
    return str((mtls or {}).get("mode") or UNSET)
