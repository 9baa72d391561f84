# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Require the cryptography library."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

try:
    import cryptography
except ImportError as problem:
    FOUND_VERSION: str | None = None
    FOUND_PATH = ""
    IMPORT_PROBLEM = str(problem)
else:
    FOUND_VERSION = cryptography.__version__
    FOUND_PATH = cryptography.__file__ or ""
    IMPORT_PROBLEM = ""

# Must be kept in sync with meta/ee-requirements.txt and plugins/modules/mesh_certs.py
MINIMUM_VERSION = "43.0.0"


def _numbers(version: str) -> tuple[int, ...]:
    digits = ("".join(c for c in part if c.isdigit()) for part in version.split(".")[:3])
    return tuple(int(part or 0) for part in digits)


def require_cryptography() -> None:
    """Raise MeshError unless the library is installed and recent enough."""
    if FOUND_VERSION is None:
        raise MeshError(
            f"The Python library cryptography >= {MINIMUM_VERSION} is needed but cannot be imported"
            f" ({IMPORT_PROBLEM}). Install it for the interpreter that runs the module."
        )
    if _numbers(FOUND_VERSION) < _numbers(MINIMUM_VERSION):
        raise MeshError(
            f"The Python library cryptography >= {MINIMUM_VERSION} is needed, but {FOUND_VERSION}"
            f" is installed in {FOUND_PATH}. Upgrade it."
        )
