# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the progress of this collection's playbooks where no stdout callback is configured.

Ansible loads it because it lies next to the playbooks; there is nothing to enable. A playbook cannot name its stdout callback,
so this replaces Ansible's default one when the playbook starts. Whatever is configured, also ``default``, stays.
"""

from __future__ import annotations

import inspect
import typing as t
from pathlib import Path

from ansible import constants
from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import callback_loader

DOCUMENTATION = r"""
name: default_progress
type: aggregate
short_description: Print the progress of this collection's playbooks where no stdout callback is configured
version_added: 1.0.0
description:
  - Makes P(eastwest.mesh.progress#callback) the stdout callback of the playbooks of this collection, unless one is configured.
author:
  - The eastwest.mesh contributors (@eastwest)
"""

PLAYBOOKS = Path(__file__).resolve().parents[1]


class CallbackModule(CallbackBase):
    """Replace the stdout callback when a playbook of this collection starts."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "default_progress"

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        own = Path(playbook._file_name).resolve().parent == PLAYBOOKS
        if own and _configured_by() == "default" and (manager := _task_queue_manager()):
            replace(manager, playbook)


def replace(manager: t.Any, playbook: t.Any) -> None:
    """Replace the manager's stdout callback, and tell the new one that the playbook starts."""
    progress = callback_loader.get("eastwest.mesh.progress")
    progress.set_options()
    if hasattr(progress, "_init_callback_methods"):
        # ansible-core 2.19 and newer: the first of all
        progress._init_callback_methods()
        manager._callback_plugins[0] = progress
    else:
        manager._stdout_callback = progress
    progress.v2_playbook_on_start(playbook)


def _configured_by() -> str:
    """Return where the stdout callback is configured, such as in a file; ``default`` for nowhere."""
    return str(constants.config.get_config_value_and_origin("DEFAULT_STDOUT_CALLBACK")[1])


def _task_queue_manager() -> t.Any:
    """Return what calls the callbacks; None where it is not among the callers."""
    frame = inspect.currentframe()
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, TaskQueueManager):
            return caller
        frame = frame.f_back
    return None
