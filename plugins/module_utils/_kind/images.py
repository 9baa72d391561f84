# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the images that nodes lack."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine

Json: t.TypeAlias = t.Mapping[str, t.Any]


def full_name(image: str) -> str:
    """The name that containerd gives to an image that people call ``curlimages/curl``."""
    first, slash, _rest = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif not set(".:") & set(first) and first != "localhost":
        image = f"docker.io/{image}"
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"


def local_images(engine: Engine, images: t.Sequence[str]) -> dict[str, str]:
    """Those of the images that the engine has, with the identity that nodes give to them.

    The identity is empty where the engine's differs from the one in the nodes.
    """
    found: dict[str, str] = {}
    for document in engine.images(images):
        names = [*(document.get("RepoTags") or []), *(document.get("RepoDigests") or [])]
        found |= {full_name(name): _identity(document) for name in names}
    return {image: found[full_name(image)] for image in images if full_name(image) in found}


def check_local(engine: Engine, wanted: t.Iterable[str], local: t.Container[str]) -> None:
    """Raises NotFound when an image that is to be loaded is not on this machine."""
    missing = [image for image in wanted if image not in local]
    if missing:
        commands = "; ".join(f"{engine.name} pull {image}" for image in missing)
        raise NotFound(
            f"load_images: {engine.name} does not have {', '.join(missing)}; "
            f"bring what is missing here: {commands}"
        )


def images_in(engine: Engine, nodes: t.Sequence[str]) -> dict[str, set[str]]:
    """The names and identities of the images in each node."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        listed = pool.map(lambda node: _names_in(engine, node), nodes)
        return dict(zip(nodes, listed, strict=True))


def lacking(
    images: t.Mapping[str, str], nodes: t.Mapping[str, t.Collection[str]]
) -> dict[str, list[str]]:
    """The images that each node lacks, or has another edition of; complete nodes are left out."""
    result = {
        node: [
            image
            for image, identity in images.items()
            if full_name(image) not in present or (identity and identity not in present)
        ]
        for node, present in nodes.items()
    }
    return {node: missing for node, missing in result.items() if missing}


def _names_in(engine: Engine, node: str) -> set[str]:
    # containerd lists every image by its names and by its identity
    return set(engine.execute(node, "ctr", "--namespace=k8s.io", "images", "ls", "--quiet").split())


def _identity(document: Json) -> str:
    identity = str(document["Id"])
    # docker's containerd store names an image by its manifest, nodes by its configuration
    if (document.get("Descriptor") or {}).get("digest") == identity:
        return ""
    return identity if identity.startswith("sha256:") else f"sha256:{identity}"
