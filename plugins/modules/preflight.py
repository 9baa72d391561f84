#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check the variables of all clusters before anything is touched
version_added: 1.0.0
description:
  - Checks the variables of the hosts of the group C(clusters) that take part in the play, as a task of each host would have
    them. One task with C(run_once) checks the whole inventory.
  - Finds misspelt names, values of the wrong form, and what does not fit together, such as a rule for a region that no node is in.
  - Variables that need facts which are not gathered yet are left to the roles that read them.
  - This is implemented as an action plugin.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  roles:
    description:
      - Roles of this collection whose variables are checked, for the task's own host only.
      - Without it the variables of all hosts are checked.
    type: list
    elements: str
  scenario:
    description: The scenario that a playbook of this collection is about to prove, such as V(failover).
    type: str
  variant:
    description: What follows C(_steps) in the name of the variable with the scenario's steps.
    type: str
    default: ""
  explain:
    description: Whether to check no more than what explaining the O(scenario), or the rules in force, needs.
    type: bool
    default: false
  inventory:
    description:
      - Whether to check no more than that the inventory has hosts in the group C(clusters), and that C(--tags) leaves tasks to run.
      - For a play of C(localhost), which is there without an inventory, too. Where there is nothing to do, Ansible ends with success.
    type: bool
    default: false
seealso:
  - module: eastwest.mesh.role_manifests
"""

EXAMPLES = r"""
---
- name: Check the variables of all hosts before anything is touched
  eastwest.mesh.preflight:
    scenario: failover
  run_once: true
"""

RETURN = r"""
connections:
  description: The connection of each cluster, as the modules of this collection take it.
  returned: where the variables of the role P(eastwest.mesh.mesh#role) are in scope
  type: dict
  sample:
    east: {provider: loopback, lab_directory: /home/me/.local/state/eastwest.mesh/east-west, cluster: east}
"""
