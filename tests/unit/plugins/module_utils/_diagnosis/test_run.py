# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources in, findings out."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecasts import (
    ForecastSelection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.run import (
    AnalysisOptions,
    analyze,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.text import render
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._diagnosis.manifests import (
    EJECTION,
    FAILOVER,
    MESH,
    NAMESPACE,
    NODES,
    deployment,
    node,
    obj,
    rule,
    service,
    text,
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Analyses files, given by their names."""
    monkeypatch.chdir(tmp_path)

    def call(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
        return analyze(AnalysisOptions(source="."))

    return call


def lines(diagnosis):
    return [line.text for line in render(diagnosis)]


def heads(diagnosis):
    return [
        (each.first.finding.code, each.first.place)
        for each in diagnosis.groups
        if each.severity != "info"
    ]


def test_three_defects_are_three_findings_on_one_screen(run):
    """A missing outlier detection, a misspelt zone, a misspelt host."""
    weights = {"distribute": [{"from": "east/*", "to": {"east/*": 80, "west/westa": 20}}]}
    found = run(
        mesh=text(*MESH),
        cart=text(rule("cart", FAILOVER)),
        orders=text(rule("orders", weights), rule("ordres", outlierDetection=EJECTION)),
    )
    assert heads(found) == [
        ("EW304", "cart.yaml:12"),
        ("EW501", "orders.yaml:24"),
        ("EW111", "orders.yaml:16"),
    ]
    shown = lines(found)
    assert shown[0].startswith("read cluster local: 11 objects in 3 files: DestinationRule 3")
    assert len(shown) < 60


def test_the_same_defect_in_many_rules_is_one_finding(run):
    names = [f"app{number}" for number in range(12)]
    apps = [each for name in names for each in (service(name), deployment(name))]
    found = run(mesh=text(*MESH, *apps), rules=text(*(rule(name, FAILOVER) for name in names)))
    (group,) = (each for each in found.groups if each.severity != "info")
    assert (group.first.finding.code, len(group.findings)) == ("EW304", 12)
    assert any(
        line.startswith("  the same 11 more times: DestinationRule shop/app1 (rules.yaml:")
        for line in lines(found)
    )


def test_a_sound_mesh_has_no_findings(run):
    found = run(mesh=text(*MESH, rule("cart", FAILOVER, outlierDetection=EJECTION)))
    assert found.groups == ()
    assert lines(found)[-1] == "no defects in 1 rule"


def test_no_rule_is_no_all_clear(run):
    shown = lines(run(mesh=text(*MESH)))
    assert shown[-1].startswith("no defects, and no DestinationRule")


def test_without_nodes_localities_are_unknown(run):
    """Nothing is said about them, but a rule that lacks outlier detection lacks it anywhere."""
    mesh = [each for each in MESH if each["kind"] != "Node"]
    weights = {"distribute": [{"from": "east/*", "to": {"east/*": 80, "west/*": 20}}]}
    found = run(mesh=text(*mesh, rule("cart", FAILOVER), rule("orders", weights)))
    assert [code for code, _place in heads(found)] == ["EW304"]
    assert found.clusters[0].unknown == ("no Nodes were given: the localities of pods are unknown",)
    assert found.forecasts == ()
    sound = run(mesh=text(*mesh, rule("orders", FAILOVER, outlierDetection=EJECTION)))
    assert "as far as what was given tells" in lines(sound)[-1]


def test_rules_alone_are_checked_as_far_as_they_tell(run):
    found = run(rules=text(rule("cart", FAILOVER)))
    assert [code for code, _place in heads(found)] == ["EW304"]
    assert "33" not in found.groups[0].first.finding.effect


def test_invented_objects_are_not_blamed(run):
    found = run(rules=text(rule("cart", FAILOVER, outlierDetection=EJECTION), NAMESPACE))
    assert {each.finding.object for each in found.findings} <= {"DestinationRule shop/cart"}


def test_observed_services_and_pods_are_facts(run):
    cart = service("cart")
    cart["spec"] |= {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]}
    cart["status"] = {"loadBalancer": {}}
    pod = obj("Pod", "cart-1", meta={"labels": {"app": "cart"}})
    pod["spec"] = {"nodeName": "n1", "containers": [{"name": "app"}]}
    pod["status"] = {
        "phase": "Running",
        "podIP": "10.0.0.1",
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    # no pod of the Deployment is there: it has none
    found = run(
        mesh=text(
            NAMESPACE,
            *NODES,
            cart,
            pod,
            service("orders"),
            deployment("orders"),
            rule("orders", FAILOVER),
        )
    )
    assert "EW624" in [each.finding.code for each in found.findings]


def test_workloads_of_all_kinds_have_pods(run):
    mesh = [NAMESPACE, *NODES, service("db"), deployment("db", 2, "StatefulSet"), deployment("web")]
    found = run(
        mesh=text(*mesh, rule("db", {"distribute": [{"from": "*", "to": {"east/*": 100}}]}))
    )
    assert "EW624" not in [each.finding.code for each in found.findings]


def test_a_rule_that_vanishes_between_two_files_is_found(run):
    """As with cat *.yaml, where the dashes are missing."""
    together = text(rule("cart", FAILOVER)) + text(
        rule("orders", FAILOVER, outlierDetection=EJECTION)
    )
    found = run(mesh=text(*MESH), rules=together)
    assert heads(found) == [("EW002", "rules.yaml:15")]


@pytest.mark.parametrize(
    ("broken", "code", "severity", "line"),
    [
        ("kind: Service\nspec: {ports: [\n", "EW001", "error", 3),
        ("apiVersion: v1\nkind: Service\nspec: {}\n", "EW003", "error", 1),
        (text(service("cart")).replace("80", "81"), "EW005", "warning", 1),
    ],
)
def test_mistakes_of_the_input_are_findings_at_their_line(run, broken, code, severity, line):
    found = run(mesh=text(*MESH), other=broken)
    (group,) = (each for each in found.groups if each.first.finding.code == code)
    assert (group.severity, group.first.place) == (severity, f"other.yaml:{line}")


def test_words_that_yaml_reads_as_true_are_named(run):
    broken = text(*MESH).replace("app: cart", "app: yes", 1)
    (problem,) = (each for each in run(mesh=broken).groups if each.first.finding.code == "EW004")
    line = broken.splitlines()[problem.first.line - 1]
    assert line.strip() == "app: yes"
    assert "quote it" in problem.first.finding.instead


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "none of 1 file has an object of a mesh.*1 with no Kubernetes objects"),
        ("a: 1", "no Kubernetes objects"),
        (yaml.safe_dump(obj("ConfigMap", "a", data={})), "there are: ConfigMap 1"),
    ],
)
def test_nothing_to_look_at_is_an_error(run, content, words):
    with pytest.raises(InvalidInput, match=words):
        run(mesh=content)


def test_nothing_given_is_an_error():
    with pytest.raises(InvalidInput, match="source: missing; name a file or a directory"):
        analyze(AnalysisOptions())


def test_several_clusters_are_one_mesh(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    east = [NAMESPACE, NODES[0], service("cart"), deployment("cart", 1), deployment("web", 1)]
    west = [NAMESPACE, NODES[1], service("cart"), deployment("cart", 1)]
    weights = {"distribute": [{"from": "east/*", "to": {"east/*": 80, "west/*": 20}}]}
    for name, objects in (("east", [*east, rule("cart", weights)]), ("west", west)):
        (tmp_path / f"{name}.yaml").write_text(text(*objects), encoding="utf-8")
    options = AnalysisOptions(source={"east": "east.yaml", "west": "west.yaml"})
    found = analyze(options)
    assert [each.name for each in found.clusters] == ["east", "west"]
    assert "west is taken to be in the same mesh" in " ".join(found.clusters[0].notes)
    assert not [each for each in found.groups if each.severity != "info"]


def test_clusters_of_other_mesh_ids_are_meshes_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("east", "west"):
        settings = obj("ConfigMap", "istio", "istio-system")
        settings["data"] = {"mesh": f"defaultConfig: {{meshId: {name}-mesh}}"}
        objects = [settings, NAMESPACE, *NODES, service("cart"), deployment("cart", 1)]
        (tmp_path / f"{name}.yaml").write_text(text(*objects), encoding="utf-8")
    found = analyze(AnalysisOptions(source={"east": "east.yaml", "west": "west.yaml"}))
    for cluster in found.clusters:
        assert "no remote secrets connect it: it is a mesh of its own" in cluster.notes


@pytest.mark.parametrize(("protocol", "is_client"), [("", True), ("auto-passthrough", False)])
def test_gateways_of_the_gateway_api_are_clients(run, protocol, is_client):
    """But not those that only pass connections on between networks."""
    proxy = deployment("entry", 1)
    template = proxy["spec"]["template"]
    template["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"] = "entry"
    template["metadata"]["annotations"] = {"sidecar.istio.io/inject": "false"}
    template["spec"]["containers"] = [{"name": "istio-proxy", "args": ["proxy", "router"]}]
    gateway = obj("Gateway", "entry")
    gateway["apiVersion"] = "gateway.networking.k8s.io/v1"
    tls = {"mode": "Passthrough", "options": {"gateway.istio.io/listener-protocol": protocol}}
    gateway["spec"] = {"listeners": [{"name": "a", "port": 15443, "protocol": "TLS", "tls": tls}]}
    mesh = [NAMESPACE, *NODES, service("cart"), deployment("cart"), proxy, gateway]
    found = run(mesh=text(*mesh, rule("cart", FAILOVER)))
    clients = [each.forecast.client.name.startswith("shop/entry") for each in found.forecasts]
    assert any(clients) == is_client


def test_options_of_a_command_line_are_read(tmp_path):
    (tmp_path / "a.yaml").write_text(text(*MESH), encoding="utf-8")
    assert analyze(AnalysisOptions(source=f"[{tmp_path}/a.yaml]")).clusters[0].files == 1
    assert (
        analyze(AnalysisOptions(source=f"{{east: {tmp_path}/a.yaml}}")).clusters[0].name == "east"
    )


@pytest.mark.parametrize("name", ["cart", "cart.shop", "cart.shop.svc.cluster.local"])
def test_forecasts_for_a_service_that_is_there(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    mesh = [NAMESPACE, *NODES, service("cart"), deployment("cart", 1), deployment("web", 1)]
    (tmp_path / "mesh.yaml").write_text(text(*mesh), encoding="utf-8")
    found = analyze(AnalysisOptions(source=".", forecast=ForecastSelection(hosts=(name,))))
    assert found.forecasts
    with pytest.raises(
        InvalidInput, match=r"services: no service is called 'crat'; there are cart"
    ):
        analyze(AnalysisOptions(source=".", forecast=ForecastSelection(hosts=(name, "crat"))))


def test_different_mistakes_of_the_input_are_different_defects(run):
    """Each has a cure of its own; the same field with the same mistake is one."""
    wrong = [rule("a", FAILOVER), rule("b", FAILOVER), rule("c", FAILOVER)]
    wrong[0]["spec"]["exportTo"] = 5
    wrong[1]["spec"]["exportTo"] = 5
    wrong[2]["spec"]["host"] = ["cart"]
    found = run(mesh=text(NAMESPACE, *NODES, *wrong))
    shapes = [each for each in found.groups if each.first.finding.code == "EW004"]
    assert sorted((each.first.finding.field, len(each.findings)) for each in shapes) == [
        ("spec.exportTo", 2),
        ("spec.host", 1),
    ]


@pytest.mark.parametrize("by_label", [True, False], ids=["pods", "namespaces"])
def test_networks_that_no_gateway_leads_to_are_named(tmp_path, by_label):
    """Whatever says which network it is; beside the forecast, too."""
    network = "topology.istio.io/network"
    clusters = {"east": NODES[0], "west": NODES[1]}
    for name, place in clusters.items():
        labels = {network: f"net-{name}"}
        space = obj("Namespace", "istio-system", "", meta={} if by_label else {"labels": labels})
        apps = [deployment("cart", 1), *([deployment("web", 1)] if name == "east" else [])]
        for app in apps if by_label else []:
            app["spec"]["template"]["metadata"]["labels"] |= labels
        ruled = [rule("cart", FAILOVER, outlierDetection=EJECTION)] if name == "east" else []
        (tmp_path / f"{name}.yaml").write_text(
            text(NAMESPACE, space, place, service("cart"), *apps, *ruled), encoding="utf-8"
        )
    source = {name: str(tmp_path / f"{name}.yaml") for name in clusters}
    found = analyze(AnalysisOptions(source=source))
    (east, *_west) = [each for each in found.findings if each.finding.code == "EW802"]
    assert "network net-west of cluster west has no gateway that east knows" in east.finding.message
    where = "east.yaml" if by_label else "west.yaml"
    assert east.file.endswith(where) and east.line > 0
    named = {each.object for one in found.forecasts for each in one.not_considered}
    assert not found.forecasts or "network net-west" in named
    assert "no defects" not in lines(found)[-1]


@pytest.mark.parametrize(
    ("image", "note"),
    [
        ("", "Istio 1.31 is assumed: no Deployment of istiod was given"),
        ("istio/pilot:1.31.2", "Istio 1.31.2"),
        (
            "registry.example:5000/pilot:1.28.0-distroless",
            "Istio 1.28.0 runs here; computed is what 1.31 does, other releases may differ",
        ),
    ],
)
def test_the_release_that_is_computed_is_named(run, image, note):
    istiod = deployment("istiod", 1)
    istiod["metadata"] |= {"namespace": "istio-system", "labels": {"app": "istiod"}}
    istiod["spec"]["template"]["spec"]["containers"] = [{"name": "discovery", "image": image}]
    found = run(mesh=text(*MESH, *([istiod] if image else [])))
    assert note in found.clusters[0].notes


def test_what_is_not_ready_is_a_matter_of_the_release(run):
    pods = []
    for number, (place, ready) in enumerate([("n1", True), ("n1", False), ("n2", True)]):
        pod = obj("Pod", f"cart-{number}", meta={"labels": {"app": "cart"}, "uid": str(number)})
        pod["spec"] = {"nodeName": place, "containers": [{"name": "app"}]}
        pod["status"] = {
            "phase": "Running",
            "podIP": f"10.0.0.{number}",
            "conditions": [{"type": "Ready", "status": str(ready)}],
        }
        pods.append(pod)
    ruled = rule("cart", FAILOVER, outlierDetection={"consecutive5xxErrors": 5})
    found = run(mesh=text(NAMESPACE, *NODES, service("cart"), *pods, ruled))
    effects = {each.finding.code: each.finding.effect for each in found.findings}
    assert "70 % to east/east-a" in effects["EW622"]
    assert "as Istio 1.31 and newer send proxies what is not ready" in effects["EW622"]
    assert "100 % to east/east-a with all endpoints ready" in effects["EW402"]
    shown = [each for each in lines(found) if "in east/east-a:" in each]
    assert all("70 % to east/east-a, 30 % to west/west-a; then" in each for each in shown) and shown


def test_failover_between_zones_of_one_region_is_left_out(run):
    zones = {"failover": [{"from": "east-a", "to": "east-b"}]}
    ruled = rule("cart", zones, outlierDetection=EJECTION)
    found = run(mesh=text(*MESH, node("n3", "east", "east-b"), ruled))
    cures = {each.finding.instead for each in found.findings if each.finding.code == "EW112"}
    assert len(cures) == 1
    assert "leave this failover out: within east Istio fails over by itself" in cures.pop()


def test_servers_that_insist_on_mtls_fail_in_the_forecast_as_well(run):
    """No finding contradicts what stands beside it."""
    strict = obj("PeerAuthentication", "default", "istio-system", spec={"mtls": {"mode": "STRICT"}})
    strict["apiVersion"] = "security.istio.io/v1"
    weights = {"distribute": [{"from": "*", "to": {"east/*": 80, "west/*": 20}}]}
    ruled = rule("cart", weights, tls={"mode": "DISABLE"})
    del ruled["spec"]["trafficPolicy"]["loadBalancer"]["simple"]
    found = run(mesh=text(*MESH, strict, ruled))
    assert not any(" send " in each.finding.effect for each in found.findings)
    assert "EW628" in [each.finding.code for each in found.findings]
    assert found.forecasts and all(each.forecast.lost == 1 for each in found.forecasts)
    (line, *_rest) = [each for each in lines(found) if "100 % fail" in each]
    assert "100 % fail (DestinationRule shop/cart sends no mTLS" in line
