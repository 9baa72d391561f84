# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load before the first task what each worker would load: modules, and templates.

Ansible loads it because it lies next to the playbooks; there is nothing to enable.
"""

from __future__ import annotations

import gc
import importlib
import typing as t

from ansible import template
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader, test_loader
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import role_specs
from ansible_collections.eastwest.mesh.plugins.plugin_utils.template_cache import TemplateCache

DOCUMENTATION = r"""
name: preload
type: aggregate
short_description: Load the modules and compile the templates of all tasks once
version_added: 1.0.0
description:
  - Takes a quarter off the CPU time of the playbooks of this collection, and says nothing.
author:
  - The eastwest.mesh contributors (@eastwest)
"""

# In objects that are made and not deleted: a run makes many, of which few are garbage, and workers live for a moment
_COLLECT_AFTER = 100_000


class CallbackModule(CallbackBase):
    """Load the modules when Ansible loads the callback, and templates when plays and tasks start."""

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
        self._templates = TemplateCache()
        self._templates.install()
        self._known: set[str] = set()
        gc.set_threshold(_COLLECT_AFTER)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        manager = play.get_variable_manager()
        # The cache learns the environment that workers compile with from a template
        template.Templar(loader=play.get_loader()).template(_trusted("{{ true }}"))
        for host in manager._inventory.get_hosts():
            if host.name in self._known:
                continue
            self._known.add(host.name)
            values = manager.get_vars(play=play, host=host, include_hostvars=False)
            self._templates.load_values({**values, "vars": None, "groups": None})
        self._templates.load_values(play.module_defaults)
        gc.collect()
        # What is here stays: a worker whose collector looked at it would get copies of all its pages
        gc.freeze()

    def v2_playbook_on_task_start(self, task: t.Any, **_options: t.Any) -> None:
        self._templates.load_task(task)


def _trusted(text: str) -> str:
    """Return a text as one of a playbook; before ansible-core 2.19 all are."""
    trust = getattr(template, "trust_as_template", str)
    return t.cast("str", trust(text))
