# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of playbooks, which no role's argument spec has."""

from __future__ import annotations

import typing as t

Spec: t.TypeAlias = t.Mapping[str, t.Any]

PLAYBOOK_OPTIONS: dict[str, Spec] = {
    "mesh_id": {"type": "str"},
    "mesh_network": {"type": "str"},
    "mesh_trust_domain": {"type": "str"},
    "scenario_keep_rules": {"type": "bool"},
    "scenario_hosts": {"type": "list", "elements": "str"},
    "explain_scenario": {"type": "str"},
    "explain_clients": {"type": "list", "elements": "dict"},
    "explain_services": {"type": "list", "elements": "raw"},
    "explain_drained": {"type": "list", "elements": "dict"},
    "explain_scaled": {"type": "list", "elements": "dict"},
    "images_file": {"type": "path"},
    "dns_proxy_client": {"type": "dict"},
    "dns_proxy_services": {"type": "list", "elements": "dict"},
}
