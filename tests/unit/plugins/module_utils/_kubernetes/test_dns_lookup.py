# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container's programs get for a name."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import dns_lookup

CASES = {
    "getent finds it": (
        "address 10.0.0.1\naddress 10.0.0.1\naddress 10.0.0.2\nresolved\n",
        ("10.0.0.1", "10.0.0.2"),
    ),
    "getent does not": ("resolved\n", ()),
    "an address of version 6": ("address fd00::1\nresolved\n", ("fd00::1",)),
    "curl finds it": ("curl 0 240.240.0.1\n", ("240.240.0.1",)),
    "curl finds it, but nobody answers": ("curl 28 240.240.0.1\n", ("240.240.0.1",)),
    "curl does not": ("curl 6 \n", ()),
    "curl cannot tell": ("curl 7 \n", None),
    "there is neither": ("", None),
    "noise": ("address of somebody\nhello\n", None),
}


@pytest.mark.parametrize(("text", "found"), CASES.values(), ids=CASES)
def test_read(text: str, found: tuple[str, ...] | None) -> None:
    assert dns_lookup.parse(text) == found


def run(name: str, tools: Path) -> str:
    """Runs the script as a container with these tools would."""
    shell = shutil.which("sh") or "/bin/sh"
    command = [shell, "-c", dns_lookup.SCRIPT, "names", name]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={"PATH": str(tools)}
    )
    return done.stdout


def tool(directory: Path, name: str, script: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    path.chmod(0o700)


def test_the_script_with_getent(tmp_path: Path) -> None:
    tool(tmp_path, "getent", 'test "$2" = known && echo "10.0.0.1   STREAM known"')
    assert dns_lookup.parse(run("known", tmp_path)) == ("10.0.0.1",)
    assert dns_lookup.parse(run("unknown", tmp_path)) == ()


def test_the_script_with_a_small_getent(tmp_path: Path) -> None:
    tool(tmp_path, "getent", 'test "$1" = hosts && echo "10.0.0.1 known"')
    assert dns_lookup.parse(run("known", tmp_path)) == ("10.0.0.1",)


def test_the_script_with_curl(tmp_path: Path) -> None:
    tool(
        tmp_path,
        "curl",
        'for url; do :; done; test "$url" = http://known/ && echo "curl 0 10.0.0.1" || echo "curl 6 "',
    )
    assert dns_lookup.parse(run("known", tmp_path)) == ("10.0.0.1",)
    assert dns_lookup.parse(run("unknown", tmp_path)) == ()


def test_the_script_without_any(tmp_path: Path) -> None:
    assert dns_lookup.parse(run("known", tmp_path)) is None
