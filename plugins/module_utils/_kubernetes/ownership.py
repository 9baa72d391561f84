# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mark the objects of a lab, by labels and by field managers."""

from __future__ import annotations

import re
from pathlib import PurePath

MANAGED_BY = "app.kubernetes.io/managed-by"
LAB = "eastwest.mesh/lab"
# The field manager of applied manifests; it tells which objects only this collection has changed
MANAGER = "eastwest.mesh"
# The field manager of labels, replicas and restarts, which no manifest owns
LAB_MANAGER = "eastwest.mesh-lab"
# istioctl's label of the objects that it made for an IstioOperator
ISTIOCTL_OWNER = "install.operator.istio.io/owning-resource"


def lab_name(lab_directory: str | None) -> str:
    """Return the lab's name in the form of a label's value."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", PurePath(lab_directory or "lab").name)
    return name.strip("-_.")[:50].strip("-_.") or "lab"


def lab_labels(lab_directory: str | None) -> dict[str, str]:
    """Return the labels of the objects that a lab makes in an adopted cluster."""
    return {MANAGED_BY: MANAGER, LAB: lab_name(lab_directory)}


def istioctl_owner(lab: str) -> str:
    """Return the name of a lab's IstioOperator, with which istioctl marks its objects."""
    return f"eastwest-{lab}".lower()
