# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions that this collection raises on purpose."""

from __future__ import annotations


class MeshError(Exception):
    """Something that the user can understand and mend; the message says how."""


class InvalidInput(MeshError):
    """An option or a manifest holds what cannot work. Raised before anything is touched."""


class NotSupported(MeshError):
    """A manifest asks for what the loopback provider does not implement."""


class NotFound(MeshError):
    """A cluster, workload, pod or service that was named does not exist."""


class NotAllowed(MeshError):
    """The API server does not let the user do it, which says nothing about the object."""


class LabBroken(MeshError):
    """The lab's state on disk or its processes are not what they should be."""
