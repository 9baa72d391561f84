# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import Store, normalise
from hypothesis import given, settings
from hypothesis import strategies as st


def service(**spec: t.Any) -> dict[str, t.Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "helloworld", "namespace": "sample"},
        "spec": spec,
    }


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "objects.json")


def test_applying_twice_changes_once(store: Store) -> None:
    first = store.apply([service(ports=[])])
    assert [(change.before, change.after["kind"]) for change in first] == [(None, "Service")]
    assert store.apply([service(ports=[])]) == []


def test_what_a_manifest_no_longer_says_goes(store: Store) -> None:
    store.apply([service(type="LoadBalancer")])
    (change,) = store.apply([service()])
    assert (change.before["spec"], change.after["spec"]) == ({"type": "LoadBalancer"}, {})


def test_what_controllers_added_is_kept(store: Store) -> None:
    store.apply([service()])
    store.objects = store.desired()
    store.objects[0]["spec"]["clusterIP"] = "10.255.10.7"
    store.objects[0]["status"] = {"loadBalancer": {"ingress": [{"ip": "127.32.244.1"}]}}
    since = store.objects[0]["metadata"]["creationTimestamp"]
    store.apply([service(type="LoadBalancer")])
    (obj,) = store.desired()
    assert obj["spec"] == {"type": "LoadBalancer", "clusterIP": "10.255.10.7"}
    assert obj["status"]["loadBalancer"]["ingress"] == [{"ip": "127.32.244.1"}]
    assert obj["metadata"]["creationTimestamp"] == since
    assert store.apply([service(type="LoadBalancer")]) == []


def test_a_namespace_takes_with_it_what_is_in_it(store: Store) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sample"}}
    store.apply([namespace, service()])
    assert len(store.remove([namespace])) == 2
    assert store.remove([namespace]) == []


def test_a_missing_file_is_no_empty_cluster(tmp_path: Path) -> None:
    with pytest.raises(LabBroken, match=r"objects.json is gone; bring the lab up again"):
        Store.load(tmp_path)
    assert Store.load(tmp_path, rebuild=True).manifests == {}


def test_what_is_saved_is_loaded(store: Store) -> None:
    store.apply([service()])
    store.objects = store.desired()
    store.save()
    loaded = Store.load(store.path.parent)
    assert (loaded.manifests, loaded.objects) == (store.manifests, store.objects)
    assert store.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("definition", "missing"),
    [
        ({"kind": "Service", "metadata": {"name": "x"}}, "apiVersion"),
        ({"apiVersion": "v1", "metadata": {"name": "x"}}, "kind"),
        ({"apiVersion": "v1", "kind": "Service"}, "metadata"),
        ({"apiVersion": "v1", "kind": "Service", "metadata": {"labels": {}}}, "metadata.name"),
    ],
)
def test_what_is_no_object_is_refused(definition: dict[str, t.Any], missing: str) -> None:
    with pytest.raises(InvalidInput, match=missing):
        normalise(definition)


OBJECTS = st.dictionaries(
    st.sampled_from(["kind", "metadata", "status", "spec"]),
    st.none()
    | st.sampled_from(["Pod", "Service"])
    | st.dictionaries(st.sampled_from(["name", "podIP", "nodeName"]), st.none() | st.text()),
)


@settings(deadline=None)
@given(
    st.none()
    | st.text()
    | st.fixed_dictionaries(
        {},
        optional={
            "manifests": st.none() | st.lists(OBJECTS),
            "objects": st.none() | st.lists(OBJECTS),
        },
    )
)
def test_a_damaged_file_is_named(tmp_path_factory: t.Any, value: object) -> None:
    directory = tmp_path_factory.getbasetemp()
    path = directory / "objects.json"
    path.write_text(json.dumps(value))
    error = ""
    try:
        store = Store.load(directory)
    except LabBroken as exc:
        error = str(exc)
    else:
        assert all(
            isinstance(kind, str) and isinstance(name, str)
            for kind, _namespace, name in store.manifests
        )
    assert not error or error.startswith(f"{path} is damaged (")
    assert not error or "take the lab down" in error


def test_reverted_changes(store: Store) -> None:
    store.apply([service(type="LoadBalancer")])
    before = dict(store.manifests)
    other = {**service(), "kind": "Gateway"}
    changes = store.apply([service(), other])
    store.revert(changes)
    assert store.manifests == before


def test_a_later_change_is_not_reverted(store: Store) -> None:
    changes = store.apply([service()])
    store.apply([service(type="LoadBalancer")])
    after = dict(store.manifests)
    store.revert(changes)
    assert store.manifests == after
