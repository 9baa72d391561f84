# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import (
    apps,
    cluster,
    new_lab,
    new_lab_options,
    preflight,
    role_specs,
    workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from hypothesis import given, settings
from hypothesis import strategies as st

DEFAULTS = {
    "clusters": ["east", "west"],
    "zones": 2,
    "networks": "own",
    "service": "shop",
    "weights": None,
}
NAMES = st.from_regex(new_lab_options._NAME, fullmatch=True).filter(
    lambda name: name not in (*new_lab_options.WORDS, *new_lab_options._TAKEN)
)
WORDS = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]


def files_of(**options: t.Any) -> dict[str, str]:
    return new_lab.inventory_files(new_lab_options.parse_options({**DEFAULTS, **options}))


def variables(files: dict[str, str]) -> Lab:
    """The variables of the inventory's hosts, as Ansible puts them together."""
    read = {path: yaml.safe_load(text) for path, text in files.items()}
    defaults = role_specs.defaults()
    found: dict[str, t.Any] = {}
    for name, own in read["hosts.yml"]["clusters"]["hosts"].items():
        found[name] = {**defaults, **read["group_vars/clusters.yml"], **own}
        for path, values in read.items():
            if path.startswith(f"host_vars/{name}/"):
                found[name].update(values)
        found[name]["workload_nodes"] = found[name]["cluster_nodes"]
    return Lab(found, list(found))


@settings(max_examples=10)
@given(
    clusters=st.lists(NAMES, min_size=2, max_size=5, unique=True),
    zones=st.integers(1, 4),
    networks=st.sampled_from(["own", "one"]),
    service=NAMES.filter(lambda name: name not in apps.APPS),
)
def test_every_new_lab_passes_the_checks_before_a_run(clusters, zones, networks, service):
    files = files_of(clusters=clusters, zones=zones, networks=networks, service=service)
    lab = variables(files)
    assert list(lab.clusters) == clusters
    assert list(cluster.subnet_overlaps(lab)) == []
    for name in clusters:
        assert list(workloads.workload_problems(lab, name)) == []
    for scenario in map(preflight.scenario, ("failover", "distribute")):
        assert preflight.inventory_variable_problems(lab, scenario) == []
        assert list(scenario.problems(lab)) == []


def test_the_weights_are_those_that_are_asked_for():
    files = files_of(clusters=["berlin", "paris", "rome"], weights=[70, 20, 10])
    scenario = yaml.safe_load(files["host_vars/berlin/distribute.yml"])
    rule, step = scenario["distribute_rules"][0], scenario["distribute_steps"][0]
    assert rule["distribute"][0]["to"] == {"berlin/*": 70, "paris/*": 20, "rome/*": 10}
    assert step["expect"] == {
        "berlin-zone1": 35,
        "berlin-zone2": 35,
        "paris-zone1": 20,
        "rome-zone1": 10,
    }


@given(count=st.integers(2, 20))
def test_the_first_cluster_has_the_greatest_default_weight(count):
    names = [f"c{n}" for n in range(count)]
    lab = new_lab_options.parse_options({**DEFAULTS, "clusters": names})
    weights = [each.weight for each in lab.clusters]
    assert sum(weights) == 100
    assert weights[0] > max(weights[1:])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"clusters": ["east"]}, "clusters: east: give 2 to 20 different names"),
        ({"clusters": ["east", "east"]}, "clusters: east, east: give 2"),
        ({"clusters": ["East", "west"]}, "clusters: 'East' must be lower-case"),
        ({"service": "my shop"}, "service: 'my shop' must be lower-case"),
        *(({"service": word}, f"service: '{word}' has another meaning in YAML") for word in WORDS),
        *(({"clusters": ["c", word]}, f"clusters: '{word}' has another mean") for word in WORDS),
        *(
            ({"clusters": ["c", name]}, f"clusters: '{name}' has another meaning in an inventory")
            for name in ("all", "clusters", "localhost", "ungrouped")
        ),
        ({"service": "sleep"}, "service: 'sleep' is the name of an app"),
        ({"zones": 0}, "zones: 0 must be 1 to 9"),
        ({"weights": [70, 20]}, "weights: 70, 20 must be 2 numbers above 0"),
        ({"weights": [100]}, "weights: 100 must be 2 numbers"),
        ({"weights": [100, 0]}, "weights: 100, 0 must be 2 numbers above 0"),
    ],
)
def test_what_makes_no_lab_is_refused(options, said):
    with pytest.raises(InvalidInput, match=said):
        files_of(**options)


@given(name=NAMES)
def test_unquoted_yaml_reads_names_as_they_are(name):
    assert yaml.safe_load(name) == name


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "/", "../x", "a,b", "a\nb"])
def test_a_name_that_is_no_new_directory_is_refused(name):
    with pytest.raises(InvalidInput, match="must be the name of a new directory"):
        new_lab_options.inventory_directory("/labs", name)


def test_the_directory_is_below_the_path_by_its_name_or_the_path_itself():
    assert str(new_lab_options.inventory_directory("/labs", "my lab")) == "/labs/my lab"
    assert str(new_lab_options.inventory_directory("/labs/mine", None)) == "/labs/mine"


def test_files_are_written_once_and_never_overwritten(tmp_path):
    target = tmp_path / "labs" / "mine"
    files = files_of()
    assert new_lab.write(target, files, check=True)
    assert not target.exists()
    assert new_lab.write(target, files, check=False)
    assert (target / "host_vars/east/failover.yml").read_text() == files[
        "host_vars/east/failover.yml"
    ]
    assert not new_lab.write(target, files, check=False)
    (target / "hosts.yml").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInput, match="exists and is never overwritten"):
        new_lab.write(target, files, check=False)
    assert (target / "hosts.yml").read_text() == "mine"


def test_a_directory_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "notes").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInput, match="never overwritten"):
        new_lab.write(tmp_path, files_of(), check=False)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_an_empty_directory_and_a_file_in_its_place(tmp_path):
    assert new_lab.write(tmp_path, files_of(), check=False)
    blocked = tmp_path / "file"
    blocked.write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInput, match="never overwritten"):
        new_lab.write(blocked, files_of(), check=False)
