# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the replacement of a root means for those who trust it."""

from __future__ import annotations

import typing as t


def root_replacement(result: t.Mapping[str, t.Any]) -> list[str]:
    """Name the root that was replaced and the new one, of a result of mesh_certs; empty for none."""
    old, new = result.get("replaced_root"), result.get("root")
    if not old or not new:
        return []
    return [
        f"The root {old['subject']} ({old['fingerprint']}), valid until {old['not_after']}, was"
        f" replaced by {new['subject']} ({new['fingerprint'] or 'not generated in check mode'})."
        " On a real cluster, workloads keep their old certificates until they are restarted."
    ]
