# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes that delegate to another VirtualService."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    read_virtual_services,
)


def virtual(name, namespace, **spec):
    meta = {"name": name, "namespace": namespace}
    return {"kind": "VirtualService", "metadata": meta, "spec": spec}


def routes(match=None, own=None, export=None, **root):
    delegate = {"http": [{"route": [{"destination": {"host": "stock"}}]}]}
    if own:
        delegate["http"][0]["match"] = [own]
    if export:
        delegate["exportTo"] = export
    first = {"delegate": {"name": "part", "namespace": "store"}, **root}
    if match:
        first["match"] = [match]
    objects = [
        virtual("part", "store", **delegate),
        virtual("all", "shop", hosts=["cart"], http=[first]),
    ]
    (found,) = read_virtual_services(objects)
    return [rule.spec for rule in found.http]


def test_a_delegates_hosts_are_of_its_own_namespace():
    (found,) = routes()
    assert found["route"][0]["destination"]["host"] == "stock.store.svc.cluster.local"


@pytest.mark.parametrize(("export", "count"), [(["."], 0), (["shop"], 1), (["*"], 1), (["web"], 0)])
def test_a_delegate_must_be_exported_to_the_root(export, count):
    assert len(routes(export=export)) == count


@pytest.mark.parametrize(
    ("match", "own", "merged"),
    [
        (None, {"uri": {"exact": "/a"}}, [{"uri": {"exact": "/a"}}]),
        ({"uri": {"prefix": "/a"}}, None, [{"uri": {"prefix": "/a"}}]),
        ({"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/ab"}}, [{"uri": {"prefix": "/ab"}}]),
        ({"uri": {"prefix": "/a"}}, {"uri": {"exact": "/b"}}, None),
        ({"uri": {"exact": "/a"}}, {"uri": {"prefix": "/a"}}, None),
        ({"uri": {"regex": ".*"}}, {"uri": {"prefix": "/a"}}, None),
        ({"port": 80}, {"port": 90}, None),
        ({"sourceNamespace": "web"}, {"port": 80}, None),
        (
            {"headers": {"x": {"exact": "1"}}},
            {"uri": {"exact": "/a"}},
            [{"headers": {"x": {"exact": "1"}}, "uri": {"exact": "/a"}}],
        ),
        ({"sourceLabels": {"app": "a"}}, {"sourceLabels": {"app": "b"}}, None),
        ({"gateways": ["mesh"]}, {"gateways": ["edge"]}, None),
    ],
)
def test_matches_of_a_delegate_lie_within_the_roots(match, own, merged):
    found = routes(match, own)
    assert [each["match"] for each in found] == ([merged] if merged else [])


def test_policies_of_the_root_hold_where_the_delegate_has_none():
    (found,) = routes(timeout="2s", name="root")
    assert (found["timeout"], found["name"]) == ("2s", "root")
