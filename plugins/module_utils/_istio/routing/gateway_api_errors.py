# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What istiod does not make of an HTTPRoute or GRPCRoute."""

from __future__ import annotations


class NotConvertible(ValueError):
    """A field for which istiod leaves out all routes of the object."""
