# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts from the contexts of a kubeconfig."""

from __future__ import annotations

DOCUMENTATION = r"""
name: contexts
short_description: Make hosts of the contexts of a kubeconfig
version_added: 1.0.0
description:
  - Each context of a kubeconfig becomes a host, with variables that say what its cluster is. These are the regions and zones
    of its nodes, and of its Istio the version, mesh ID, network, cluster name and the address of the east-west gateway.
  - Reads from the clusters and changes nothing in them. What the context's user may not read is left out, and
    C(context_warnings) says so.
  - The hosts also get the variables by which the collection's roles use these clusters as they are, such as C(mesh_context),
    C(mesh_network) and C(istio_installer=none). Files in C(group_vars) and C(host_vars) have precedence over them.
  - The name of the inventory's file must end with C(contexts.yml) or C(contexts.yaml).
author:
  - The eastwest.mesh contributors (@eastwest)
requirements:
  - kubernetes (Python package)
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [eastwest.mesh.contexts]
  kubeconfig:
    description:
      - The kubeconfig file, or several, separated by colons.
      - By default those of the environment variable E(KUBECONFIG), else C(~/.kube/config).
    type: str
  contexts:
    description: The contexts to take, as names or shell patterns. Each must match one.
    type: list
    elements: str
    default: ["*"]
  names:
    description:
      - The names of hosts by context. A host without one is called as its context, with a dash for other characters than
        letters, digits, dots, dashes and underscores.
    type: dict
    default: {}
  group:
    description: The group of the hosts whose clusters answer. The collection's playbooks run on V(clusters).
    type: str
    default: clusters
  unreachable:
    description:
      - What to do with a context that does not answer.
      - V(warn) warns and makes its host a member of the group C(unreachable_contexts) alone. V(fail) makes no inventory.
    type: str
    choices: [warn, fail]
    default: warn
  timeout:
    description: How many seconds a cluster may take to connect, and between two parts of an answer. All are asked at once.
    type: float
    default: 5
notes:
  - With O(cache) on, a cluster that answered is not asked again until O(cache_timeout) is over, or its context leads to
    another server. One that did not answer is asked each time. C(--flush-cache) empties the cache.
"""

EXAMPLES = r"""
---
# my-clusters/contexts.yml: all contexts of ~/.kube/config
plugin: eastwest.mesh.contexts
---
# two clusters under short names, both of which must answer, in groups such as region_eu_west_1
plugin: eastwest.mesh.contexts
kubeconfig: ~/labs/kubeconfig
contexts: ["arn:aws:eks:*:cluster/mesh-*"]
names:
  arn:aws:eks:eu-west-1:111122223333:cluster/mesh-west: west
  arn:aws:eks:eu-central-1:111122223333:cluster/mesh-central: central
unreachable: fail
keyed_groups:
  - prefix: region
    key: context_region
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/eastwest-contexts
cache_timeout: 3600
"""

import typing as t

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import context_facts
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client_library import (
    context_servers,
    malformed_entries,
)

Values: t.TypeAlias = dict[str, t.Any]

UNREACHABLE = "unreachable_contexts"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "eastwest.mesh.contexts"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("contexts.yml", "contexts.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            self._add_clusters(path, cache)
        except MeshError as exc:
            raise AnsibleParserError(f"{path}: {exc}") from exc

    def _add_clusters(self, path: str, cache: bool) -> None:
        servers = context_servers(self.get_option("kubeconfig"))
        for warning in malformed_entries(self.get_option("kubeconfig")):
            self.display.warning(warning)
        contexts = context_facts.select_contexts(servers, self.get_option("contexts"))
        hosts = context_facts.host_names(contexts, self.get_option("names"))
        known = self._cached(path, servers) if cache else {}
        asked = [context for context in contexts if context not in known]
        found = context_facts.read_contexts(
            self.get_option("kubeconfig"), asked, self.get_option("timeout")
        )
        errors = {name: each for name, each in found.items() if isinstance(each, MeshError)}
        if errors and self.get_option("unreachable") == "fail":
            raise MeshError("; ".join(str(each) for each in errors.values()))
        read = {name: each for name, each in found.items() if not isinstance(each, MeshError)}
        known |= read
        if read:
            self._keep(path, servers, known)
        for context in contexts:
            facts = known.get(context)
            self._add_host(
                hosts[context], context, servers[context], facts, str(errors.get(context, ""))
            )

    def _add_host(
        self, host: str, context: str, server: str, facts: Values | None, error: str
    ) -> None:
        group = self.get_option("group") if facts is not None else UNREACHABLE
        values = {
            "context_name": context,
            "context_server": server,
            "context_reachable": facts is not None,
            **(facts or {"context_error": error}),
            **context_facts.lab_variables(self.get_option("kubeconfig"), context, facts or {}),
        }
        # what a cluster says is never a template
        variables = wrap_var(values)
        for warning in values.get("context_warnings") or [error]:
            if warning:
                self.display.warning(warning)
        self._populate_host_vars([host], variables, self.inventory.add_group(group))
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict)

    def _cached(self, path: str, servers: t.Mapping[str, str]) -> Values:
        """Return the facts of an earlier run, of the contexts that lead where they led then."""
        if not self.get_option("cache"):
            return {}
        try:
            kept = self._cache[self.get_cache_key(path)]
        except KeyError:
            return {}
        return {
            name: each["facts"]
            for name, each in kept.items()
            if name in servers and each["server"] == servers[name]
        }

    def _keep(self, path: str, servers: t.Mapping[str, str], known: Values) -> None:
        if self.get_option("cache"):
            self._cache[self.get_cache_key(path)] = {
                name: {"server": servers[name], "facts": facts} for name, facts in known.items()
            }
