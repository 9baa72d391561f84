# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.plugin_utils.apply import remove

NAMESPACE, SERVICE = {"kind": "Namespace"}, {"kind": "Service"}


def failures(*messages):
    return {"changed": True, "result": {"results": [{"error": {"msg": m}} for m in messages]}}


@pytest.mark.parametrize(
    ("definitions", "options"),
    [([], {}), ([SERVICE], {"check_mode": True, "kubeconfig": "/nowhere/kubeconfig"})],
    ids=["nothing to remove", "no cluster in check mode"],
)
def test_nothing_is_asked(server, definitions, options):
    assert remove(server(**options), definitions) == {"changed": False, "objects": []}


def test_namespaces_go_last(modules, server):
    modules.answer("kubernetes.core.k8s", changed=True, result={"results": []})
    result = remove(server("kind", wait=False, wait_timeout=7), [NAMESPACE, SERVICE])
    assert result == {"changed": True, "objects": []}
    (asked,) = modules.asked
    assert asked["resource_definition"] == [SERVICE, NAMESPACE]
    assert (asked["state"], asked["wait"], asked["wait_timeout"]) == ("absent", False, 7)


def test_others_keep_their_objects(modules, server):
    modules.answer("eastwest.mesh.lab_objects", changed=True, kept=["Service a/b"])
    result = remove(server("existing", lab_directory="/lab"), [NAMESPACE, SERVICE])
    assert result == {"changed": True, "kept": ["Service a/b"], "objects": []}
    (asked,) = modules.asked
    assert (asked["state"], asked["objects"]) == ("absent", [NAMESPACE, SERVICE])
    assert (asked["lab_directory"], asked["cluster"]) == ("/lab", "east")


@pytest.mark.parametrize(
    ("messages", "failed"),
    [
        (["Failed to find exact match for v1.Gateway"], None),
        (["Failed to find exact match for v1.Gateway", "Forbidden", "Gone"], "Forbidden; Gone"),
    ],
)
def test_a_kind_that_is_not_installed_has_no_objects(modules, server, messages, failed):
    modules.answer("kubernetes.core.k8s", **failures(*messages))
    result = remove(server("kind"), [SERVICE])
    assert result["changed"] is True
    assert result.get("msg") == failed
