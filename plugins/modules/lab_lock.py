#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_lock
short_description: Keep a lab for one run of a playbook
version_added: 1.0.0
description:
  - Two runs that drain sidecars or apply rules in one lab at a time give each other false verdicts. With this lock the second
    one fails, and names the first.
  - The lock is held by the process that runs the playbook. One whose process has ended is taken over.
  - Hosts that are not reached with the connection V(local) have no lock.
  - This is implemented as an action plugin.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
attributes:
  check_mode:
    support: full
    details: Fails where another run has the lab, and takes no lock.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  lab_directory:
    description: The directory of the lab. It is made if need be.
    type: path
    required: true
  scenario:
    description: The scenario that the run is about to prove; the next run learns of it if this one is interrupted.
    type: str
    default: ""
  state:
    description:
      - V(held) takes the lock, V(released) gives it back.
      - V(observed) looks for a run that was interrupted, and changes nothing.
    type: str
    choices: [held, released, observed]
    default: held
"""

EXAMPLES = r"""
---
- name: Keep the lab for this run
  eastwest.mesh.lab_lock:
    lab_directory: "{{ mesh_lab_directory }}"
    scenario: failover
  run_once: true

- name: Let other runs have the lab
  eastwest.mesh.lab_lock:
    lab_directory: "{{ mesh_lab_directory }}"
    state: released
  run_once: true
"""

RETURN = r"""
lab_directory:
  description: The whole path of the lab's directory.
  returned: success
  type: str
  sample: /home/me/.local/state/eastwest.mesh/east-west
new:
  description: Whether the directory was not there before.
  returned: success
  type: bool
  sample: false
interrupted:
  description: The last run, if it ended without giving the lock back, else empty.
  returned: success
  type: dict
  sample: {pid: 4711, began: "2026-01-31 12:00:00+00:00", command: ansible-playbook playbooks/failover.yml, scenario: failover}
"""
