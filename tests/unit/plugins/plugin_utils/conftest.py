# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.plugin_utils.manifest_client import ManifestClient


class Modules:
    """Answers for modules, one answer after the other, and keeps what they were asked."""

    def __init__(self):
        self.answers = []
        self.asked = []

    def answer(self, module, **result):
        self.answers.append((module, result))

    def __call__(self, module, options, *, diff=False):
        assert self.answers, f"{module} was not to run: {options}"
        expected, result = self.answers.pop(0)
        assert module == expected
        self.asked.append({**options, "diff": diff})
        return result


@pytest.fixture
def modules():
    found = Modules()
    yield found
    assert found.answers == []


@pytest.fixture
def server(modules, tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.touch()

    def make(provider="existing", check_mode=False, **arguments):
        given = {"provider": provider, "cluster": "east", "kubeconfig": str(kubeconfig)}
        return ManifestClient(modules, {**given, **arguments}, check_mode)

    return make
