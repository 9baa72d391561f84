# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.images import (
    check_local,
    full_name,
    images_in,
    local_images,
    missing_images,
)

from .conftest import Replay, recorded

CURL = "curlimages/curl:8.11.1"
CURL_ID = "sha256:8290f6e0809fcc485d198acea541925957fbd9e2b480b22c910fcbb6cd39bd62"
NODE = set(recorded("node-images"))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1", "docker.io/library/nginx:1"),
        (CURL, f"docker.io/{CURL}"),
        ("quay.io/metallb/speaker:v1", "quay.io/metallb/speaker:v1"),
        ("localhost/a", "localhost/a:latest"),
        ("registry:5000/a/b", "registry:5000/a/b:latest"),
        ("quay.io/a@sha256:00", "quay.io/a@sha256:00"),
    ],
)
def test_full_name(image: str, expected: str) -> None:
    assert full_name(image) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"Id": CURL_ID, "RepoTags": [CURL], "RepoDigests": [], "Descriptor": None}, CURL_ID),
        # podman: no prefix, full names
        ({"Id": CURL_ID[7:], "RepoTags": [f"docker.io/{CURL}"]}, CURL_ID),
        # docker with containerd's store: an identity that nodes do not know
        ({"Id": "sha256:ee", "RepoTags": [CURL], "Descriptor": {"digest": "sha256:ee"}}, ""),
    ],
)
def test_local(replay: Replay, document: dict[str, t.Any], expected: str) -> None:
    replay.say("docker image inspect", [document])
    assert local_images(Engine("docker", replay), [CURL]) == {CURL: expected}


def test_local_by_digest(replay: Replay) -> None:
    name = "quay.io/a@sha256:00"
    replay.say("docker image inspect", [{"Id": CURL_ID, "RepoTags": None, "RepoDigests": [name]}])
    assert local_images(Engine("docker", replay), [name]) == {name: CURL_ID}


def test_images_that_are_not_here(replay: Replay) -> None:
    document = {"Id": CURL_ID, "RepoTags": [CURL]}
    replay.say(
        f"docker image inspect {CURL} nope:1",
        [document],
        code=1,
        errors="Error response from daemon: no such image: nope:1: No such image: nope:1",
    )
    engine = Engine("docker", replay)
    local = local_images(engine, [CURL, "nope:1"])
    assert local == {CURL: CURL_ID}
    check_local(engine, [CURL], local)
    with pytest.raises(NotFound, match=r"docker does not have nope:1; .* docker pull nope:1"):
        check_local(engine, [CURL, "nope:1"], local)


def test_images_in_nodes(replay: Replay) -> None:
    listing = "docker exec {} ctr --namespace=k8s.io images ls --quiet"
    replay.say(listing.format("east-worker"), "\n".join(recorded("node-images")) + "\n")
    replay.say(listing.format("east-worker2"), "")
    found = images_in(Engine("docker", replay), ["east-worker", "east-worker2"])
    assert found == {"east-worker": NODE, "east-worker2": set()}


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ({CURL: CURL_ID}, {}),
        ({CURL: ""}, {}),
        # the same name and another content
        ({CURL: "sha256:ff"}, {"full": [CURL]}),
        ({"fortio:1": ""}, {"full": ["fortio:1"]}),
        ({CURL: CURL_ID, "fortio:1": "", "a:1": ""}, {"full": ["fortio:1", "a:1"]}),
    ],
)
def test_lacking(images: dict[str, str], expected: dict[str, list[str]]) -> None:
    assert missing_images(images, {"full": NODE}) == expected
    assert missing_images(images, {"full": NODE, "empty": set()}) == expected | {
        "empty": list(images)
    }
