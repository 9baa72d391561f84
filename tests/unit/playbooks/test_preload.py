# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"

# As Ansible loads callbacks, in a process that has loaded nothing else
SCRIPT = """
import importlib.util, json, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
spec = importlib.util.spec_from_file_location("preload", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.CallbackModule()
print(json.dumps(sorted(sys.modules)))
"""


def test_what_every_worker_needs_is_loaded() -> None:
    callback = PLAYBOOKS / "callback_plugins" / "preload.py"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, callback], check=True, capture_output=True, text=True
    )
    loaded = json.loads(done.stdout)
    plugins = "ansible_collections.eastwest.mesh.plugins."
    assert {
        plugins + "plugin_utils.in_worker",
        plugins + "module_utils._clusters.loopback",
        plugins + "plugin_utils.lab_hosts",
        plugins + "module_utils._inventory.role_specs",
    } <= set(loaded)
    # These have a number in their names
    for kind in ("filter", "test"):
        own = [name for name in loaded if name.startswith(f"ansible.plugins.{kind}.")]
        assert any("core" in name for name in own)
