# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What istiod would take of an EnvoyFilter. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.envoy_filters import (
    OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.field_schema import PROVIDER
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.validation.values import (
    required,
)


def envoy_filter(obj: KubernetesObject, what: str) -> None:
    """A patch must name the filter that it is for: without one it would be for others, too."""
    for index, patch in enumerate(required(spec_of(obj), "configPatches", "spec", what)):
        path = f"spec.configPatches[{index}]"
        for keys in (
            ("applyTo",),
            ("match", "context"),
            ("match", "listener", "filterChain", "filter", "name"),
            ("patch", "operation"),
            ("patch", "value", "typed_config", "@type"),
        ):
            _needed(patch, keys, path, what)
        options = patch["patch"]["value"]["typed_config"].get(OPTIONS) or {}
        limit = options.get("max_requests_per_connection")
        if limit is not None and limit < 0:
            raise InvalidInput(
                f"{what}: {path}: max_requests_per_connection is {limit}; it must be 0 or more"
            )


def _needed(patch: t.Mapping[str, t.Any], keys: tuple[str, ...], path: str, what: str) -> None:
    value: t.Any = patch
    for key in keys:
        value = value.get(key) if value else None
    if not value:
        raise NotSupported(
            f"{what}: {path} without {'.'.join(keys)} is not supported by {PROVIDER}"
        )
