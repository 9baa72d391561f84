# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of a pod's proxy as a whole."""

from __future__ import annotations

# its connections break, and new ones are refused
KILL = "kill"
# its kernel takes connections, and nothing answers on them
HANG = "hang"
# its connections break, and packets of new ones are never answered
BLACKHOLE = "blackhole"
PROXY_FAULTS = (KILL, HANG, BLACKHOLE)
