# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new lab is to be: its options, checked."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import WORDS
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.apps import APPS
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.new_lab import (
    NewCluster,
    NewLab,
)

# of an address range for each cluster, 10.10.0.0/16 and on
_MOST_CLUSTERS = 20
_MOST_ZONES = 9
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
# what an inventory calls otherwise: its groups, and the host that plays run on
_TAKEN = ("all", "clusters", "localhost", "ungrouped")


def parse_options(options: t.Mapping[str, t.Any]) -> NewLab:
    """Return the lab that the module's options describe. Raises InvalidInput."""
    names = [name.strip() for name in options["clusters"]]
    if options["service"] in APPS:
        raise InvalidInput(
            f"service: '{options['service']}' is the name of an app that the role workload knows;"
            " choose another one"
        )
    for option, values in (("clusters", names), ("service", [options["service"]])):
        for value in values:
            if not _NAME.fullmatch(value):
                raise InvalidInput(
                    f"{option}: '{value}' must be lower-case letters, digits and dashes, begin with"
                    " a letter and have at most 32 characters"
                )
            if value in WORDS:
                raise InvalidInput(
                    f"{option}: '{value}' has another meaning in YAML; choose another name"
                )
    taken = next((name for name in names if name in _TAKEN), None)
    if taken:
        raise InvalidInput(
            f"clusters: '{taken}' has another meaning in an inventory; choose another name"
        )
    if not 2 <= len(names) <= _MOST_CLUSTERS or len(set(names)) < len(names):
        raise InvalidInput(
            f"clusters: {', '.join(names) or 'none'}: give 2 to {_MOST_CLUSTERS} different names"
        )
    zones = options["zones"]
    if not 1 <= zones <= _MOST_ZONES:
        raise InvalidInput(f"zones: {zones} must be 1 to {_MOST_ZONES}")
    weights = options["weights"] or _default_weights(len(names))
    if len(weights) != len(names) or sum(weights) != 100 or min(weights) < 1:
        raise InvalidInput(
            f"weights: {', '.join(map(str, weights))} must be {len(names)} numbers above 0, one for"
            " each cluster, 100 together"
        )
    clusters = tuple(
        # Envoy knows one locality of a gateway: weights for several zones behind it would not add up
        NewCluster(name, name, tuple(f"zone{n + 1}" for n in range(zones if i == 0 else 1)), weight)
        for i, (name, weight) in enumerate(zip(names, weights, strict=True))
    )
    return NewLab(clusters, options["service"], options["networks"] == "one")


def inventory_directory(path: str, name: str | None) -> Path:
    """Return the inventory's directory: that of the lab's name below ``path``, or ``path`` itself.

    Raises InvalidInput for a name that is no single directory, or that ``-i`` would not find.
    """
    if name is None:
        return Path(path)
    if not name.strip() or name in (".", "..") or not name.isprintable() or set(name) & {"/", ","}:
        raise InvalidInput(
            f"name: '{name}' must be the name of a new directory, such as my-lab, without slashes and"
            " commas"
        )
    return Path(path) / name


def _default_weights(count: int) -> list[int]:
    """Return weights that fall from cluster to cluster, the first one's the greatest."""
    rest = [max(1, 30 // count)] * (count - 1)
    return [100 - sum(rest), *rest]
