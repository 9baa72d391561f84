# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the images that nodes lack."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine

Json: t.TypeAlias = t.Mapping[str, t.Any]


def full_name(image: str) -> str:
    """Return the full name of an image, as containerd has it, for a name such as ``curl``."""
    first, slash, _rest = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif not set(".:") & set(first) and first != "localhost":
        image = f"docker.io/{image}"
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"


def local_images(engine: Engine, images: t.Sequence[str]) -> dict[str, str]:
    """Return the images that the engine has, with their identities in nodes.

    The identity is empty where the engine's differs from that in a node.
    """
    found: dict[str, str] = {}
    for document in engine.images(images):
        names = [*(document.get("RepoTags") or []), *(document.get("RepoDigests") or [])]
        found |= {full_name(name): _identity(document) for name in names}
    return {image: found[full_name(image)] for image in images if full_name(image) in found}


def check_local(engine: Engine, images: t.Iterable[str], local: t.Container[str]) -> None:
    """Raise NotFound when an image to load is not on this machine."""
    missing = [image for image in images if image not in local]
    if missing:
        commands = "; ".join(f"{engine.name} pull {image}" for image in missing)
        raise NotFound(
            f"load_images: {engine.name} does not have {', '.join(missing)}; "
            f"bring what is missing here: {commands}"
        )


def images_in(engine: Engine, nodes: t.Sequence[str]) -> dict[str, set[str]]:
    """Return the names and identities of the images in each node."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        listed = pool.map(lambda node: _names_in(engine, node), nodes)
        return dict(zip(nodes, listed, strict=True))


def missing_images(
    images: t.Mapping[str, str], nodes: t.Mapping[str, t.Collection[str]]
) -> dict[str, list[str]]:
    """Return the images that nodes lack or have with another identity, by node."""
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
    # docker's containerd store identifies an image by its manifest, nodes by its configuration
    if (document.get("Descriptor") or {}).get("digest") == identity:
        return ""
    return identity if identity.startswith("sha256:") else f"sha256:{identity}"
