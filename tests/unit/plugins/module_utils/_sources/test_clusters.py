# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are of which cluster."""

from __future__ import annotations

import os

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.clusters import read_sources
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.files import source_files

NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: node}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {ports: [{port: 80}]}\n"


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(root)


def kinds(clusters):
    return {name: [each.key[0] for each in content.objects] for name, content in clusters.items()}


def test_a_tree_is_one_cluster(tmp_path):
    tree = write(
        tmp_path, {"base/a.yaml": SERVICE, "rules/b.yml": NODE, ".git/c.yaml": NODE, "d.txt": NODE}
    )
    assert kinds(read_sources(tree)) == {"local": ["Service", "Node"]}


def test_directories_of_clusters_are_clusters(tmp_path):
    tree = write(tmp_path, {"east/a.yaml": f"{SERVICE}---\n{NODE}", "west/namespaces/b.yaml": NODE})
    assert kinds(read_sources(tree)) == {"east": ["Service", "Node"], "west": ["Node"]}


def test_a_mapping_says_which_is_which(tmp_path):
    write(tmp_path, {"a.yaml": SERVICE, "b.yaml": NODE})
    found = read_sources({"east": str(tmp_path / "a.yaml"), "west": [str(tmp_path / "b.yaml")]})
    assert kinds(found) == {"east": ["Service"], "west": ["Node"]}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("mesing", "mesing does not exist; .* has empty, real"),
        ("empty", "has no file that ends in .yaml, .yml or .json; it has nothing"),
        ("", "the path is empty"),
        ([], "the path is empty"),
        (7, "it must be a path"),
    ],
)
def test_a_wrong_path_is_an_error(tmp_path, source, words):
    write(tmp_path, {"real/a.yaml": SERVICE})
    (tmp_path / "empty").mkdir()
    given = str(tmp_path / source) if source in ("mesing", "empty") else source
    with pytest.raises(InvalidInput, match=words):
        read_sources(given)


def test_an_object_of_several_files_is_read_once(tmp_path):
    tree = write(
        tmp_path, {"a.yaml": SERVICE, "b.yaml": f"{SERVICE}status: {{loadBalancer: {{}}}}\n"}
    )
    (content,) = read_sources(tree).values()
    assert (len(content.objects), content.problems) == (1, [])


def test_an_object_that_is_there_twice_with_other_content_is_a_problem(tmp_path):
    tree = write(tmp_path, {"a.yaml": SERVICE, "b.yaml": SERVICE.replace("80", "81")})
    (content,) = read_sources(tree).values()
    (problem,) = content.problems
    assert (problem.kind, problem.line) == ("repeated", 1)
    assert "a.yaml:1" in problem.message
    assert content.objects[0].obj["spec"]["ports"] == [{"port": 81}]


def test_linked_directories_are_read_once(tmp_path):
    """Kustomize's bases are often links; a circle of links ends."""
    base = tmp_path / "base"
    (base / "rules").mkdir(parents=True)
    (base / "rules" / "a.yaml").write_text("", encoding="utf-8")
    source = tmp_path / "source"
    source.mkdir()
    (source / "rules").symlink_to(base / "rules")
    (source / "circle").symlink_to(source)
    assert [path.name for path in source_files(source)] == ["a.yaml"]


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    (tmp_path / "good.yaml").write_text("", encoding="utf-8")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "missing")
    with pytest.raises(InvalidInput, match=r"gone.yaml is no file, and leads to none"):
        source_files(tmp_path)


def test_a_link_to_a_directory_that_is_missing_is_named(tmp_path):
    (tmp_path / "good.yaml").write_text("", encoding="utf-8")
    (tmp_path / "rules").symlink_to(tmp_path / "missing")
    with pytest.raises(InvalidInput, match=r"rules is no file, and leads to none"):
        source_files(tmp_path)


@pytest.fixture
def closed(monkeypatch):
    """Directories of this name cannot be read, as without rights, which root always has."""
    originals = {name: getattr(os, name) for name in ("scandir", "listdir")}

    def refusing(name):
        def refuse(path="."):
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied", str(path))
            return originals[name](path)

        return refuse

    for name in originals:
        monkeypatch.setattr(os, name, refusing(name))


@pytest.mark.usefixtures("closed")
def test_a_directory_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "closed").mkdir()
    (tmp_path / "good.yaml").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"closed cannot be read: Permission denied"):
        source_files(tmp_path)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("source", [".", "closed"])
def test_a_cluster_that_cannot_be_read_is_not_left_out(tmp_path, source):
    for name in ("east", "west", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "nodes.yaml").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"closed cannot be read: Permission denied"):
        read_sources(str(tmp_path / source))


def test_a_file_that_is_no_text_leaves_the_others(tmp_path):
    (tmp_path / "a.yaml").write_bytes("# ok\nname: Käse\n".encode("latin-1"))
    (tmp_path / "b.yaml").write_text(NODE, encoding="utf-8")
    (content,) = read_sources(str(tmp_path)).values()
    assert [(each.kind, each.line, each.message) for each in content.problems] == [
        ("yaml", 2, "it is not UTF-8 text (byte 12)")
    ]
    assert len(content.objects) == 1
