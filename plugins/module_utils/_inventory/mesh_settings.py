# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the settings of a mesh that the role istio hands to istiod."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.mesh_settings import (
    mesh_config,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    schema_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import (
    MESH_CONFIG,
)

# Variables with the part of the mesh's settings that each one sets; the role takes the first from the lab's variable
_TRUST_DOMAINS = ("mesh_trust_domain", "istio_trust_domain")
_PARTS = {
    "istio_trust_domain_aliases": "trustDomainAliases",
    "istio_locality_lb": "localityLbSetting",
}


def mesh_setting_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe settings that istiod would refuse, by the variables that set them."""
    host = lab.clusters[name]
    trust_domain = next((each for each in _TRUST_DOMAINS if host.get(each)), None)
    parts = {trust_domain: "trustDomain", **_PARTS} if trust_domain else _PARTS
    settings = {variable: {key: host.get(variable) or None} for variable, key in parts.items()}
    settings["istio_mesh_config"] = host.get("istio_mesh_config") or {}
    for variable, part in settings.items():
        refused = list(schema_violations(MESH_CONFIG, part, "")) or mesh_config(part)
        yield from (f"{variable}: {each}" for each in refused if not each.warning)
