# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules a task runs, and what it refuses before any of them."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.action import manifest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.plugin_utils.role_objects import RoleObjects

Values = dict[str, t.Any]

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
TEXT = "---\n{apiVersion: v1, kind: Service, metadata: {name: web}}\n---\n"


class Action(manifest.ActionModule):
    """In the middle of a task, with templates that are there already."""

    def __init__(self, **args: t.Any) -> None:
        self._task = types.SimpleNamespace(args=args, check_mode=False, diff=False)
        self._loader = self._templar = None
        self.ran: list[tuple[str, Values, bool]] = []

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: Values | None = None,
        task_vars: Values | None = None,
        **_options: t.Any,
    ) -> Values:
        self.ran.append((module_name or "", module_args or {}, self._task.diff))
        return {"changed": True, "result": {"results": []}}


@pytest.fixture(autouse=True)
def _templates(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(names: list[str], variables: Values) -> list[str]:
        if names[0] not in variables:
            raise AnsibleError("no such file")
        return [variables[names[0]]]

    lookup = types.SimpleNamespace(run=find)
    monkeypatch.setattr(manifest.lookup_loader, "get", lambda *_args, **_options: lookup)
    monkeypatch.setattr(ActionBase, "run", lambda *_args: {})


@pytest.mark.parametrize(
    "args",
    [
        {"definition": [SERVICE]},
        {"definition": TEXT},
        {"template": "web.yaml.j2"},
        {"template": ["web.yaml.j2"], "definition": None},
    ],
)
def test_where_manifests_come_from(args: Values) -> None:
    action = Action(cluster="east", **args)
    action.run(task_vars={"web.yaml.j2": TEXT})
    expected = {"cluster": "east", "definition": [SERVICE]}
    assert action.ran == [("eastwest.mesh.manifest", expected, False)]


@pytest.mark.parametrize(
    ("args", "module", "options"),
    [
        (
            {"provider": "loopback", "state": "absent"},
            "eastwest.mesh.manifest",
            {"state": "absent"},
        ),
        ({"provider": "kind"}, "kubernetes.core.k8s", {"state": "present", "apply": True}),
        ({"provider": "kind", "state": "absent"}, "kubernetes.core.k8s", {"state": "absent"}),
        ({"provider": "existing"}, "kubernetes.core.k8s", {"state": "present"}),
        (
            {"provider": "existing", "state": "absent"},
            "eastwest.mesh.lab_objects",
            {"state": "absent", "objects": [SERVICE]},
        ),
    ],
)
def test_what_a_provider_understands(args: Values, module: str, options: Values) -> None:
    action = Action(cluster="east", definition=[SERVICE], **args)
    action.run()
    [(name, given, diff)] = action.ran
    assert name == module
    assert options.items() <= given.items()
    # kubernetes.core.k8s tells by it what has changed
    assert diff is (options.get("state") == "present")
    assert action._task.diff is False


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"template": "other.yaml.j2"}, "template: 'other.yaml.j2': no such file"),
        ({"definition": [7]}, "definition: 7 is neither an object nor YAML text with objects"),
        ({"definition": "a: ["}, "is not valid YAML"),
    ],
)
def test_nothing_runs_for_what_cannot_be_read(args: Values, message: str) -> None:
    action = Action(**args)
    with pytest.raises(AnsibleActionFail) as raised:
        action.run()
    assert message in str(raised.value)
    assert action.ran == []


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[t.Any]:
    """What a role builds, or how it refuses; the roles that were asked come after it."""
    answers: list[t.Any] = []

    def build(_action: ActionBase, role: str, _variables: Values) -> RoleObjects:
        answers.append(role)
        if isinstance(answers[0], Exception):
            raise answers[0]
        return RoleObjects(answers[0], [])

    monkeypatch.setattr(manifest, "role_objects", build)
    return answers


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_roles_manifests_are_applied(built: list[t.Any], state: str) -> None:
    built.append([SERVICE])
    action = Action(cluster="east", role="locality", state=state)
    action.run()
    expected = {"cluster": "east", "state": state, "definition": [SERVICE]}
    assert action.ran == [("eastwest.mesh.manifest", expected, False)]
    assert built[1:] == ["locality"]


def test_a_role_without_manifests_is_skipped(built: list[t.Any]) -> None:
    built.append([])
    action = Action(cluster="east", role="import_service")
    assert action.run()["skipped"] is True
    assert action.ran == []


def test_what_is_wrong_with_a_roles_variables_is_said_as_it_is(built: list[t.Any]) -> None:
    built.append(MeshError("locality_rules: no such host\nlocality_rules: no such region"))
    action = Action(cluster="east", role="locality", template="no_such.yaml.j2")
    result = action.run()
    assert result["failed"] is True
    assert result["msg"] == "locality_rules: no such host\nlocality_rules: no such region"
    assert action.ran == []


def test_a_role_that_builds_nothing_is_refused() -> None:
    action = Action(cluster="east", role="trust")
    assert "role: 'trust' builds no manifests; write one of import_service" in action.run()["msg"]
    assert action.ran == []
