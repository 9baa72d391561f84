# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in the checkout, and copies of it for tools that want a collection at its usual path."""

from __future__ import annotations

import pathlib
import shutil
import sys

NAMESPACE = "eastwest"
NAME = "mesh"

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build"

# What git ignores; written out because a checkout may have come without git.
NOT_COPIED = (
    ".*_cache",
    ".ansible",
    ".coverage",
    ".git",
    ".hypothesis",
    ".plugin-cache.yaml",
    ".venv",
    "*.pyc",
    "*.tar.gz",
    "__pycache__",
    "build",
)


def collection_path(root: pathlib.Path) -> pathlib.Path:
    """Where Ansible looks for the collection below a collections path."""
    return root / "ansible_collections" / NAMESPACE / NAME


def copy_collection(root: pathlib.Path, checkout: pathlib.Path = CHECKOUT) -> pathlib.Path:
    """Make a fresh copy of the checkout below a collections path: real files, as ansible-test wants them."""
    target = collection_path(root)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(checkout, target, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return target


if __name__ == "__main__":
    copy_collection(pathlib.Path(sys.argv[1]))
