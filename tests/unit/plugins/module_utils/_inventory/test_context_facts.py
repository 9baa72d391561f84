# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    NETWORK,
    REGION,
    ZONE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import context_facts
from hypothesis import given
from hypothesis import strategies as st


def add_node(api, name, region, zone):
    labels = {REGION: region, ZONE: zone}
    addresses = [
        {"type": "Hostname", "address": name},
        {"type": "InternalIP", "address": "10.0.0.1"},
    ]
    api.add(
        "v1",
        "Node",
        name,
        metadata={"labels": {k: v for k, v in labels.items() if v}},
        status={"addresses": addresses},
    )


def add_istio(api, namespace="istio-system", revision="", image="pilot:1.31.0", **values):
    suffix = f"-{revision}" if revision else ""
    container = {
        "image": f"docker.io/istio/{image}",
        "env": [{"name": "CLUSTER_ID", "value": "cluster-east"}],
    }
    api.add(
        "apps/v1",
        "Deployment",
        f"istiod{suffix}",
        namespace,
        metadata={"labels": {"app": "istiod", "istio.io/rev": revision or "default"}},
        spec={"template": {"spec": {"containers": [container]}}},
    )
    mesh = "trustDomain: east.local\ndefaultConfig: {meshId: mesh7}\n"
    api.add("v1", "ConfigMap", f"istio{suffix}", namespace, data={"mesh": mesh})
    api.add(
        "v1",
        "ConfigMap",
        f"istio-sidecar-injector{suffix}",
        namespace,
        data={"values": json.dumps({"global": values})},
    )


def add_gateway(api, ingress, namespace="istio-system", kind="LoadBalancer", port=15443):
    api.add(
        "v1",
        "Service",
        "eastwest",
        namespace,
        metadata={"labels": {NETWORK: "n1"}},
        spec={"type": kind, "ports": [{"port": port, "nodePort": 31443}]},
        status={"loadBalancer": {"ingress": ingress}},
    )


def test_a_cluster_of_a_mesh_says_what_it_is(fake_api):
    add_node(fake_api, "a", "r1", "z1")
    add_node(fake_api, "b", "r1", "z2")
    add_istio(fake_api)
    fake_api.add("v1", "Namespace", "istio-system", metadata={"labels": {NETWORK: "network1"}})
    add_gateway(fake_api, [{"hostname": "gateway.example.com"}])
    facts = context_facts.read_facts(fake_api)
    assert facts == {
        "context_kubernetes_version": "",
        "context_regions": ["r1"],
        "context_region": "r1",
        "context_zones": ["r1/z1", "r1/z2"],
        "context_istio_version": "1.31.0",
        "context_istio_namespace": "istio-system",
        "context_istio_revision": "default",
        "context_cluster_name": "cluster-east",
        "context_mesh_id": "mesh7",
        "context_network": "network1",
        "context_trust_domain": "east.local",
        "context_gateway_address": "gateway.example.com",
        "context_gateway_port": 15443,
        "context_warnings": [],
    }
    assert {method for method, _path in fake_api.calls} == {"GET"}


def test_a_revision_has_settings_of_its_own(fake_api):
    add_istio(fake_api, "mesh", "canary", "pilot:1.30.1-distroless@sha256:00", network="n2")
    facts = context_facts.read_facts(fake_api)
    assert facts["context_istio_version"] == "1.30.1-distroless"
    assert facts["context_istio_namespace"] == "mesh"
    assert facts["context_network"] == "n2"
    assert facts["context_mesh_id"] == "mesh7"


def test_zones_of_the_same_name_in_two_regions_stay_apart(fake_api):
    for region in ("r2", "r1"):
        add_node(fake_api, region, region, "z")
    add_node(fake_api, "bare", "", "")
    facts = context_facts.read_facts(fake_api)
    assert facts["context_zones"] == ["r1/z", "r2/z"]
    assert facts["context_regions"] == ["r1", "r2"]
    assert "context_region" not in facts


def test_a_cluster_without_istio_has_no_facts_of_one(fake_api):
    facts = context_facts.read_facts(fake_api)
    assert not [name for name in facts if "istio" in name or "gateway" in name]
    assert "istio_installer" not in context_facts.lab_variables("", "east", facts)


def test_a_service_that_takes_no_mutual_tls_is_no_gateway(fake_api):
    add_istio(fake_api)
    add_gateway(fake_api, [{"ip": "192.0.2.1"}], port=443)
    assert "context_gateway_address" not in context_facts.read_facts(fake_api)


def test_a_node_port_is_reached_at_a_node(fake_api):
    add_node(fake_api, "a", "r1", "z1")
    add_istio(fake_api)
    add_gateway(fake_api, [], kind="NodePort")
    facts = context_facts.read_facts(fake_api)
    assert (facts["context_gateway_address"], facts["context_gateway_port"]) == ("10.0.0.1", 31443)


def test_a_gateway_without_an_address_is_a_warning(fake_api):
    add_istio(fake_api)
    add_gateway(fake_api, [])
    facts = context_facts.read_facts(fake_api)
    assert "has no load balancer address" in facts["context_warnings"][0]
    assert facts["context_istio_version"] == "1.31.0"


def test_what_may_not_be_read_is_left_out_with_a_warning(fake_api):
    add_istio(fake_api)

    def refuse(_method, path):
        if path.endswith("/nodes"):
            raise MeshError("cluster east: cannot list Node: 403")

    fake_api.before = refuse
    facts = context_facts.read_facts(fake_api)
    assert facts["context_warnings"] == ["cluster east: cannot list Node: 403"]
    assert "context_regions" not in facts
    assert facts["context_istio_version"] == "1.31.0"


def test_a_cluster_that_does_not_answer_has_no_facts(fake_api):
    def refuse(_method, _path):
        raise MeshError("cluster east: the API does not answer")

    fake_api.before = refuse
    with pytest.raises(MeshError, match="does not answer"):
        context_facts.read_facts(fake_api)


def test_several_control_planes_are_named(fake_api):
    add_istio(fake_api, revision="canary")
    add_istio(fake_api)
    facts = context_facts.read_facts(fake_api)
    assert "istio-system/istiod, istio-system/istiod-canary" in facts["context_warnings"][0]
    assert facts["context_istio_revision"] == "default"


def test_contexts_are_chosen_by_patterns():
    known = ["east", "west", "prod"]
    assert context_facts.select_contexts(known, ["*st"]) == ["east", "west"]
    assert context_facts.select_contexts(known, ["prod", "east"]) == ["east", "prod"]
    with pytest.raises(InvalidInput, match=r"no context matches 'nort\*'.*east, west, prod"):
        context_facts.select_contexts(known, ["east", "nort*"])


def test_contexts_become_names_of_hosts():
    names = {"admin@prod": "prod"}
    hosts = context_facts.host_names(["default/api:6443/admin", "admin@prod"], names)
    assert hosts == {"default/api:6443/admin": "default-api-6443-admin", "admin@prod": "prod"}
    with pytest.raises(InvalidInput, match="'a/b' and 'a:b' would both be the host 'a-b'"):
        context_facts.host_names(["a/b", "a:b"], {})


@given(st.lists(st.text(alphabet="ab/:-", min_size=1), unique=True))
def test_no_two_contexts_share_a_host(contexts):
    try:
        hosts = context_facts.host_names(contexts, {})
    except InvalidInput:
        return
    assert len(set(hosts.values())) == len(contexts)
    assert all(hosts.values())
