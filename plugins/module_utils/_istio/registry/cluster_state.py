# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cluster's objects, indexed, and the clusters that one istiod watches."""

from __future__ import annotations

import typing as t
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping

KubernetesObject: t.TypeAlias = dict[str, t.Any]

_MESH_CONFIG_DEFAULTS: dict[str, t.Any] = {
    "trustDomain": well_known.DOMAIN_SUFFIX,
    "trustDomainAliases": [],
    "rootNamespace": well_known.ROOT_NAMESPACE,
    "enableAutoMtls": True,
    "localityLbSetting": {"enabled": True},
    "outboundTrafficPolicy": {"mode": "ALLOW_ANY"},
    "defaultConfig": {},
}


def metadata(obj: KubernetesObject) -> t.Mapping[str, t.Any]:
    return obj.get("metadata") or {}


def name_of(obj: KubernetesObject) -> str:
    return metadata(obj).get("name") or ""


def namespace_of(obj: KubernetesObject) -> str:
    return metadata(obj).get("namespace") or ""


def labels_of(obj: KubernetesObject) -> t.Mapping[str, str]:
    return metadata(obj).get("labels") or {}


def annotations_of(obj: KubernetesObject) -> t.Mapping[str, str]:
    return metadata(obj).get("annotations") or {}


def spec_of(obj: KubernetesObject) -> t.Mapping[str, t.Any]:
    return obj.get("spec") or {}


def age_key(obj: KubernetesObject) -> tuple[str, str, str]:
    """Sort the oldest first, as istiod does where several objects compete."""
    return (str(metadata(obj).get("creationTimestamp") or ""), name_of(obj), namespace_of(obj))


def matches_labels(selector: t.Mapping[str, str], labels: t.Mapping[str, str]) -> bool:
    """Tell whether every pair of ``selector`` is among ``labels`` (an empty one selects everything)."""
    return all(labels.get(key) == value for key, value in selector.items())


def selects_labels(selector: t.Mapping[str, t.Any], labels: t.Mapping[str, str]) -> bool:
    """Tell whether a selector with ``matchLabels`` and ``matchExpressions`` takes the labels."""
    return matches_labels(selector.get("matchLabels") or {}, labels) and all(
        _fits_expression(each, labels) for each in selector.get("matchExpressions") or ()
    )


def _fits_expression(expression: t.Mapping[str, t.Any], labels: t.Mapping[str, str]) -> bool:
    key, values = expression.get("key"), expression.get("values") or ()
    present = key in labels
    return {
        "In": present and labels.get(str(key)) in values,
        "NotIn": labels.get(str(key)) not in values,
        "Exists": present,
        "DoesNotExist": not present,
    }.get(str(expression.get("operator")), False)


class ClusterState:
    """The objects of one cluster. They are never changed through this."""

    def __init__(self, name: str, objects: t.Iterable[KubernetesObject]) -> None:
        self.name = name
        self._kinds: dict[str, dict[str, list[KubernetesObject]]] = {}
        self._keys: dict[tuple[str, str, str], KubernetesObject] = {}
        for obj in objects:
            kind = obj.get("kind") or ""
            # other groups have kinds of the same names, such as Gateway and Service
            expected = well_known.GROUPS.get(kind)
            if expected is not None and _group(obj) != expected:
                # a Gateway of the Gateway API is gateway.networking.k8s.io/Gateway here
                kind = f"{_group(obj)}/{kind}"
            namespace = namespace_of(obj)
            self._kinds.setdefault(kind, {}).setdefault(namespace, []).append(obj)
            self._keys[kind, namespace, name_of(obj)] = obj

    def objects(
        self,
        kind: str,
        namespace: str | None = None,
        labels: t.Mapping[str, str] | None = None,
    ) -> list[KubernetesObject]:
        """Return the objects of ``kind``, in the order they were given."""
        spaces = self._kinds.get(kind, {})
        if namespace is None:
            found = [obj for members in spaces.values() for obj in members]
        else:
            found = list(spaces.get(namespace, ()))
        if labels:
            found = [obj for obj in found if matches_labels(labels, labels_of(obj))]
        return found

    def get(self, kind: str, name: str, namespace: str = "") -> KubernetesObject | None:
        return self._keys.get((kind, namespace, name))

    @cached_property
    def network(self) -> str:
        """The network that the cluster's control plane namespace is labelled with, or nothing."""
        namespace = self.get("Namespace", well_known.ROOT_NAMESPACE)
        return labels_of(namespace).get(well_known.NETWORK, "") if namespace else ""

    @cached_property
    def _config_map(self) -> t.Mapping[str, str]:
        found = self.get("ConfigMap", "istio", well_known.ROOT_NAMESPACE)
        if found is None:
            # a control plane with a revision keeps its settings under a name of its own
            revisions = [
                obj
                for obj in self.objects("ConfigMap", well_known.ROOT_NAMESPACE)
                if name_of(obj).startswith("istio-") and "mesh" in (obj.get("data") or {})
            ]
            found = revisions[0] if len(revisions) == 1 else None
        return (found.get("data") or {}) if found else {}

    @property
    def has_mesh_settings(self) -> bool:
        """Are the settings of a control plane among the objects?"""
        return bool(self._config_map)

    @cached_property
    def mesh_config(self) -> dict[str, t.Any]:
        """The mesh settings; one that is given replaces istiod's default."""
        text = self._config_map.get("mesh") or ""
        given = load_mapping(text, f"key mesh of ConfigMap istio in cluster {self.name}")
        return {**_MESH_CONFIG_DEFAULTS, **{k: v for k, v in given.items() if v is not None}}

    @cached_property
    def mesh_networks(self) -> t.Mapping[str, t.Any]:
        text = self._config_map.get("meshNetworks") or ""
        what = f"key meshNetworks of ConfigMap istio in cluster {self.name}"
        return load_mapping(text, what).get("networks") or {}

    @property
    def root_namespace(self) -> str:
        return str(self.mesh_config["rootNamespace"])

    @property
    def trust_domain(self) -> str:
        return str(self.mesh_config["trustDomain"])

    @property
    def mesh_id(self) -> str:
        proxies = self.mesh_config["defaultConfig"]
        return str(proxies.get("meshId") or self.trust_domain)

    @cached_property
    def remote_clusters(self) -> tuple[str, ...]:
        """The clusters that this cluster's istiod is given access to by remote secrets."""
        found: dict[str, None] = {}
        for secret in self.objects(
            "Secret", well_known.ROOT_NAMESPACE, {well_known.REMOTE_CLUSTERS: "true"}
        ):
            for part in ("data", "stringData"):
                found.update(dict.fromkeys(secret.get(part) or {}))
        return tuple(sorted(name for name in found if name != self.name))


class IstiodClusters:
    """What the istiod of one cluster sees: its own cluster and those it has remote secrets for.

    Services, pods, nodes and WorkloadEntries come from every visible cluster; the other Istio
    resources and the mesh settings from the local one only.
    """

    def __init__(self, clusters: t.Iterable[ClusterState], local: str) -> None:
        by_name = {cluster.name: cluster for cluster in clusters}
        if local not in by_name:
            known = ", ".join(sorted(by_name)) or "none"
            raise InvalidInput(f"there is no cluster {local}; known clusters: {known}")
        self.local: ClusterState = by_name[local]
        remote = self.local.remote_clusters
        self.visible: tuple[ClusterState, ...] = (
            self.local,
            *(by_name[name] for name in remote if name in by_name),
        )
        # named by a remote secret, but nothing is known of it: istiod cannot connect there
        self.unreachable: tuple[str, ...] = tuple(name for name in remote if name not in by_name)

    @property
    def config(self) -> dict[str, t.Any]:
        return self.local.mesh_config

    @cached_property
    def _by_name(self) -> dict[str, ClusterState]:
        return {cluster.name: cluster for cluster in self.visible}

    def cluster(self, name: str) -> ClusterState:
        try:
            return self._by_name[name]
        except KeyError:
            raise InvalidInput(
                f"cluster {self.local.name} does not see a cluster {name}; "
                f"it sees {', '.join(self._by_name)}"
            ) from None


def _group(obj: KubernetesObject) -> str:
    group, slash, _version = str(obj.get("apiVersion") or "").partition("/")
    return group if slash else ""
